#!/bin/sh
# xderiv.t - interactions from the shell: references, records, formats, and refusals.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes* "$DATA"/f1.*
PATH=$BUILD/tests/programs:$PATH

# Prints the effects of the record in $T/out as set:mean, rounded, strongest first.
effects() {
    jq -r '.interactions[] | "\(.set | map(tostring) | join(""))=\(.mean * 1e5 | round / 1e5)"' \
        "$T/out" | paste -sd ' '
}

# ---- Numbers: f = x0 x1 + x1^2 / 2 at (2, 1) ----

echo 2,1 >x.csv
echo 1,0.5 >x2.csv
while read -r wanted options; do
    # shellcheck disable=SC2086 # options
    run xderiv --double $options product.onnx x.csv
    is "effects: $options" "$(effects) $(cat "$T/err")" "$(echo "$wanted" | tr , ' ') "
done <<'END'
01=1
1=3,0=1 --order=1
1=3,0=2 --order=1 --direction=input
01=2 --direction=input
01=0.5 --direction=delta -b x2.csv
01=2 --times-input
01=0.5 --method=ih
01=2 --method=fd
01=2.5 --method=archattribute
01=1 --method=archdetect
01=1 --order=5
01=1 --min=1
END

# f = x0 x1 + x1^2 / 2 at 2, 1. Over both rows v() = 3, v(0) = 3, v(1) = 1.5, v(01) = 2.5. The row
# nearest to x0 = 2 gives 6. The distances are sqrt(2) and 1.
printf '0,0\n2,2\n' >absent_rows.csv
while read -r absent wanted; do
    run xderiv --method=archdetect --background=absent_rows.csv "$absent" --double product.onnx x.csv
    is "archdetect $absent" "$(jq -c '[.params.absent, (.interactions[0].strength * 1e9 | round / 1e9)]' "$T/out")$status" "${wanted}0"
done <<'END'
--absent=baseline ["baseline",1]
--absent=marginal ["marginal",0.5]
--absent=nearest:1 ["nearest:1",2]
END
run xderiv --method=archdetect --background=absent_rows.csv --double product.onnx x.csv
is '--background: marginal is the default of --absent' "$(jq -r .params.absent "$T/out")" marginal
run xderiv --method=archdetect --absent=marginal product.onnx x.csv
refused '--absent=gaussian without a background' 2 'absent draws from the rows'
run xderiv --absent=marginal --background=absent_rows.csv product.onnx x.csv
refused '--absent without archdetect' 2 'absent is of method archdetect'

# ---- References ----

run xderiv --double -f npy --rows=0:3 -o h.npy diabetes.onnx diabetes.csv
clean 'Hessians as npy'
tail -c +129 h.npy | od -An -v -t f8 -w800 | awk '{ gsub(/ +/, ","); print "[" substr($0, 2) "]" }' |
    jq -c . >got
jq -n --slurpfile a got --slurpfile b diabetes.hessians \
    '[$a, $b] | transpose | map(transpose[] | .[0] - .[1] | fabs) | max < 1e-7' >"$T/out"
is 'Hessians are those of the reference, to 1e-7' "$(cat "$T/out")" true

run xderiv --order=3 --truth=f1.truth f1.onnx f1.npy
clean 'order 3 with truth'
is '--agg: one record for all rows' "$(jq -c '[.samples.n, .index, (.interactions | length)]' "$T/out")" \
    '[64,0,165]'
ok 'the area under the curve of pairs' jq -e '.auc["2"] >= 0.93' "$T/out"
ok 'the area under the curve of triples' jq -e '.auc["3"] >= 0.93' "$T/out"
ok 'R-precision' jq -e '.r_precision >= 0.5' "$T/out"
cp "$T/out" exhaustive
run xderiv --method=nid --truth=f1.truth f1.onnx
clean 'weights alone, without input'
ok 'nid has a smaller area than derivatives' jq -e --slurpfile x exhaustive '.auc["2"] < $x[0].auc["2"] - 0.1' "$T/out"

# ---- Records ----

echo '0,3' >some.truth

run xderiv --rows=0:2 diabetes.onnx diabetes.csv
clean 'records'
is 'a record for each sample, with the same keys' \
    "$(jq -c 'keys_unsorted' "$T/out" | sort -u)" \
    '["tool","version","id","index","model","input","target","params","names","x","order","method","smooth","samples","search","interactions","zero_curvature","nonsmooth","cost","warnings"]'
is 'names come from the header' "$(head -n 1 "$T/out" | jq -r '[.interactions[].names[]] | unique | join(" ")')" \
    'age bmi bp s1 s2 s3 s4 s5 s6 sex'
is 'names and values of all features' "$(head -n 1 "$T/out" | jq -c '[.names, .x] | map(length)')" '[10,10]'
ok 'sets are sorted by strength' jq -es 'all(.interactions | map(.strength) | . == (sort | reverse))' "$T/out"
ok 'strengths are magnitudes' jq -es 'all(.interactions[] | .strength == (.mean | fabs))' "$T/out"
cp "$T/out" first
run xderiv --rows=0:2 -j 1 diabetes.onnx diabetes.csv
ok 'the same bytes with one thread' cmp "$T/out" first
run xderiv --rows=0:1 --top=3 diabetes.onnx diabetes.csv
is '--top' "$(jq '.interactions | length' "$T/out")" 3
run xderiv --rows=0:1 --min=1e9 diabetes.onnx diabetes.csv
is '--min' "$(jq -c '.interactions' "$T/out")" '[]'
seq 10 >names
run xderiv --rows=0:1 --names=names diabetes.onnx diabetes.csv
is '--names' "$(jq -c '.interactions | all(.names[0] == (.set[0] + 1 | tostring))' "$T/out")" true

run xderiv --agg=mean --at=mean,max,random diabetes.onnx diabetes.csv
clean 'representatives'
is 'representatives' "$(jq -c '.samples | [.n, (.representatives | map(.kind))]' "$T/out")" \
    '[20,["mean","max","random"]]'
for agg in median mean min max mode rms; do
    run xderiv --agg=$agg --top=1 diabetes.onnx diabetes.csv
    is "--agg=$agg" "$status $(jq -c '[.samples.n, .params.agg, (.interactions[0] | keys_unsorted)]' "$T/out")" \
        "0 [20,\"$agg\",[\"set\",\"names\",\"strength\",\"mean\",\"std\",\"min\",\"max\"]]"
done
while read -r agg n options; do
    # shellcheck disable=SC2086 # options
    run xderiv --top=1 $options diabetes.onnx diabetes.csv
    is "how samples become one by default: $options" \
        "$status $(jq -c '[.params.agg, .samples.n]' "$T/out" | head -n 1)" "0 [\"$agg\",$n]"
done <<'END'
none 1
median 20 --at=mean
median 20 --truth=some.truth
none 1 --agg=none
mean 20 --agg=mean --at=max
END
run xderiv --top=5 --truth=some.truth diabetes.onnx diabetes.csv
jq -c .interactions "$T/out" >usual
run xderiv --top=5 --agg=median diabetes.onnx diabetes.csv
is 'the default aggregation is the median' "$(jq -c .interactions "$T/out")" "$(cat usual)"
run xderiv --agg=mean diabetes.onnx diabetes.csv
is 'names are those of the header line of a table' \
    "$(jq -r '[.interactions[].names[]] | unique | join(" ")' "$T/out")" \
    'age bmi bp s1 s2 s3 s4 s5 s6 sex'
run xderiv --agg=median --signed --units=std diabetes.onnx diabetes.csv
ok '--signed sorts by the magnitude of signed effects' jq -e '.interactions | map(.strength) |
    all(. >= 0) and . == (sort | reverse)' "$T/out"
ok '--signed: means have signs' jq -e '.interactions | any(.mean < 0)' "$T/out"

# ---- Search ----

printf '0,3\n# a triple\n3 5 1\n' >some
run xderiv --order=3 --pairs=some --rows=0:1 diabetes.onnx diabetes.csv
is '--pairs: the sets of the file' "$(jq -c '[.search.mode, ([.interactions[].set] | sort)]' "$T/out")" \
    '["given",[[0,3],[1,3,5]]]'
cp "$T/out" given
run xderiv --order=3 --rows=0:1 diabetes.onnx diabetes.csv
is '--pairs: strengths are those of the search of all sets' \
    "$(jq -c '.interactions[] | select(.set == [1,3,5]) | .mean * 1e6 | round' "$T/out")" \
    "$(jq -c '.interactions[] | select(.set == [1,3,5]) | .mean * 1e6 | round' given)"
run xderiv --order=3 --search=beam:2 --rows=0:1 diabetes.onnx diabetes.csv
is 'a beam: mode and number of sets' "$(jq -c '[.search.mode, .search.evaluated + .search.skipped]' "$T/out")" '["beam",165]'
ok 'a beam of 2 evaluates fewer sets' jq -e '.search.evaluated <= 45 + 16' "$T/out"
run xderiv --order=3 --search=beam:10 --truth=f1.truth f1.onnx f1.npy
ok 'a beam of ten ranks threes as well as the whole search, to 0.03' \
    jq -e --slurpfile x exhaustive '.search.mode == "beam" and .auc["3"] > $x[0].auc["3"] - 0.03' "$T/out"
run xderiv --order=3 --max-sets=110 --rows=0:1 diabetes.onnx diabetes.csv
is '--search=auto is a beam above --max-sets' "$(jq -c '.search.mode' "$T/out")" '"beam"'
ok '--search=auto evaluates about --max-sets sets' jq -e '.search.evaluated > 45 + 50' "$T/out"
run xderiv --order=3 --maximal --rows=0:1 diabetes.onnx diabetes.csv
ok '--maximal leaves out subsets of stronger sets' jq -e '[.interactions[].set] as $s |
    all(range($s | length) as $i | range($i) | ($s[$i] - $s[.]) != []; .)' "$T/out"
ok '--maximal lists sets of several sizes' jq -e '[.interactions[].set | length] | unique == [2, 3]' "$T/out"
run xderiv --order=4 --check --rows=0:1 diabetes.onnx diabetes.csv
clean 'orders up to 4 agree with differences'
ok '--check: the largest difference' jq -e '.check < 1e-4' "$T/out"

# ---- Kinks ----

run xderiv --rows=0:1 diabetes-relu.onnx diabetes.csv
refused 'a network without curvature' 3 --smooth
ok 'a network without curvature: the message has all remedies' grep -q 'or --allow-zero$' "$T/err"
is 'a network without curvature: no output' "$(cat "$T/out")" ''
run xderiv --rows=0:1 --allow-zero diabetes-relu.onnx diabetes.csv
clean '--allow-zero' 'every derivative is zero'
is '--allow-zero: the record says so' "$(jq -c '[.zero_curvature, .interactions[0].strength, (.warnings | length), (.nonsmooth | map(.op))]' "$T/out")" \
    '[true,0,1,["Relu","Relu"]]'
for mode in softplus:10 softplus gelu surrogate:5; do
    run xderiv --rows=0:1 --smooth=$mode diabetes-relu.onnx diabetes.csv
    clean "--smooth=$mode"
    is "--smooth=$mode" "$(jq -c '[.zero_curvature, (.smooth.nodes | length), .nonsmooth]' "$T/out")" \
        '[false,2,[]]'
done
is 'a surrogate leaves f as it is' "$(jq '.smooth.shift' "$T/out")" 0
run xderiv --method=fd --order=3 --rows=0:1 diabetes-relu.onnx diabetes.csv
clean 'fd of a network without curvature'
ok 'fd of a network without curvature: effects are not 0' jq -e '.interactions[0].strength > 0.01' "$T/out"

# ---- Features ----

run xderiv --smooth=gelu --players=patches:4x4 --rows=0:1 digits8.onnx digits8.npy
is 'patches' "$(jq -c '[(.interactions | length), .interactions[0].names]' "$T/out" | tr -d '0-9')" \
    '[,[",",","]]'
run xderiv --smooth=gelu --players=pixels --top=2 --rows=0:1 digits8.onnx digits8.npy
is 'pixels' "$(jq -c '.search.evaluated' "$T/out")" 2016

# ---- Formats ----

run xderiv -f text --rows=0:1 --top=2 diabetes.onnx diabetes.csv
is '-f text: four lines' "$(wc -l <"$T/out")" 4
xderiv -f text --order=3 --truth=f1.truth f1.onnx f1.npy | head -n 1 >first
is '-f text has the areas under the curves' "$(grep -o 'auc2 [.0-9]*  auc3 [.0-9]*  r_precision [.0-9]*' first | tr -d '.0-9')" \
    'auc   auc   r_precision '
run xderiv -f text diabetes.onnx diabetes.csv
is 'a warning about more than twenty results' "$(cat "$T/err")" \
    'xderiv: 20 samples one by one: --agg=median makes one result of them'
run xderiv -q -f text diabetes.onnx diabetes.csv
is 'no warning with -q' "$(cat "$T/err")" ''
run xderiv -f dot --rows=0:2 --order=3 --top=5 diabetes.onnx diabetes.csv
is 'dot' "$status $(head -n 1 "$T/out") $(tail -n 1 "$T/out")" '0 graph "diabetes.csv" { }'
formula 3 'x1 x2 Mul x2 x3 Mul 0.5 Mul Sub' signs.onnx
echo 1,1,1 >ones.csv
run xderiv -f dot signs.onnx ones.csv
is 'dot: widths and colours of edges' "$(cat "$T/out")" 'graph "ones.csv" {
  "0" -- "1" [color=red, penwidth=6.00, label="1"];
  "1" -- "2" [color=blue, penwidth=3.25, label="0.5"];
  "0" -- "2" [color=red, penwidth=0.50, label="0"];
}'
for from in '' --from=0,1 --from=2; do
    # shellcheck disable=SC2086 # an option or none
    run xderiv -f png --smooth=gelu --players=patches:4x4 $from --rows=0:1 digits8.onnx digits8.npy
    is "png $from" "$status $(head -c 4 "$T/out" | tail -c 3)" '0 PNG'
done
run xderiv -f npy --order=3 --rows=0:1 diabetes.onnx diabetes.csv
ok 'npy of order 3' grep -aq "'shape': (1, 10, 10, 10)" "$T/out"

# ---- Refusals ----

run xderiv --order=9 diabetes.onnx diabetes.csv
refused 'order 9' 2 order
run xderiv --method=ih --order=3 diabetes.onnx diabetes.csv
refused 'pairs only' 2 pairs
run xderiv --method=none diabetes.onnx diabetes.csv
refused 'no such method' 2 list-methods
run xderiv --smooth=softplus:-1 diabetes.onnx diabetes.csv
refused 'no such smoothing' 2 softplus
run xderiv --search=exhaustive --max-sets=10 diabetes.onnx diabetes.csv
refused 'too many sets' 6 max-sets
run xderiv --units=std diabetes.onnx diabetes.csv
refused 'units of one row' 2 background
run xderiv --method=expected diabetes.onnx diabetes.csv
refused 'no background' 2 background
run xderiv --truth=nowhere diabetes.onnx diabetes.csv
refused 'no truth' 1 nowhere
echo '0,77' >wrong
run xderiv --pairs=wrong diabetes.onnx diabetes.csv
refused 'no such feature' 2 77
run xderiv -f npy --agg=mean diabetes.onnx diabetes.csv
refused 'tensors of all samples' 2 npy
run xderiv --method=nid digits8.onnx
refused 'no layers' 3 'fully connected'
run xderiv --target=5 diabetes.onnx diabetes.csv
refused 'an output that does not exist' 2 'target 5'
run xderiv --max-mem=100K diabetes.onnx diabetes.csv
refused 'too little memory' 6 'limit'
run xderiv -f png --order=1 --rows=0:1 diabetes.onnx diabetes.csv
is 'singles as bars' "$status $(head -c 4 "$T/out" | tail -c 3)" '0 PNG'
run xderiv -f png --from=3,3 --rows=0:1 diabetes.onnx diabetes.csv
refused 'no such patch' 2 from
run xderiv --rows=0:1 --names=nowhere diabetes.onnx diabetes.csv
refused '--names of a missing file' 1 nowhere
run xderiv --rows=0:1 --players=file:nowhere.npy diabetes.onnx diabetes.csv
refused '--players of a missing file' 1 nowhere

# Options with wrong words.
while read -r option; do
    run xderiv "$option" diabetes.onnx diabetes.csv
    is "$option: status" "$status" 2
    is "$option: nothing is written" "$(cat "$T/out")" ''
    is "$option: one line and a hint" "$(wc -l <"$T/err") $(tail -n 1 "$T/err")" \
        "2 Try 'xderiv --help'"
done <<'END'
--order=0
--order=2x
--order=99999999999999999999
--steps=0
--noise=-1
--noise=nan
--search=beam:0
--search=beam
--search=widest
--beam-score=x
--max-sets=9000000000000000000
--agg=most
--direction=up
--units=miles
--scale=miles
--top=0
--min=much
END

# Wrong files of sets.
while read -r says sets; do
    echo "$sets" >lie
    for option in pairs truth; do
        run xderiv --$option=lie --rows=0:2 diabetes.onnx diabetes.csv
        is "--$option: $sets: status" "$status" 1
        ok "--$option: $sets: says where" grep -q "^xderiv: lie: .*$says" "$T/err"
        is "--$option: $sets: one line" "$(wc -l <"$T/err")" 1
    done
done <<'END'
JSON [[0,1],[2
integers {"interactions":[[0,"a"]]}
twice [[0,0]]
integers [[-1,2]]
integers [[1e300,2]]
integers [[0.5,2]]
integers 0,1,abc
integers 99999999999999999999 3
END

# Inputs that are not finite: the result says so.
echo nan,1,1,1,1,1,1,1,1,1 >nan.csv
for options in '' '--agg=median' '--agg=max' '--method=ih' '--order=3 --search=beam:2'; do
    # shellcheck disable=SC2086 # options or none
    run xderiv $options diabetes.onnx nan.csv
    is "NaN $options" "$status $(jq -c '[.interactions[0].strength, (.nonfinite > 0), .warnings]' "$T/out")" \
        '0 [null,true,["1 missing cell is NaN","some effects are not finite"]]'
done
run xderiv --check diabetes.onnx nan.csv
is 'NaN: --check fails' "$status" 4
echo 1,2,3 >short.csv
run xderiv diabetes.onnx short.csv
is 'a sample that is too short' "$status $(jq -c '.error.status' "$T/out")" '1 1'
run xderiv --smooth=softplus:1e300 --rows=0:1 diabetes-relu.onnx diabetes.csv
refused 'a function that is constant in float32' 3 'use --method=fd, or --allow-zero'
echo 0 1 2 >triples
run xderiv --pairs=triples --rows=0:1 diabetes.onnx diabetes.csv
is 'a warning about sets larger than --order' "$status $(jq -c '[.interactions, .warnings[0][:7]]' "$T/out")" \
    '0 [[],"--pairs"]'

# f = (x0 + ..)^3 of a million features is refused before it is tried, because of the memory it
# would need.
yes 1 | head -n 1000000 | paste -sd, >million.csv
run xderiv --order=6 million.onnx million.csv
refused 'all sets of six' 6 'beam:N'
run xderiv -f npy -o million.npy --order=6 million.onnx million.csv
refused 'a tensor of order 6' 6 'power of 6'
run xderiv --search=exhaustive million.onnx million.csv
refused 'all pairs' 6 'search=beam'
run xderiv --order=3 --pairs=triples million.onnx million.csv
is '--pairs: a single triple' "$status $(jq -c '[.search.evaluated, .interactions[0].set]' "$T/out")" '0 [1,[0,1,2]]'
run xderiv --scale=std --agg=mean --top=1 diabetes.onnx diabetes.csv
is '--scale=std is --units=std' "$status $(jq -r .params.units "$T/out")" '0 std'
end

#!/bin/sh
# attr-score.t - scores of attributions, and the comparison of two streams of records.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv"
score() {
    run attr-score digits8.onnx digits8.npy --rows=0:2 "$@"
}
all=insertion,deletion,sic,aic,sensitivity-n,infidelity,pointing,completeness
echo '0,0,8,8' >everywhere

ggig --method=ig,grad --times-input --rows=0:3 digits8.onnx digits8.npy >maps
score --map=maps --metric=$all --boxes=everywhere --summary
clean 'all metrics'
cp "$T/out" scores
is 'one record for each map, then a summary for each method' "$(jq -r '.method + (if .summary then "*" else "" end)' scores | tr '\n' ' ')" \
    'ig grad ig grad ig* grad* '
is 'keys of scores' "$(jq -r 'select(.scores) | .scores | keys_unsorted | join(",")' scores | sort -u)" $all
is 'first keys of a record' "$(head -n 1 scores | jq -c 'keys_unsorted[:8]')" \
    '["tool","version","id","index","model","input","target","params"]'
is 'every metric has a score' "$(jq -c 'select(.scores) | [.scores[] | numbers] | length' scores | sort -u)" 8
is 'pointing is 1 or null' "$(jq .scores.pointing scores | sort -u | tr '\n' ' ')" '1 null '
is '--filler=auto of pictures is nearest' "$(jq -r .params.filler scores | head -n 1)" nearest
is 'lengths of curves' "$(head -n 1 scores | jq -c '[.curves | to_entries[] | [.key, (.value.x | length)]]')" \
    '[["insertion",65],["deletion",65],["sic",101],["aic",101],["sensitivity-n",13]]'
jq -s 'map(select(.scores and .method == "ig").scores.insertion) | add / 2' scores >mean
jq 'select(.summary and .method == "ig").summary.scores.insertion' scores >said
near 'the summary is the mean' said mean 1e-12
score --map=maps --metric=insertion --summary -f text
is '--summary -f text: a line for each method' "$(grep -c '^summary  [a-z-]*:  samples 2  insertion ' "$T/out")" 2
head -n 1 scores | jq .scores.completeness >gap
head -n 1 maps | jq .completeness_gap >own
near 'completeness is the gap of the record' gap own 1e-5
jq -s '.[0].curves.insertion | [.x, .y] as [$x, $y] | [range(1; $x | length) |
    ($x[.] - $x[. - 1]) * ($y[.] + $y[. - 1]) / 2] | add' scores >area
head -n 1 scores | jq .scores.insertion >said
near 'a score is the area under its curve' said area 1e-6
score --map=maps --metric=$all --boxes=everywhere --summary
ok 'the same bytes again' cmp "$T/out" scores

score -f csv --map=maps
is '-f csv' "$(head -n 1 "$T/out") $(wc -l <"$T/out")" 'id,index,method,insertion,deletion 5'
run attr-score digits8.onnx digits8.npy --rows=2:5 --map=maps
is 'a sample without a map: status' "$status" 1
is 'a sample without a map: records' "$(jq -r '.error.message // .method' "$T/out" | tr '\n' ';')" \
    'ig;grad;no record has a map of this sample;no record has a map of this sample;'

# Maps of other tools: a table's features, patches, a coarse layer.
ggig --method=ig --times-input --rows=0:2 diabetes.onnx diabetes.csv >rows
run attr-score diabetes.onnx diabetes.csv --rows=0:2 --map=rows --metric=insertion,sic,completeness
is 'a table: a warning that there is no sic' "$(cat "$T/err")" \
    'attr-score: warning: sic, aic: null, they need the pixels of a picture and a finite f (2 samples)'
is 'a table: the filler is baseline, sic is null' "$(jq -c '[.params.filler, .scores.sic]' "$T/out" | sort -u)" '["baseline",null]'
attr-decompose --players=patches:4x4 --methods=gxi,occ1 --rows=0:1 digits8.onnx digits8.npy >patches
run attr-score digits8.onnx digits8.npy --rows=0:1 --map=patches
is "scores of attr-decompose's players" "$status $(jq -c '[.method, (.curves.insertion.x | length)]' "$T/out" | tr '\n' ' ')" \
    '0 ["gxi",5] ["occ1",5] '
ggig --method=gradcam --rows=0:1 digits8.onnx digits8.npy >cam
run attr-score digits8.onnx digits8.npy --rows=0:1 --map=cam
is 'a coarse map: length of the curve' "$status $(jq '.curves.deletion.x | length' "$T/out")" '0 65'

# The explained class is the one in the record, not the one predicted for the sample.
ggig -t 7 --method=ig --rows=0:1 digits8.onnx digits8.npy >seven
run attr-score digits8.onnx digits8.npy --rows=0:1 --map=seven
is 'the target is that of the record' "$(jq .target.index "$T/out")" 7
jq -c '.target.index = 99' seven >past
run attr-score digits8.onnx digits8.npy --rows=0:1 --map=past
is '-t of an element that does not exist' "$status $(jq -r .error.message "$T/out")" '1 there is no element 99 of 10 to explain'

# ---- Two streams ----

compare() {
    with=$1
    shift
    attr-score --compare="$with" "$@" >"$T/out" 2>"$T/err"
    status=$?
}
compare maps <maps
clean '--compare of a stream with itself'
is '--compare of a stream with itself: similarities' "$(jq -c .similarity "$T/out" | sort -u)" '{"spearman":1,"ssim":1,"topk_iou":1,"max_abs":0}'
tail -n 6 maps | sort -r >other
compare other <maps
is 'joined by sample and method, not by order' "$status $(jq -c .similarity.max_abs "$T/out" | sort -u)" '0 0'
jq -c 'if .index == 1 and .method == "ig" then .attribution.values[5] += 0.5 else . end' maps >drift
compare drift --max=max_abs:0.1 --min=spearman:0.2 <maps
is 'drift: status and lines' "$status $(wc -l <"$T/out")" '4 6'
ok 'drift: the sample that fails' grep -q '^attr-score: digits8.npy: sample 1: ig: max_abs is 0.5, over 0.1$' "$T/err"
is 'drift: no other line' "$(wc -l <"$T/err")" 1
compare drift --max=max_abs:0.6 <maps
is '--max and --min that hold: status' "$status" 0
head -n 2 maps >fewer
compare fewer <maps
is "--compare: samples that --compare's file lacks" "$status $(jq -c 'select(.error)' "$T/out" | wc -l)" '1 4'
compare maps <fewer
is '--compare: samples that standard input lacks' "$status $(wc -l <"$T/out") $(cat "$T/err")" \
    '0 2 attr-score: 4 records of --compare have no counterpart on standard input'
jq -c '.attribution = {shape: [64], values: .attribution.values}' maps >flat
compare flat <maps
is '--compare of maps of different shapes' "$status $(jq -r '.error.message' "$T/out" | sort -u)" '1 the maps have different shapes'
grep '"ig"' maps >ig
grep '"grad"' maps >grad
compare grad <ig
is '--compare of two methods' "$status $(wc -l <"$T/out")" '0 3'

# ---- Records with wrong values ----

printf '{"tool":1}\n[1]\n{"id":"digits8.npy","index":0}\nnot json\n{"id":"digits8.npy","index":1,"attribution":{"shape":[2,2],"values":[1]}}\n\n' >lies
score --map=lies
is 'lies: status' "$status" 1
ok 'lies: the line that is no JSON' grep -q 'lies: line 4: byte' "$T/err"
ok 'lies: the line that is no object' grep -q 'lies: line 2: is no record' "$T/err"
is 'lies: samples fail' "$(jq -c '.error.status' "$T/out" | tr '\n' ' ')" '1 1 '
compare lies <lies
is 'lies: compared with themselves' "$status $(jq -c '.error.status' "$T/out" | tr '\n' ' ')" '1 1 1 '
jq -c '.attribution.values = [1, (.attribution.values[1:][] | null)]' ig >nulls
score --map=nulls --metric=insertion,sensitivity-n,infidelity,completeness
is 'a map of nulls: scores are null' "$status $(jq -c '.scores | [.["sensitivity-n"], .infidelity, .completeness]' "$T/out" | sort -u)" '0 [null,null,null]'
score --map=/dev/null
refused '--map without records' 1 'holds no records'
score --map=nowhere
refused '--map of a missing file' 1 'nowhere: No such file or directory'
score
refused 'neither --map nor --compare' 2 'what to score'
score --map=maps --metric=insertion,delete
refused 'a metric that does not exist' 2 'nearest: deletion'
score --map=maps --metric=pointing
refused 'pointing without --boxes' 2 'needs --boxes'
score --map=maps --filler=blue
refused 'a filler that does not exist' 2 'nearest: blur'
run attr-score diabetes.onnx diabetes.csv --rows=0:1 --map=rows --filler=nearest
refused 'a filler of pixels for a table' 2 'is for pixels'
run attr-score --compare=maps --max=size:1
refused 'a key of similarity that does not exist' 2 'spearman|ssim'
run attr-score --compare=- --max=max_abs:1
refused '--compare=- and standard input' 2 'names a file'
score --map=maps --max=max_abs:1
refused '--max without --compare' 2 'of --compare'

# ---- Tokens that were kept are no places ----

for data in review.onnx review.npy review.vocab; do
    ln -sf "$DATA/$data" .
done
for command in 'shapley-int --index=sv --order=1' 'ggig --method=ig --times-input --players=tokens'; do
    # shellcheck disable=SC2086 # a command
    $command -q --double -f json --vocab=review.vocab --rows=4:5 review.onnx review.npy >kept
    run attr-score --double --score=logit --metric=completeness,insertion --map=kept --rows=4:5 review.onnx review.npy
    is "$command: a map without kept tokens is scored" \
        "$status $(jq -c '[(.scores.completeness | fabs) < 1e-3, .scores.insertion != null]' "$T/out")" '0 [true,true]'
done

end

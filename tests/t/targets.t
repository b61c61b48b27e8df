#!/bin/sh
# targets.t - targets: elements of an output, probabilities, labels, integers.
. tests/tap.sh

work "$DATA"/digits8.*
"$BUILD/tests/programs/endings" . || exit 1
echo 2,1 >x.csv
echo 1,2,3,-1 >p.csv
echo 1.5,1 >tie.csv
printf 'no\nyes\n' >two
printf 'a\nb\nc\n' >abc

# Prints the target of the record in $T/out, and its attribution, rounded.
explained() {
    jq -c '[.target.index, .target.label, .target.score, (.target.value * 1e5 | round / 1e5)],
        [(.attribution.values // [])[] * 1e5 | round / 1e5 + 0]' "$T/out" | paste -sd ' '
}

# ---- Elements, other classes, sums; scores before different last layers ----

while read -r model input target options wanted; do
    # shellcheck disable=SC2046,SC2086 # options
    run ggig --method=grad -t "$target" $(echo "$options" | tr ';' ' ') "$model".onnx "$input"
    is "$model -t $target $options" "$(explained)$(grep -v ": warning: " "$T/err")" "$wanted"
done <<'END'
logit x.csv 0 --score=raw [0,null,"raw",0.5] [1,-2]
logit x.csv 0,0 --score=raw [0,null,"raw",0.5] [1,-2]
logit x.csv not:0 --score=raw [0,null,"raw",-0.5] [-1,2]
logit x.csv not:0 --score=logit [0,null,"logit",-0.5] [-1,2]
logit x.csv not:0 --score=prob [0,null,"prob",0.37754] [-0.235,0.47001]
logit x.csv not:0 --score=logprob [0,null,"logprob",-0.97408] [-0.62246,1.24492]
logit x.csv no --labels=two [0,"no","logit",-0.5] [-1,2]
logit x.csv yes --labels=two [0,"yes","logit",0.5] [1,-2]
logit x.csv not:yes --labels=two [0,"no","logit",-0.5] [-1,2]
logit x.csv not:no --labels=two [0,"yes","logit",0.5] [1,-2]
logit x.csv argmax --labels=two [0,"yes","logit",0.5] [1,-2]
sigmoid x.csv not:0 --score=raw [0,null,"raw",-0.62246] [-0.235,0.47001]
sigmoid x.csv not:0 --score=logit [0,null,"logit",-0.5] [-1,2]
sigmoid x.csv no --labels=two;--score=prob [0,"no","prob",0.37754] [-0.235,0.47001]
sigmoid x.csv not:0 --score=logprob [0,null,"logprob",-0.97408] [-0.62246,1.24492]
turned x.csv 0 --score=logit [0,null,"logit",-0.5] [-1,2]
turned x.csv not:0 --score=prob [0,null,"prob",0.62246] [0.235,-0.47001]
both x.csv 0 --score=prob [0,null,"prob",0.37754] [-0.235,0.47001]
both x.csv 0 --score=logit [0,null,"raw",0.37754] [-0.235,0.47001]
three x.csv -1 --score=logit [2,null,"logit",-1] [-1,1]
three x.csv b --labels=abc [1,"b","logit",0] [0,0]
three x.csv sum:* --score=logit [null,null,"logit",3] [0,3]
three x.csv sum:0,2 --score=logit [null,null,"logit",-1] [-1,1]
sigmoids x.csv not:a --labels=abc [0,null,"logit",-4] [-1,-2]
sigmoids x.csv not:0 --score=prob [0,null,"prob",0.01799] [-0.01766,-0.03533]
quantised x.csv 0 --score=logit [0,null,"logit",4] [1,2]
quantised x.csv 0 --score=prob [0,null,"prob",0.97556] [0.03026,0.04128]
narrowed x.csv 2 --score=logit [2,null,"logit",-1] [-1,1]
moved x.csv 0,2 --score=logit [2,null,"logit",-1] [-1,1]
moved x.csv 0 --score=logprob [0,null,"logprob",-0.02474] [0.03101,0.04231]
scaled x.csv 0 --score=logit [0,null,"raw",1.95112] [0.06051,0.08255]
scaled x.csv 0 --score=prob [0,null,"raw",1.95112] [0.06051,0.08255]
sliced x.csv 0 --score=prob [0,null,"prob",0.01787] [-0.01731,-0.03498]
sliced x.csv 0 --score=logit [0,null,"raw",0.01787] [-0.01731,-0.03498]
segments p.csv 1,0,1 --score=prob [5,null,"prob",0.00359] [0,-0.0103,0,0]
segments p.csv 0,1,0,1 --score=prob [5,null,"prob",0.00359] [0,-0.0103,0,0]
segments p.csv b,0,-1 --score=prob;--labels=abc [5,"b","prob",0.00359] [0,-0.0103,0,0]
segments p.csv sum:b,*,* --score=prob;--labels=abc [null,null,"prob",0.95944] [-0.14586,-0.0103,-0.00057,-0.20592]
segments p.csv sum:*,1,1 --score=raw [null,null,"raw",-1.5] [0,0,0,2]
mask p.csv no,1,1 --labels=two [3,"no","logit",1] [0,0,0,-1]
mask p.csv 0,0,0 --score=prob [0,null,"prob",0.73106] [0.19661,0,0,0]
END
run ggig --method=grad segments.onnx p.csv
warned 'a warning of scores of several places' 'scores of 4 places: the largest is explained; --target=I,J,... names one'
is 'the record has the warning of several places' "$(jq '[.warnings[] | select(test("4 places"))] | length' "$T/out")" 1
for target in argmax 0,1,0,1; do
    run ggig --method=grad -t $target segments.onnx p.csv
    clean "-t $target is a choice"
done
run ggig --method=grad -t 'sum:*,0,*' segments.onnx p.csv
is 'target.sum of a region' "$(jq -c .target.sum "$T/out")" '"*,0,*"'
run ggig --method=grad -t not:0 logit.onnx x.csv
is 'target.other' "$(jq -c .target.other "$T/out")" true
run onnx-run -f npy --output-name=z -o w.npy three.onnx x.csv
run ggig --method=grad -t sum:w.npy three.onnx x.csv
is 'sum:FILE: the value is 4 a - c' "$(explained)" '[null,null,"logit",17] [5,7]'
run ggig --method=grad -t sum:w.npy segments.onnx p.csv
refused 'sum:FILE of another shape' 2 'not of the shape'
run ggig --method=grad -t sum:none.npy three.onnx x.csv
is 'sum:FILE that is missing: status' "$status" 1

while IFS='|' read -r model input target labels text; do
    run ggig --method=grad -t "$target" --labels="$labels" "$model".onnx "$input"
    refused "$model -t $target" 2 "$text"
done <<'END'
three|x.csv|3|abc|3 is not one of the 3 outputs, 0 to 2: a, b, c$
three|x.csv|-4|abc|-4 is not one of the 3 outputs
three|x.csv|d|abc|neither an index nor a label.*; valid: 0 to 2: a, b, c$
three|x.csv|not:0|abc|only a single logit
three|x.csv|sum:d|abc|neither an index nor a label
three|x.csv|1,2|abc|1 is not one of 1
segments|p.csv|b|abc|class of 4 places
segments|p.csv|1,2|abc|2 indices for 4 axes
segments|p.csv|sum:3,*,*|abc|3 is not one of 3
segments|p.csv|*,0,0|abc|neither an index nor a label
END

# ---- Targets in all tools that explain ----

for target in 'not:0' no 'sum:*'; do
    sign=-1
    [ "$target" != 'sum:*' ] || sign=1
    run attr-decompose --methods=gxi,ig,shapley,deeplift-rescale -t "$target" --labels=two logit.onnx x.csv
    is "attr-decompose -t $target" "$(jq -c '[.methods[].attribution] | unique' "$T/out")" "[[$((2 * sign)),$((-2 * sign))]]"
    run shapley-int --index=sv -t "$target" --labels=two logit.onnx x.csv
    is "shapley-int -t $target" "$(jq -c '[.interactions[].value]' "$T/out")" "[$((2 * sign)),$((-2 * sign))]"
done
for target in 0 not:0 'sum:0'; do
    run xderiv --double --score=prob --order=2 -t "$target" sigmoid.onnx x.csv
    is "xderiv -t $target" "$(jq -c '.interactions[0].mean * 1e6 | round' "$T/out")" \
        "$(case $target in not*) echo -115114 ;; *) echo 115114 ;; esac)"
    run xderiv --double --score=prob --order=3 -t "$target" sigmoid.onnx x.csv
    is "xderiv of order 3 -t $target" "$status" 0
done
run xderiv --method=nid -t 'sum:0' logit.onnx x.csv
first=$(jq -c .interactions "$T/out")
run xderiv --method=nid -t 0 logit.onnx x.csv
is 'nid of a sum' "$(jq -c .interactions "$T/out")" "$first"
run taylorcam --allow-zero --layer=y --score=prob -t 'sum:1,*,*' segments.onnx p.csv
is 'taylorcam of a sum' "$(jq -c '[.target.sum, (.target.value * 1e5 | round)]' "$T/out")" '["1,*,*",95944]'
run attr-decompose --methods=gradcam -t 'sum:1,*,*' --score=prob segments.onnx p.csv
is 'Grad-CAM of a sum' "$(jq -c '[.methods[0].attribution[] * 1e4 | round]' "$T/out")" '[-722,-1628,-2535,1092]'

# ---- Probabilities ----

while read -r model input wanted; do
    run onnx-run --top=3 "$model".onnx "$input"
    is "--top of $model" "$(jq -c '.top | map([.index, (.prob * 1e4 | round)])' "$T/out")$(cat "$T/err")" "$wanted"
done <<'END'
logit x.csv [[1,6225],[0,3775]]
logit tie.csv [[1,5000],[0,5000]]
sigmoid x.csv [[1,6225],[0,3775]]
turned x.csv [[0,6225],[1,3775]]
both x.csv [[1,6225],[0,3775]]
three x.csv [[0,9756],[1,179],[2,66]]
sigmoids x.csv [[0,9820],[1,5000],[2,2689]]
logsoft x.csv [[0,9756],[1,179],[2,66]]
quantised x.csv [[0,9766],[1,195],[2,78]]
narrowed x.csv [[0,9756],[1,179],[2,66]]
sliced x.csv [[0,179],[1,66]]
labelled x.csv [[0,9756],[1,179],[2,66]]
segments p.csv [[10,9524],[9,8776],[2,474]]
mask p.csv [[2,9526],[1,8808],[0,7311]]
boxes x.csv [[0,9820],[1,180],[2,5000]]
END
run onnx-run --top=2 --labels=two logit.onnx x.csv
is '--labels of one number: both classes' "$(jq -c '[.top[] | .label, .value]' "$T/out")" '["yes",0.5,"no",-0.5]'
run onnx-run --top=1 --labels=abc segments.onnx p.csv
is '--labels: the class of a place' "$(jq -c '.top[0].label' "$T/out")" '"c"'
run onnx-run -f text --labels=two --top=1 sigmoid.onnx x.csv
clean '-f text of one number'
ok '-f text of one number has the label of the class' grep -q '^  0.62.*yes' "$T/out"

# ---- Labels and names that have the right number ----

printf '\357\273\277a\r\nb\r\nc\r\n\r\n\n' >dressed
run ggig --method=grad -t a --labels=dressed three.onnx x.csv
is '--labels with a byte order mark, carriage returns and empty lines' "$(jq -c '[.target.index, .target.label]' "$T/out")" '[0,"a"]'
printf 'crane\ncoot\ncrane\n' >twice
run ggig --method=grad -t crane --labels=twice three.onnx x.csv
refused '-t of a label that occurs twice' 2 "'crane' names two classes, 0 and 2"
run ggig --method=grad -t coot --labels=twice three.onnx x.csv
is '-t of a label that occurs once' "$(jq -c .target.index "$T/out")" 1
: >none
for tool in 'ggig --method=grad' taylorcam 'shapley-int --index=sv' xderiv 'attr-decompose --methods=gxi' onnx-run; do
    run $tool --labels=two digits8.onnx digits8.npy
    refused "${tool%% *}: 2 labels" 2 '2 labels for the 10 classes'
    run $tool --labels=none digits8.onnx digits8.npy
    refused "${tool%% *}: no labels" 2 'holds no labels'
done
run shapley-int --index=sv --names=abc logit.onnx x.csv
refused 'shapley-int: 3 names' 2 '3 names for 2 players'
run xderiv --names=abc logit.onnx x.csv
refused 'xderiv: 3 names' 2 '3 names for 2 features'

# ---- Integers ----

while IFS='|' read -r cells model wanted; do
    echo "$cells" | tr ';' '\n' >i.csv
    run onnx-run "$model".onnx i.csv
    is "$cells as $model" "$(jq -c '.outputs[0].values // .error.message' "$T/out" | paste -sd ' ')" "$wanted"
done <<'END'
1,2|bytes|[3]
1.7,2;1,2|bytes|"line 1: input 'x': 1.7 is not uint8 of 0 to 255" [3]
1,2;nan,2|ids|[3] "line 2: input 'x': NaN is not int64 of -9223372036854775808 to 9223372036854775807"
255,0;256,1|bytes|[255] "line 2: input 'x': 256 is not uint8 of 0 to 255"
-1,3|bytes|"line 1: input 'x': -1 is not uint8 of 0 to 255"
-32768,0;-32769,1|short|[-32768] "line 2: input 'x': -32769 is not int16 of -32768 to 32767"
0,1;2,1|flags|[1] "line 2: input 'x': 2 is not bool of 0 to 1"
1e30,1|ids|"line 1: input 'x': 1e+30 is not int64 of -9223372036854775808 to 9223372036854775807"
END
echo 1.5,2 >i.csv
run shapley-int --index=sv ids.onnx i.csv
is 'another tool with a fraction for an integer input: status' "$status" 1
ok 'another tool with a fraction for an integer input: message' grep -q 'line 1.*1.5' "$T/err"
echo 1,2 >i.csv
run shapley-int --index=sv -b 0.5 ids.onnx i.csv
is 'a baseline of halves for an integer input: status' "$status" 1
ok 'a baseline of halves for an integer input: message' grep -q '0.5 is not int64' "$T/err"

# ---- float64, if the file asks for it ----

echo 100000000.25,1 >d.csv
run onnx-run doubles.onnx d.csv
is 'a model of float64: outputs' "$(jq -c '[.outputs[].values, .params.precision]' "$T/out")" '[[100000003.25],[100000001.25,2],"float64"]'
run ggig --method=grad doubles.onnx d.csv
is 'a model of float64: the explained number' "$(jq -c '[.target.value, .params.precision]' "$T/out")" '[100000003.25,"float64"]'
run onnx-run -f npy -o d.npy doubles.onnx d.csv
ok 'a model of float64: the array' grep -aq "'descr': '<f8'" d.npy
end

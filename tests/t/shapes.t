#!/bin/sh
# shapes.t - models in which values of the sample decide shapes: conditions, counts, positions.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
"$BUILD/tests/programs/shapes" . || exit 1
echo 1,2,3,-4 >x.csv
printf '1,2,3,-4\n1,2,3,-4\n1,2,3,-4\n2,2,3,4\n' >four.csv
printf '16000\n8000\n16000\n44100\n' >rates.csv
for k in 0 1 2 3; do
    echo $k >$k.csv
done

# values: prints the values of all records.
values() {
    jq -c '.outputs[0].values' "$T/out" | tr '\n' ' '
}

# ---- Conditions ----

run onnx-run -i rate=rates.csv if.onnx four.csv
clean 'each sample takes its branch'
is 'their values' "$(values)" '[30] [4] [30] [22] '
run ggig --method=grad -t 0 -i rate=rates.csv if.onnx four.csv
clean 'gradients of the branch that is taken'
is 'their values' "$(jq -c .attribution.values "$T/out" | tr '\n' ' ')" \
    '[2,4,6,-8] [2,2,2,2] [2,4,6,-8] [2,2,2,2] '
run onnx-run -i on=1.csv taken.onnx x.csv
clean 'a branch that is not taken need not fit'
is 'the other' "$(values)" '[30] '
run ggig --method=grad -t 0 -i on=1.csv taken.onnx x.csv
is 'its gradient' "$(jq -c .attribution.values "$T/out")" '[2,4,6,-8]'
run onnx-run -i on=0.csv taken.onnx x.csv
refused 'the branch that does not fit is taken' 3 "(MatMul, opset 17)"
run onnx-run --list taken.onnx
clean 'a list knows no values'
run onnx-run sign.onnx four.csv
is 'a condition on the sample itself' "$(values)" '[30] [30] [30] [33] '
run ggig --method=ig --times-input -t 0 sign.onnx x.csv
is 'a path keeps the branch of the sample' \
    "$(jq -c '.attribution.values | map(. * 100 | round / 100)' "$T/out")" '[1,4,9,16]'
run shapley-int --index=sv --order=1 -t 0 sign.onnx x.csv
is 'and so do coalitions' "$(jq -c '[.interactions[].value | . * 100 | round / 100]' "$T/out")" \
    '[1,4,9,16]'
run shapley-int --redecide --index=sv --order=1 -t 0 sign.onnx x.csv
is 'unless each is to decide for itself' "$(jq -c '[.interactions[].value]' "$T/out")" \
    '[1.25,12.75,16.25,-0.25]'
is 'which the record says' "$(jq -c .params.redecide "$T/out")" true
run ggig --redecide --method=ig --times-input --steps=6 -b -1 -t 0 sign.onnx x.csv
is 'four points of a path add, two multiply' \
    "$(jq -c '.attribution.values | map(. * 100 | round / 100)' "$T/out")" '[3.78,7,11.11,1]'
run ggig --redecide --method=ig --times-input --steps=6 -b -1 -t 0 if.onnx -i rate=rates.csv four.csv
clean 'decisions that the points do not change'
run attr-decompose --redecide -t 0 sign.onnx x.csv
refused 'a rule away from the sample' 2 'keep the decisions of the sample'
run ggig --redecide --method=ig --wrt=p -t 0 sign.onnx x.csv
refused 'an inner tensor' 2 "'p' is no input of the model"

# ---- Counts ----

run onnx-run -i k=2.csv slice.onnx x.csv
is 'the first two' "$status $(values)" '0 [1,4] '
run onnx-run -i k=3.csv topk.onnx x.csv
is 'the largest three' "$status $(values)" '0 [3,2,1] '
run onnx-run -i k=2.csv tile.onnx x.csv
is 'two copies' "$status $(values)" '0 [1,2,3,-4,1,2,3,-4] '
run onnx-run -i k=3.csv loop.onnx x.csv
is 'three rounds' "$status $(values)" '0 [8,16,24,-32] '
run onnx-run -i k=0.csv loop.onnx x.csv
is 'none' "$status $(values)" '0 [1,2,3,-4] '
for model in slice topk tile loop; do
    run ggig --method=grad -t 0 -i k=2.csv $model.onnx x.csv
    clean "$model: a gradient"
    jq -c .attribution.values "$T/out" >>gradients
done
is 'their values' "$(tr '\n' ' ' <gradients)" '[2,0,0,0] [0,0,1,0] [1,0,0,0] [4,0,0,0] '
run xderiv --method=fd -t 0 -i k=2.csv slice.onnx x.csv
clean 'second derivatives'

# ---- Positions ----

run onnx-run nonzero.onnx four.csv
is 'what is positive' "$status $(values)" '0 [14] [14] [14] [33] '
run ggig --method=grad -t 0 nonzero.onnx four.csv
is 'its gradients' "$(jq -c .attribution.values "$T/out" | tr '\n' ' ')" \
    '[2,4,6,0] [2,4,6,0] [2,4,6,0] [4,4,6,8] '

# ---- Empty lists ----

printf '\223NUMPY\001\000\166\000%-117s\n' \
    "{'descr': '<i8', 'fortran_order': False, 'shape': (0,), }" >none.npy
run onnx-run -i axes=none.npy empty.onnx x.csv
is 'an input of length 0 is one sample' "$status $(values)" '0 [2] '

end

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
clean 'If: each sample takes its own branch'
is 'If: values of the branches' "$(values)" '[30] [4] [30] [22] '
run ggig --method=grad -t 0 -i rate=rates.csv if.onnx four.csv
clean 'If: gradients'
is 'If: gradients of the branches that are taken' "$(jq -c .attribution.values "$T/out" | tr '\n' ' ')" \
    '[2,4,6,-8] [2,2,2,2] [2,4,6,-8] [2,2,2,2] '
run onnx-run -i on=1.csv taken.onnx x.csv
clean 'If: a branch that is not taken may have an error'
is 'If: the value of the branch without an error' "$(values)" '[30] '
run ggig --method=grad -t 0 -i on=1.csv taken.onnx x.csv
is 'If: the gradient of the branch without an error' "$(jq -c .attribution.values "$T/out")" '[2,4,6,-8]'
run onnx-run -i on=0.csv taken.onnx x.csv
refused 'If: the branch with an error is taken' 3 "(MatMul, opset 17)"
run onnx-run --list taken.onnx
clean 'If: --list needs no values'
run onnx-run sign.onnx four.csv
is 'a condition that depends on the sample' "$(values)" '[30] [30] [30] [33] '
run ggig --method=ig --times-input -t 0 sign.onnx x.csv
is 'points of a path take the branch of the sample' \
    "$(jq -c '.attribution.values | map(. * 100 | round / 100)' "$T/out")" '[1,4,9,16]'
run shapley-int --index=sv --order=1 -t 0 sign.onnx x.csv
is 'coalitions take the branch of the sample' "$(jq -c '[.interactions[].value | . * 100 | round / 100]' "$T/out")" \
    '[1,4,9,16]'
run shapley-int --redecide --index=sv --order=1 -t 0 sign.onnx x.csv
is '--redecide: each coalition takes its own branch' "$(jq -c '[.interactions[].value]' "$T/out")" \
    '[1.25,12.75,16.25,-0.25]'
is '--redecide is a param' "$(jq -c .params.redecide "$T/out")" true
run ggig --redecide --method=ig --times-input --steps=6 -b -1 -t 0 sign.onnx x.csv
is '--redecide: four points of the path add, two multiply' \
    "$(jq -c '.attribution.values | map(. * 100 | round / 100)' "$T/out")" '[3.78,7,11.11,1]'
run ggig --redecide --method=ig --times-input --steps=6 -b -1 -t 0 if.onnx -i rate=rates.csv four.csv
clean '--redecide if all points take the same branch'
run attr-decompose --redecide -t 0 sign.onnx x.csv
refused '--redecide with propagation rules' 2 'keep the decisions of the sample'
run ggig --redecide --method=ig --wrt=p -t 0 sign.onnx x.csv
refused '--redecide with an inner tensor' 2 "'p' is no input of the model"

# ---- Counts ----

run onnx-run -i k=2.csv slice.onnx x.csv
is 'Slice: the first two elements' "$status $(values)" '0 [1,4] '
run onnx-run -i k=3.csv topk.onnx x.csv
is 'TopK: the three largest elements' "$status $(values)" '0 [3,2,1] '
run onnx-run -i k=2.csv tile.onnx x.csv
is 'Tile: two copies' "$status $(values)" '0 [1,2,3,-4,1,2,3,-4] '
run onnx-run -i k=3.csv loop.onnx x.csv
is 'Loop: three rounds' "$status $(values)" '0 [8,16,24,-32] '
run onnx-run -i k=0.csv loop.onnx x.csv
is 'Loop: no round' "$status $(values)" '0 [1,2,3,-4] '
for model in slice topk tile loop; do
    run ggig --method=grad -t 0 -i k=2.csv $model.onnx x.csv
    clean "$model: gradient"
    jq -c .attribution.values "$T/out" >>gradients
done
is 'gradients of Slice, TopK, Tile and Loop' "$(tr '\n' ' ' <gradients)" '[2,0,0,0] [0,0,1,0] [1,0,0,0] [4,0,0,0] '
run xderiv --method=fd -t 0 -i k=2.csv slice.onnx x.csv
clean 'finite differences of Slice'

# ---- Positions ----

run onnx-run nonzero.onnx four.csv
is 'NonZero: sums of positive elements' "$status $(values)" '0 [14] [14] [14] [33] '
run ggig --method=grad -t 0 nonzero.onnx four.csv
is 'NonZero: gradients' "$(jq -c .attribution.values "$T/out" | tr '\n' ' ')" \
    '[2,4,6,0] [2,4,6,0] [2,4,6,0] [4,4,6,8] '

# ---- Empty lists ----

printf '\223NUMPY\001\000\166\000%-117s\n' \
    "{'descr': '<i8', 'fortran_order': False, 'shape': (0,), }" >none.npy
run onnx-run -i axes=none.npy empty.onnx x.csv
is 'an input of length 0 is one sample' "$status $(values)" '0 [2] '

end

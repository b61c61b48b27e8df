#!/bin/sh
# deployed.t - files as people deploy them: parts that are not needed, labels first.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
"$BUILD/tests/programs/deployed" . || exit 1
echo 2,1 >x.csv
echo 7,9 >hidden.csv
echo 4,4 >u.csv

# values PATH: of the record, without spaces.
values() {
    jq -c "$1" "$T/out"
}

# ---- Only what is needed ----

run onnx-run --output-name=scores parts.onnx x.csv
clean 'an unknown operator behind, a string and an input beside'
is 'its values' "$(values .outputs[0].values)" '[7,6]'
run onnx-run --output-name=scores -i u=u.csv parts.onnx x.csv
clean 'what is fed and not needed is not read'
is 'and changes nothing' "$(values .outputs[0].values)" '[7,6]'
run onnx-run -i u=u.csv parts.onnx x.csv
refused 'all outputs are needed without --output-name' 3 "'tail' (Frobnicate, opset 13)"
run onnx-run --output-name=scores -i nowhere=u.csv parts.onnx x.csv
refused 'a name that is nowhere' 2 "no input named 'nowhere'"
run onnx-run --output-name=scores -i hidden=hidden.csv parts.onnx
clean 'an inner tensor is fed, x is not asked for'
is 'what follows from it' "$(values .outputs[0].values)" '[8,10]'
is 'the input is that tensor' "$(values .input)" '{"name":"hidden","shape":[1,2]}'
run ggig --method=grad -t 1 -i w=hidden.csv parts.onnx x.csv
clean 'a weight is fed'
is 'the gradient by x is what was fed' "$(values .attribution.values)" '[0,9]'

run onnx-run --list parts.onnx
clean 'a list of it'
is 'what is not supported' "$(jq -r 'select(.supported | not) | .tensor' "$T/out")" tail
is 'what can be differentiated by' "$(jq -r 'select(.differentiable) | .tensor' "$T/out" | tr '\n' ' ')" \
    'x hidden scores '

# ---- Labels first ----

run ggig --method=grad -t 0 parts.onnx x.csv
clean 'the label is chosen from the scores'
is 'which are explained' "$(values '[.target.output, .target.instead_of]')" '["scores","label"]'
is 'by their gradient' "$(values .attribution.values)" '[3,0]'
run ggig --method=grad --output-name=label parts.onnx x.csv
refused 'a label has no gradient' 2 "'label' does not hold real numbers"

end

#!/bin/sh
# onnx-perturb.t - noise on weights, and redrawn weights.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy"
logits() {
    onnx-run --rows=0:1 "$1" digits8.npy | jq -c '.outputs[0].values'
}

run onnx-perturb --list digits8.onnx
is '--list: layers from the output down' "$status $(cut -f 1,3 "$T/out" | head -n 2 | tr '\t\n' '  ')" '0 1 Gemm 2 Gemm '
layers=$(wc -l <"$T/out")
top=$(head -n 1 "$T/out" | cut -f 2)

run onnx-perturb --noise=1e-9 -o same.onnx digits8.onnx
is 'noise of 1e-9 per cent changes no logits' "$status $(logits same.onnx)" "0 $(logits digits8.onnx)"
run onnx-perturb --noise=50 -o noisy.onnx digits8.onnx
is 'noise: status and silence' "$status $(cat "$T/out" "$T/err")" '0 '
ok 'noise changes the output' test "$(logits noisy.onnx)" != "$(logits digits8.onnx)"
onnx-perturb --noise=50 - <digits8.onnx >again.onnx
ok 'the same bytes again, by pipes' cmp noisy.onnx again.onnx
onnx-perturb -s 1 --noise=50 -o other.onnx digits8.onnx
ok 'another seed, other noise' test "$(logits noisy.onnx)" != "$(logits other.onnx)"

onnx-perturb --randomize=cascade:1 -o one.onnx digits8.onnx
onnx-perturb --randomize="layer:$top" -o top.onnx digits8.onnx
ok 'a cascade of one is the layer at the top' cmp one.onnx top.onnx
onnx-perturb --randomize="cascade:$layers" -o all.onnx digits8.onnx
ok 'a cascade of all layers differs from one of the top layer' test "$(logits all.onnx)" != "$(logits one.onnx)"
is '--randomize keeps the names of tensors' "$(onnx-run --list all.onnx | jq -c .tensor | cksum)" "$(onnx-run --list digits8.onnx | jq -c .tensor | cksum)"

# Prints the deviation of the noise, in per cent of that of the weights, from the mean of many
# products.
run ggig --method=grad --rows=0:1 noisy.onnx digits8.npy
is 'the perturbed file is a model' "$status" 0

run onnx-perturb digits8.onnx -o x.onnx
refused 'nothing asked for' 2 'one of --noise and --randomize'
run onnx-perturb --noise=1 --randomize=cascade:1 -o x.onnx digits8.onnx
refused 'both asked for' 2 'one of --noise and --randomize'
run onnx-perturb --randomize=cascade:0 -o x.onnx digits8.onnx
refused 'no layers' 2 'cascade:N'
run onnx-perturb --randomize="cascade:$((layers + 1))" -o x.onnx digits8.onnx
refused 'more layers than there are' 2 "cascade:$((layers + 1)): the model has $layers layers with weights"
run onnx-perturb --randomize=layer:nowhere -o x.onnx digits8.onnx
is 'a layer that does not exist: status' "$status" 2
run onnx-perturb --noise=-1 -o x.onnx digits8.onnx
refused 'negative noise' 2 'number from 0'
ok 'a refused command writes no file' test ! -e x.onnx
end

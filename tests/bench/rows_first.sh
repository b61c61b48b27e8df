# shellcheck shell=sh
# rows_first.sh - higher derivatives, first results, and the start of tools. Figures without a peer
# have a target in seconds.
for threads in $THREADS; do
    row "64 Hessians of mlp100, threads $threads" 0.34 \
        "$TIMERS/bench_deriv $MODELS/mlp100.onnx 2 64 $threads" \
        "torch $MODELS/mlp100.onnx 64 $threads hessian 100"
    row "64 Hessians of mlp100 from the file on, threads $threads" 0.34 \
        "$TIMERS/bench_deriv $MODELS/mlp100.onnx 2 64 $threads first" \
        "torch $MODELS/mlp100.onnx 64 $threads hessian 100"
    row "one Hessian of mlp100, threads $threads" 0.34 \
        "$TIMERS/bench_deriv $MODELS/mlp100.onnx 2 1 $threads" \
        "torch $MODELS/mlp100.onnx 1 $threads hessian 100"
    row "third order of mlp20, threads $threads" 0.2 \
        "$TIMERS/bench_deriv $MODELS/mlp20.onnx 3 1 $threads" \
        "torch $MODELS/mlp20.onnx 1 $threads third 20"
done
row 'third order of mlp20 from the file on' 0.02 "$TIMERS/bench_deriv $MODELS/mlp20.onnx 3 1 2 first" ''
row 'chain of 10000 nodes, two derivatives from the file on' 1 \
    "$TIMERS/bench_deriv $MODELS/chain10000.onnx 2 1 2 first" ''

for tool in "$TOOLS"/*; do
    row "start of $(basename "$tool")" 0.01 "$WHOLE $tool --version" ''
done
DIGITS="tests/data/digits8.onnx tests/data/digits8.npy"
row 'digits8, onnx-run of 20 pictures' 0.01 "$WHOLE $TOOLS/onnx-run $DIGITS" ''
row 'digits8, ggig to a picture' 0.06 \
    "$WHOLE $TOOLS/ggig --method=grad -f png -o $T/digit.png $DIGITS" ''
row 'resnet50, first answer as a process' 0.15 \
    "$WHOLE $TOOLS/onnx-run -j2 $MODELS/resnet50.onnx $MODELS/resnet50.npy" ''
row 'vgg16 (550 MB), ready as a process' 0.3 "$WHOLE $TOOLS/onnx-run --list $MODELS/vgg16.onnx" ''
row 'encoder (340 MB), first answer as a process' 1 \
    "$WHOLE $TOOLS/onnx-run -j2 $MODELS/encoder.onnx $MODELS/encoder.npy" ''
row 'encoder (340 MB), gradient as a process' 2 \
    "$WHOLE $TOOLS/ggig -j2 --method=grad $MODELS/encoder.onnx $MODELS/encoder.npy" ''

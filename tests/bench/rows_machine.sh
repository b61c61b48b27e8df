# shellcheck shell=sh
# rows_machine.sh - speed beside other processes, and memory beside the size of weights.
RUN="$TOOLS/onnx-run -j2 $MODELS/resnet18.onnx $MODELS/resnet18.npy"
# Two other processes leave half of two processors.
row 'beside two busy neighbours: a sample more of resnet18' 1.3 \
    "$WHOLE -b 2 -n 20 $RUN" "run $WHOLE -d 0.5 -n 20 $RUN"
row 'beside two busy neighbours: 64 Hessians of mlp100, as a process' 1.3 \
    "$WHOLE -b 2 $TOOLS/xderiv -j2 --order=2 $MODELS/mlp100.onnx $MODELS/mlp100.npy" \
    "run $WHOLE -d 0.5 $TOOLS/xderiv -j2 --order=2 $MODELS/mlp100.onnx $MODELS/mlp100.npy"

# against_weights NAME TARGET COMMAND FILE...: compares the largest memory with the size of the
# files.
against_weights() {
    name=$1 target=$2 command=$3
    shift 3
    row "$name against its weights" - "$WHOLE $command" "run sh tests/bench/weights.sh $*" "$target"
}
for net in resnet50 vgg16; do
    against_weights "forward $net" 1.3 "$TOOLS/onnx-run -j2 $MODELS/$net.onnx $MODELS/$net.npy" \
        "$MODELS/$net.onnx"
    against_weights "gradient of $net" 1.6 \
        "$TOOLS/ggig -j2 --method=grad $MODELS/$net.onnx $MODELS/$net.npy" "$MODELS/$net.onnx"
done
LANGUAGE="$MODELS/language.onnx $MODELS/language.npy"
against_weights 'forward language (1.6 GB)' 1.3 "$TOOLS/onnx-run -j2 $LANGUAGE" "$MODELS/language.data"
against_weights 'gradient of language (1.6 GB)' 1.6 "$TOOLS/ggig -j2 --method=grad --wrt=auto $LANGUAGE" \
    "$MODELS/language.data"

# shellcheck shell=sh
# rows_games.sh - masks of a photograph beside as many forward passes; interactions beside shapiq.
row '1000 masks of resnet18 in 49 patches, a mask, threads 2' 0.667 \
    "$WHOLE -d 1000 $TOOLS/ggig -j2 --method=rise --samples=1000 --players=patches:32x32 -f json $MODELS/resnet18.onnx $MODELS/resnet18.npy" \
    "ort $MODELS/resnet18.onnx 1 2 3,224,224"

# interactions NAME WHAT NETWORK OPTION...: measures whole processes, ours and the peer's.
interactions() {
    name=$1 what=$2 net=$3
    shift 3
    row "$name, as a process, threads 2" 0.02 \
        "$WHOLE $TOOLS/shapley-int -j2 --index=sii $* $MODELS/$net.onnx $MODELS/$net.npy" \
        "shapiq_once $MODELS/$net.onnx $MODELS/$net.npy 2 $what"
}
interactions 'interactions of 12 players, exact' exact mlp12
interactions 'interactions of 30 players, kernel, budget 2048' 'KernelSHAPIQ 2048' mlp30 \
    --sampling=kernel --budget=2048
interactions 'interactions of 30 players, strata, budget 2048' 'SVARMIQ 2048' mlp30 \
    --sampling=svarmiq --budget=2048

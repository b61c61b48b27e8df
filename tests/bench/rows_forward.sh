# shellcheck shell=sh
# rows_forward.sh - forward passes beside ONNX Runtime, in one process, and the cost of one more
# sample.

# shape NETWORK: prints the shape of one sample.
shape() {
    case $1 in
    encoder) echo 128,768 ;;
    detector) echo 3,256,256 ;;
    *) echo 3,224,224 ;;
    esac
}

NETWORKS='resnet18 resnet50 mobilenet_v2 vgg16 encoder detector'
THREADS='1 2'
for net in $NETWORKS; do
    for threads in $THREADS; do
        for batch in 1 8; do
            row "forward $net, batch $batch, threads $threads" 1 \
                "$TIMERS/bench_run $MODELS/$net.onnx $batch $threads forward 0" \
                "ort $MODELS/$net.onnx $batch $threads $(shape $net)"
        done
        row "onnx-run $net, one sample more, threads $threads" 1.1 \
            "$WHOLE -n 20 $TOOLS/onnx-run -j$threads $MODELS/$net.onnx $MODELS/$net.npy" \
            "ort $MODELS/$net.onnx 1 $threads $(shape $net)"
    done
done

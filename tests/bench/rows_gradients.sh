# shellcheck shell=sh
# rows_gradients.sh - gradients and methods of gradients, beside PyTorch and Captum.
for net in $NETWORKS; do
    for threads in $THREADS; do
        for batch in 1 8; do
            row "gradient of $net, batch $batch, threads $threads" 0.4 \
                "$TIMERS/bench_run $MODELS/$net.onnx $batch $threads grad 0" \
                "torch $MODELS/$net.onnx $batch $threads grad $(shape $net)"
        done
    done
    row "ggig grad of $net, one sample more, threads 2" 0.4 \
        "$WHOLE -n 10 $TOOLS/ggig -j2 --method=grad -f json $MODELS/$net.onnx $MODELS/$net.npy" \
        "torch $MODELS/$net.onnx 1 2 grad $(shape $net)"
done
row 'Hessian times vector of encoder, threads 2' 0.5 \
    "$TIMERS/bench_run $MODELS/encoder.onnx 1 2 hvp 0" \
    "torch $MODELS/encoder.onnx 1 2 hvp 128,768"

# attribution METHOD TARGET OPTION...: compares the seconds of the second of two samples, as each
# program reports them. These do not include the pass that chooses the target. So gxi and gradcam,
# whose gradients come from that pass, are measured as the time of a whole further sample.
attribution() {
    method=$1 target=$2
    shift 2
    row "attr-decompose $method of resnet18, threads 2" "$target" \
        "sh tests/bench/said.sh $TOOLS/attr-decompose -j2 --methods=$method --alloc=none $* $MODELS/resnet18.onnx $MODELS/resnet18.npy $MODELS/resnet18.npy" \
        "captum $MODELS/resnet18.onnx $MODELS/resnet18.npy 2 $method"
}
further_attribution() {
    row "attr-decompose $1 of resnet18, one sample more, threads 2" 0.5 \
        "$WHOLE -n 10 $TOOLS/attr-decompose -j2 --methods=$1 --alloc=none --players=$2 -f json $MODELS/resnet18.onnx $MODELS/resnet18.npy" \
        "captum $MODELS/resnet18.onnx $MODELS/resnet18.npy 2 $1"
}
further_attribution gxi elements
further_attribution gradcam patches:32x32
attribution ig 0.5 --players=elements --ig-rule=gauss:32
attribution lrp-eps 0.5 --players=elements --lrp-eps=abs:1e-9
attribution deeplift-rescale 0.5 --players=elements

row 'one shot: 50 steps of ig of resnet18 to a picture, threads 2' 0.25 \
    "$WHOLE $TOOLS/ggig -j2 --method=ig --steps=50 --times-input -f png -o $T/map.png $MODELS/resnet18.onnx $MODELS/resnet18.npy" \
    "oneshot $MODELS/resnet18.onnx $MODELS/resnet18.npy $T/peer.png 2" 0.25

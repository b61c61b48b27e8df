#!/bin/sh
# Times the tools beside what people would run in their place, alternating the two in one run, and
# prints a table of medians and ratios. usage: bench.sh BUILD [THREADS [REPETITIONS]]
#
# MODELS  a directory with resnet18.onnx, resnet50.onnx, mobilenet_v2.onnx and photo.png, and with
#         mlp100.onnx and mlp20.onnx
# PEERS   the directory of the peers' scripts: oneshot_ig.py, bench_torch.py, bench_ort.js; their
#         Python modules are found by PYTHONPATH, onnxruntime-node by NODE_PATH
# What is not there is left out of the table.
BUILD=$1 THREADS=${2:-2} REPETITIONS=${3:-5}
MODELS=${MODELS:-/tmp/sextant-models} PEERS=${PEERS:-../shared/bench}
PYTHON=${PYTHON:-/usr/bin/python3}
export OMP_NUM_THREADS="$THREADS"
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT

median() {
    sort -g "$1" | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)]; else print "-" }'
}

# pair NAME UNIT TARGET: the medians of $T/ours and $T/theirs, and their ratio
pair() {
    awk -v name="$1" -v unit="$2" -v target="$3" -v ours="$(median "$T/ours")" \
        -v theirs="$(median "$T/theirs")" 'BEGIN {
        printf "%-44s %9.4g %9s %-3s", name, ours, theirs, unit
        if (theirs != "-") printf "  %5.2f (at most %s)", ours / theirs, target
        else printf "  (at most %s)", target
        print "" }'
    : > "$T/ours"
    : > "$T/theirs"
}

# whole FILE COMMAND...: wall seconds to FILE, peak megabytes to FILE.mb
whole() {
    file=$1
    shift
    /usr/bin/time -o "$T/time" -f '%e %M' "$@" > "$T/out" 2>&1 || { tail -1 "$T/out" >&2; return; }
    awk '{ print $1 }' "$T/time" >> "$file"
    awk '{ print $2 / 1024 }' "$T/time" >> "$file.mb"
}

# field NAME: a number of the JSON line on stdin
field() {
    sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p"
}

repeat() {
    i=0
    while [ $i -lt "$REPETITIONS" ]; do
        "$@"
        i=$((i + 1))
    done
}

one_shot() {
    whole "$T/ours" "$BUILD/bin/ggig" -j "$THREADS" --method=ig --steps=50 --times-input \
        --resize=224x224 --mean=.485,.456,.406 --std=.229,.224,.225 -f png -o "$T/map.png" \
        "$MODELS/resnet18.onnx" "$MODELS/photo.png"
    whole "$T/theirs" "$PYTHON" "$PEERS/oneshot_ig.py" --loader onnx2torch --engine captum \
        --model "$MODELS/resnet18.onnx" --image "$MODELS/photo.png" --out "$T/peer.png" \
        --threads "$THREADS"
}

forward() {
    "$BUILD/tests/bench_run" "$MODELS/$1.onnx" "$2" "$THREADS" forward | field best >> "$T/ours"
    node "$PEERS/bench_ort.js" --model "$MODELS/$1.onnx" --batch "$2" --threads "$THREADS" \
        2> "$T/out" | field best >> "$T/theirs"
}

gradient() {
    "$BUILD/tests/bench_run" "$MODELS/$1.onnx" "$2" "$THREADS" grad 3 | field best >> "$T/ours"
    "$PYTHON" "$PEERS/bench_torch.py" --models "$MODELS" --threads "$THREADS" --net "$1" \
        --what grad --batch "$2" --reps 3 2> "$T/out" | field best >> "$T/theirs"
}

# derivative NET ORDER ROWS WHAT: whole tensors; of the peer the fastest way for so many rows
derivative() {
    "$BUILD/tests/bench_deriv" "$MODELS/$1.onnx" "$2" "$3" "$THREADS" | field best >> "$T/ours"
    "$PYTHON" "$PEERS/bench_torch.py" --models "$MODELS" --threads "$THREADS" --what "$4" \
        --reps 3 2> "$T/out" | grep "\"batch\": $3," | field best | sort -g | head -n 1 >> "$T/theirs"
}

# interactions WHAT OPTIONS...: the seconds within the process to $T/ours and $T/theirs, those of the
# whole to $T/whole.ours and $T/whole.theirs
interactions() {
    what=$1 n=30
    shift
    [ "$what" = exact ] && n=12
    awk -v n=$n 'BEGIN { for (i = 0; i < n; i++)
        printf "%s%.2f", i ? "," : "", (7 * i + 3) % 10 / 10 + 0.05; print "" }' > "$T/x.csv"
    whole "$T/whole.ours" "$BUILD/bin/shapley-int" -j "$THREADS" --index=sii --timing "$@" \
        "$MODELS/mlp$n.onnx" "$T/x.csv"
    field seconds < "$T/out" >> "$T/ours"
    whole "$T/whole.theirs" "$PYTHON" tests/bench/peer_shapiq.py "$MODELS" "$PEERS" "$what" \
        "$THREADS" 2048
    field seconds < "$T/out" >> "$T/theirs"
}

# compare_interactions NAME WHAT OPTIONS...
compare_interactions() {
    name=$1
    shift
    : > "$T/whole.ours"
    : > "$T/whole.theirs"
    repeat interactions "$@"
    pair "$name, in process" s 0.05
    cp "$T/whole.ours" "$T/ours"
    cp "$T/whole.theirs" "$T/theirs"
    pair '  whole process' s 0.02
}

# attribution METHOD OPTIONS...: seconds that the method takes, of the second of two pictures
attribution() {
    method=$1
    shift
    "$BUILD/bin/attr-decompose" -j "$THREADS" --methods="$method" --alloc=none --timing \
        --resize=224x224 --scale=1/255 "$@" -f json \
        "$MODELS/resnet18.onnx" "$MODELS/photo.png" "$MODELS/photo.png" |
        tail -n 1 | sed 's/.*"methods"//; s/"agreement".*//' | field seconds >> "$T/ours"
    "$PYTHON" tests/bench/peer_captum.py "$MODELS/resnet18.onnx" "$MODELS/photo.png" \
        "$THREADS" "$method" 2> "$T/out" | field best >> "$T/theirs"
}

small() {
    whole "$T/ours" "$@"
}

: > "$T/ours"
: > "$T/theirs"
printf '%-44s %9s %9s\n' "$THREADS threads, median of $REPETITIONS" ours theirs
if [ -f "$MODELS/resnet18.onnx" ]; then
    repeat one_shot
    cp "$T/ours.mb" "$T/mb"
    touch "$T/theirs.mb"
    pair 'picture to overlay, IG-50, ResNet-18' s 0.45
    cp "$T/mb" "$T/ours"
    cp "$T/theirs.mb" "$T/theirs"
    pair '  its peak memory' MB 0.33
    for net in resnet18 resnet50 mobilenet_v2; do
        for batch in 1 8; do
            repeat forward $net $batch
            pair "forward, $net, batch $batch" s 1.3
        done
    done
    repeat gradient resnet50 8
    pair 'forward + input gradient, resnet50, batch 8' s 0.7
    for method in gxi deeplift-rescale; do
        repeat attribution $method --players=elements
        pair "attribution of ResNet-18, $method" s 0.7
    done
    repeat attribution ig --players=elements --ig-rule=gauss:32
    pair 'attribution of ResNet-18, ig, 32 points' s 0.7
    repeat attribution lrp-eps --players=elements --lrp-eps=abs:1e-9
    pair 'attribution of ResNet-18, lrp-eps' s 0.7
    repeat attribution gradcam --players=patches:32x32
    pair 'attribution of ResNet-18, gradcam' s 0.7
else
    echo "no models in $MODELS"
fi
if [ -f "$MODELS/mlp100.onnx" ]; then
    repeat derivative mlp100 2 1 hessian
    pair 'Hessian of 100-256-256-1, 1 row' s 0.33
    repeat derivative mlp100 2 64 hessian
    pair 'Hessian of 100-256-256-1, 64 rows' s 0.33
    repeat derivative mlp20 3 1 third
    pair 'third-order tensor of 20-64-64-1' s 0.2
fi
if [ -f "$MODELS/mlp30.pt" ] && "$PYTHON" -c 'import shapiq' 2> "$T/out"; then
    compare_interactions 'Shapley interaction, 12 players, exact' exact
    compare_interactions '  30 players, KernelSHAP-IQ, budget 2048' KernelSHAPIQ \
        --sampling=kernel --budget=2048
    compare_interactions '  30 players, SVARM-IQ, budget 2048' SVARMIQ \
        --sampling=svarmiq --budget=2048
else
    echo "no mlp12 and mlp30 in $MODELS, or no shapiq"
fi
repeat small "$BUILD/bin/onnx-run" --version
pair 'onnx-run --version' s '0.010 s'
repeat small "$BUILD/bin/onnx-run" tests/data/mnist8.onnx tests/data/mnist8.npy
pair 'MNIST model of 26 KB, end to end' s '0.040 s'

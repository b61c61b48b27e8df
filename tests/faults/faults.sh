#!/bin/sh
# faults.sh PRELOAD [EVERY [WHICH]] - for each command below, the n-th call of each kind fails, for
# n = 1, 2, ... up to the last. The tool must end with a failure status, one line on stderr and no
# incomplete file, or with the bytes of a run without a fault. A record of an error must be
# complete. Only every EVERY-th n is tried. WHICH chooses commands, as grep does.
set -u
PATH=$(pwd)/$BUILD/bin:$PATH
preload=$(realpath "$1") every=${2:-1} which=${3:-.}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
data=$(pwd)/tests/data
cd "$T" || exit 1
export GOMP_SPINCOUNT=0
bad=0 tried=0
fit="-q -x $data/digits8.npy --layers=/6/Relu_output_0 --recipe=small --attributes=4 --psi-maps=4 --batch=10"
ggig -q -f json --method=ig --steps=3 --rows=0:1 "$data"/digits8.onnx "$data"/digits8.npy >records || exit 1
# shellcheck disable=SC2086 # words
flint-fit -j1 $fit --epochs=1 -o fitted.onnx "$data"/digits8.onnx >said || exit 1

say() {
    bad=$((bad + 1))
    echo "$kind $n${FAULT_FOR_GOOD:+ for good}: $1: $command"
}

# Whether the picture behind a map, which could not be opened, is missing with a warning.
left_out() {
    grep -q 'warning: without the picture' said
}

# Runs the command with the fault. The output file is out.
try() {
    rm -f out said
    # shellcheck disable=SC2086 # words
    timeout 20 env FAULT="$kind:$n" LD_PRELOAD="$preload" $command <records >/dev/null 2>said
    status=$?
    tried=$((tried + 1))
    lines=$(grep -vc ': warning: ' said)
    case $status in
    0) cmp -s out right || left_out || say 'status 0 with other bytes' ;;
    [1-6])
        [ "$lines" -ge 1 ] || say "status $status without a line"
        [ ! -e out ] || cmp -s out right || grep -q '^{"tool":.*"error":{"status":.*}}$' out ||
            say "status $status and a file that is not whole"
        ;;
    *) say "status $status" ;;
    esac
    left=$(find . -name '.sextant*')
    [ -z "$left" ] || { say "left behind $left"; rm -f .sextant*; }
}

while IFS= read -r command; do
    echo "$command" | grep -q -e "$which" || continue
    # shellcheck disable=SC2086 # words
    $command <records >/dev/null 2>said || { echo "does not run: $command"; cat said; exit 1; }
    mv out right
    for kind in malloc read write open fsync rename link mmap; do
        # shellcheck disable=SC2086 # words
        env FAULT=$kind:0 FAULT_COUNT="$T/count" LD_PRELOAD="$preload" $command <records >/dev/null 2>&1
        count=$(cat count 2>/dev/null || echo 0)
        for FAULT_FOR_GOOD in '' 1; do
            [ -n "$FAULT_FOR_GOOD" ] && export FAULT_FOR_GOOD || unset FAULT_FOR_GOOD
            n=1
            while [ "$n" -le "$count" ]; do
                try
                n=$((n + every))
            done
        done
        unset FAULT_FOR_GOOD
    done
    echo "$tried faults so far, $bad bad: $command"
done <<END
onnx-run -j1 -f json --rows=0:2 -o out $data/digits8.onnx $data/digits8.npy
onnx-run -j1 -f npy --rows=0:2 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f json --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f text --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f csv --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f tsv --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f npy --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f png --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f svg --method=ig --steps=3 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
ggig -j1 -f json --method=gradcam,rise,lime,occlusion --samples=20 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
attr-plot -f html -o out
attr-plot -f pdf -o out
xderiv -j1 -f svg --rows=0:3 -o out $data/diabetes.onnx $data/diabetes.csv
xderiv -j1 -f csv --rows=0:3 -o out $data/diabetes.onnx $data/diabetes.csv
shapley-int -j1 -f json --index=sii --rows=0:1 -o out $data/diabetes.onnx $data/diabetes.csv
shapley-int -j1 -f npy --index=sii --rows=0:1 -o out $data/diabetes.onnx $data/diabetes.csv
attr-decompose -j1 -f json --methods=gxi,shapley,lrp-eps --rows=0:1 -o out $data/diabetes.onnx $data/diabetes.csv
taylorcam -j1 -f json --smooth=softplus:5 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
attr-score -j1 -f json --map=- --steps=4 --rows=0:1 -o out $data/digits8.onnx $data/digits8.npy
attr-score -f json --compare=records -o out
onnx-perturb --noise=10 -o out $data/diabetes.onnx
onnx-grad -o out $data/diabetes.onnx
flint-fit -j1 $fit --epochs=1 -o out $data/digits8.onnx
flint-explain -j1 -f json -o out fitted.onnx $data/digits8.npy
flint-global -j1 -f json -o out fitted.onnx $data/digits8.npy
flint-visualize -j1 -f json --rounds=1 --steps=2 -o out fitted.onnx $data/digits8.npy
END
[ "$bad" -eq 0 ]

# shellcheck shell=sh disable=SC2154 # status, by run
# flint.sh - begins tests of FLINT, after tap.sh: makes a directory with the digits, their classes,
# and a.onnx, a short fit whose record is in $T/out.

mkdir "$T/work" && cd "$T/work" || exit 1
cp "$DATA/digits8.onnx" "$DATA/digits8.npy" .
onnx-run --top=1 digits8.onnx digits8.npy | jq '.top[0].index' >classes

# fit OUT OPTION...: makes a short fit of the digits.
fit() {
    out=$1
    shift
    run flint-fit digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
        --epochs=4 -q "$@" -o "$out"
}
png() {
    is "$1: is a picture" "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a
}

fit a.onnx -y classes

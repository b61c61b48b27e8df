#!/bin/sh
# fuzz.sh FUZZERS BUILD SECONDS NAME... - runs each fuzzing target on its kept inputs
# (tests/data/fuzz.tgz), on some valid files, and on inputs that libFuzzer makes from them. FUZZERS
# is the directory of targets built for libFuzzer, BUILD that of the tools.
set -eu
fuzzers=$1 build=$2 seconds=$3
shift 3
corpus=$fuzzers/corpus
mkdir -p "$corpus/model" "$corpus/fit" "$corpus/input" "$corpus/record" "$corpus/option" "$corpus/graph"
tar xzf tests/data/fuzz.tgz -C "$corpus"
# One thread, no spinning, and a small quarantine of freed memory, so that time is spent on the
# target.
ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1:quarantine_size_mb=16:malloc_context_size=8
OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1
export ASAN_OPTIONS OMP_NUM_THREADS OMP_THREAD_LIMIT

# seed TARGET DECISIONS FILE...: writes decisions, followed by each file.
seed() {
    target=$1 decisions=$2
    shift 2
    for file; do
        # shellcheck disable=SC2059 # bytes
        { printf "$decisions"; cat "$file"; } >"$corpus/$target/seed-$(basename "$file")"
    done
}

"$build/tests/programs/models" "$corpus/model" >/dev/null
find "$corpus/model" -type f -size +20k -exec rm {} +
seed input '\0\1\60\0\1\0\0\0' tests/data/picture* tests/data/two.npz
for file in diabetes.csv digits8.npy; do
    head -c 3000 "tests/data/$file" >"$corpus/$file"
    seed input '\0\1\60\0\1\0\0\0' "$corpus/$file"
done
# The most bytes of an input of a target. Longer inputs take more time and try nothing new.
most() {
    case $1 in
    graph) echo 400 ;;
    option) echo 1000 ;;
    record | input) echo 4000 ;;
    model) echo 20000 ;;
    *) echo 60000 ;;
    esac
}
if [ ! -e "$corpus/fit/seed-fitted.onnx" ]; then
    "$build/bin/flint-fit" -q tests/data/digits8.onnx --layers=/6/Relu_output_0 --recipe=small --attributes=4 \
        --psi-maps=4 --batch=10 --epochs=1 -x tests/data/digits8.npy --checkpoint="$corpus/fit.ckpt" \
        -o "$corpus/fitted.onnx" >/dev/null
    seed fit '\0' "$corpus/fitted.onnx"
    seed fit '\1' "$corpus/fit.ckpt"
fi

failed=0
for name; do
    echo "$name:"
    "$fuzzers/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len="$(most "$name")" -timeout=20 -rss_limit_mb=3000 \
        -artifact_prefix="$corpus/crash-$name-" -print_final_stats=1 "$corpus/$name" >"$corpus/$name.log" 2>&1 ||
        failed=1
    grep -E 'ERROR|does not hold|runtime error|number_of_executed_units|SUMMARY' "$corpus/$name.log" || true
done
exit $failed

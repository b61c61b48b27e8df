#!/bin/sh
# sandbox.t - --sandbox: what it refuses, and that tools work with it.
. tests/tap.sh

work "$DATA"/*
mkdir out

run onnx-run --sandbox -f json digits8.onnx digits8.npy
if grep -q 'which this build lacks' "$T/err"; then
    refused 'a build without it' 2 'sandbox needs libseccomp'
    end
fi
if [ "$status" -eq 1 ] && grep -q 'this kernel has no' "$T/err"; then
    skip 'a kernel without Landlock or seccomp'
    end
fi
sanitized=$(nm "$BUILD/bin/onnx-run" 2>/dev/null | grep -c __asan_init)
# The sanitizer looks for leaks in a separate process.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

# ---- What is refused ----

# kept: the files of before are unchanged, and there are no others.
kept() {
    is "$1: nothing is changed" "$(ls -A "$T/safe") $(cat "$T/safe/old")" "of
old kept"
}
mkdir "$T/safe" "$T/safe/of"
echo kept >"$T/safe/old"
tries() {
    run env LD_PRELOAD="$T/tries.so" TRY_AT=digits8.onnx TRY_IN="$T/safe" "$@"
}
if [ "$sanitized" -gt 0 ]; then
    skip 'what is refused: the sanitizer does not want to be loaded second'
else
    ${CC:-cc} -shared -fPIC -o "$T/tries.so" "$TOP/tests/faults/tries.c" -ldl -lpthread || exit 1
    for output in '' '-o out/x.json' '-o out/' '-o out/{id}/{index}.json' '-o x.json'; do
        # shellcheck disable=SC2086 # an option and its value
        tries onnx-run -j2 --sandbox -f json $output digits8.onnx digits8.npy
        is "$output: the tool goes on" "$status" 0
        is "$output: operations that succeed" "$(sed -n 's/: done$//p' "$T/err" | tr '\n' ' ')" 'a thread reading '
        is "$output: every operation was tried" "$(grep -c ': ' "$T/err")" "$(grep -c '^ *say("' "$TOP/tests/faults/tries.c")"
        kept "$output"
    done
    tries onnx-run --sandbox -f json digits8.onnx digits8.npy
    is 'refused operations return errors' "$(sed 's/.*: //' "$T/err" | sort -u | tr '\n' '|')" \
        'Function not implemented|Operation not permitted|done|'
    tries onnx-run -f json digits8.onnx digits8.npy
    is 'without --sandbox most operations succeed' "$(grep -c ': done$' "$T/err" | awk '{ print ($1 > 12) }')" 1

    # ---- Older kernels ----

    rm -rf "$T/safe"
    mkdir -p "$T/safe/of"
    echo kept >"$T/safe/old"
    ${CC:-cc} -shared -fPIC -o "$T/landlock.so" "$TOP/tests/faults/landlock.c" -ldl || exit 1
    # of VERSION COMMAND...: runs it with Landlock of this version, and with the attempts.
    of() {
        version=$1
        shift
        run env LANDLOCK="$version" LD_PRELOAD="$T/tries.so:$T/landlock.so" TRY_AT=digits8.onnx TRY_IN="$T/safe" "$@"
    }
    onnx-run -f json digits8.onnx digits8.npy >want
    for version in 0 1 2 3 4 5; do
        of $version onnx-run --sandbox -f json digits8.onnx digits8.npy
        is "version $version: the tool goes on" "$status $(cmp "$T/out" want)" '0 '
        is "version $version: operations that succeed" "$(sed -n 's/: done$//p' "$T/err" | tr '\n' ' ')" 'a thread reading '
        kept "version $version"
        [ $version -gt 0 ] || continue
        of $version onnx-run --sandbox -f json -o out/x.json digits8.onnx digits8.npy
        is "version $version: -o" "$status $(cmp out/x.json want)" '0 '
        is "version $version -o: operations that succeed" "$(sed -n 's/: done$//p' "$T/err" | tr '\n' ' ')" 'a thread reading '
        kept "version $version, -o"
    done
    old() {
        run env LANDLOCK=0 LD_PRELOAD="$T/landlock.so" "$@"
    }

    # ---- Kernels that refuse ----

    # without CALL COMMAND...: where the kernel refuses that call.
    without() {
        call=$1
        shift
        run env LANDLOCK=9 REFUSES="$call" LD_PRELOAD="$T/landlock.so" "$@"
    }
    rm -rf out/*
    for call in landlock_create_ruleset landlock_restrict_self prctl; do
        without $call onnx-run --sandbox -f json digits8.onnx digits8.npy
        is "no $call" "$status $(cat "$T/out" "$T/err")" '1 onnx-run: --sandbox: Landlock: Operation not permitted'
    done
    for output in out/x.json 'out/{index}.json' /dev/null; do
        without landlock_restrict_self onnx-run --sandbox -f json -o "$output" digits8.onnx digits8.npy
        is "no restrict_self, -o $output" "$status $(cat "$T/err")" \
            '1 onnx-run: --sandbox: Landlock: Operation not permitted'
    done
    without landlock_add_rule onnx-run --sandbox -f json digits8.onnx digits8.npy
    is 'no add_rule, to standard output' "$status $(cmp "$T/out" want)" '0 '
    without landlock_add_rule onnx-run --sandbox -f json -o out/x.json digits8.onnx digits8.npy
    is 'no add_rule, -o' "$status $(cat "$T/err")" '1 onnx-run: --sandbox: out/: Operation not permitted'
    without landlock_add_rule onnx-run --sandbox -f json -o 'out/{index}.json' digits8.onnx digits8.npy
    is 'no add_rule, -o PATTERN' "$status $(cat "$T/err")" '1 onnx-run: --sandbox: out/: Operation not permitted'
    for landlock in 0 9; do
        run env LANDLOCK=$landlock REFUSES=seccomp LD_PRELOAD="$T/landlock.so" \
            onnx-run --sandbox -f json digits8.onnx digits8.npy
        is "no seccomp, Landlock $landlock" "$status $(cat "$T/out" "$T/err")" \
            '1 onnx-run: --sandbox: this kernel has no seccomp filters'
    done
    is 'no seccomp: no file is written' "$(ls -A out)" ''
    rm -rf out/*
    for output in out/x.json out/ 'out/{id}/{index}.json' x.json; do
        old onnx-run --sandbox -f json -o "$output" digits8.onnx digits8.npy
        refused "no Landlock, -o $output" 1 'no Landlock, without which only standard output can be written'
    done
    old shapley-int --sandbox --save-game=out/game.npy --rows=0:1 diabetes.onnx diabetes.csv
    refused 'no Landlock, --save-game' 1 'no Landlock'
    is 'no Landlock: no file is written' "$(ls -A out)" ''
    old onnx-run --sandbox -f json -o - digits8.onnx digits8.npy
    is 'no Landlock, -o -' "$status $(cmp "$T/out" want)" '0 '
    for format in text csv npy; do
        ggig -q -f $format --method=grad --rows=0:2 digits8.onnx digits8.npy >want
        old ggig -q --sandbox -j2 -f $format --method=grad --rows=0:2 digits8.onnx digits8.npy
        is "no Landlock, -f $format" "$status $(cmp "$T/out" want)" '0 '
    done
    ! onnx-run -f svg digits8.onnx digits8.npy >want 2>/dev/null || {
        old onnx-run -q --sandbox -f svg digits8.onnx digits8.npy
        is 'no Landlock, a picture' "$status $(cmp "$T/out" want)" '0 '
    }
fi

# ---- Tools with --sandbox ----

rm -rf out/*
flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
    --epochs=1 -o fitted.onnx >/dev/null
ggig --method=ig --steps=4 --rows=0:2 digits8.onnx digits8.npy >maps.ndjson

# same FORMAT COMMAND...: the bytes equal those without --sandbox, also in the file of -o.
same() {
    format=$1
    shift
    run "$@" -q -f "$format"
    cp "$T/out" want
    run "$@" -q -f "$format" --sandbox -j2
    is "$1 -f $format: status, complaints" "$status $(grep -v ': warning: ' "$T/err")" '0 '
    ok "$1 -f $format: the same bytes" cmp "$T/out" want
    run "$@" -q -f "$format" --sandbox -j2 -o out/x
    is "$1 -f $format -o: status, complaints" "$status $(grep -v ': warning: ' "$T/err")" '0 '
    ok "$1 -f $format -o: the same bytes" cmp out/x want
    is "$1 -f $format -o: no other file" "$(ls -A out)" x
    rm -f out/x
}
draws=
onnx-run -f svg digits8.onnx digits8.npy >/dev/null 2>&1 && draws='png svg pdf'
for format in json text csv tsv npy $draws; do
    same "$format" ggig --method=ig --steps=4 --rows=0:2 digits8.onnx digits8.npy
done
for format in json $draws; do
    same "$format" taylorcam --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
    same "$format" shapley-int --players=patches:4x4 --index=sii --rows=0:1 digits8.onnx digits8.npy
    same "$format" xderiv --rows=0:2 diabetes.onnx diabetes.csv
    same "$format" attr-decompose --methods=gxi,occ1 --rows=0:1 diabetes.onnx diabetes.csv
    same "$format" onnx-run --rows=0:2 digits8.onnx digits8.npy
    same "$format" flint-explain --rows=0:1 fitted.onnx digits8.npy
    same "$format" flint-global fitted.onnx digits8.npy
done
same json attr-score --map=maps.ndjson --metric=insertion --rows=0:2 digits8.onnx digits8.npy
same json onnx-run --list squeezenet.onnx
same json onnx-run --top=2 --resize=227x227 squeezenet.onnx dog.png
for tool in 'onnx-grad' 'onnx-perturb --noise=10'; do
    # shellcheck disable=SC2086 # a command and its options
    run $tool -o want diabetes.onnx
    # shellcheck disable=SC2086
    run $tool --sandbox -o out/x diabetes.onnx
    is "$tool: status, complaints" "$status $(cat "$T/err")" '0 '
    ok "$tool: the same bytes" cmp out/x want
done
[ -z "$draws" ] || for format in $draws html; do
    attr-plot -q -f "$format" <maps.ndjson >want
    attr-plot -q -f "$format" --sandbox -o out/x <maps.ndjson 2>"$T/err"
    ok "attr-plot -f $format: the same bytes" cmp out/x want
    is "attr-plot -f $format: complaints" "$(cat "$T/err")" ''
done
fit() {
    flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
        --epochs=2 --checkpoint=out/fit.ckpt --log=out/log "$@"
}
run fit -o want
rm -f out/*
run fit --sandbox -o out/fit.onnx
is 'flint-fit: status, complaints' "$status $(cat "$T/err")" '0 '
ok 'flint-fit: the same bytes' cmp out/fit.onnx want
run fit --sandbox -o out/fit.onnx --resume
is 'flint-fit --resume' "$status $(cat "$T/err")" '0 '
ok 'flint-fit --resume: the same bytes' cmp out/fit.onnx want
run flint-visualize --sandbox -f json -o out/seen.json fitted.onnx digits8.npy
is 'flint-visualize: status' "$status" 0

# ---- Outputs ----

rm -rf out/*
run ggig -q --sandbox -f json --method=grad -o out/new/deep/ --rows=0:2 digits8.onnx digits8.npy
is 'a new directory: status, files' "$status $(ls out/new/deep | wc -l)" '0 2'
run ggig -q --sandbox -f json --method=grad -o 'out/{index}/{stem}.json' --rows=0:2 digits8.onnx digits8.npy
is 'a pattern: status, files' "$status $(echo out/?/digits8.json)" '0 out/0/digits8.json out/1/digits8.json'
run ggig -q --sandbox -f json --method=grad -o out/part --rows=0:1 digits8.onnx digits8.npy
run ggig -q --sandbox -f json --method=grad --resume -o out/part --rows=0:3 digits8.onnx digits8.npy
ggig -q -f json --method=grad --rows=0:3 digits8.onnx digits8.npy >want
is '--resume' "$status $(cmp out/part want)" '0 '
run shapley-int -q --sandbox -f json --players=patches:4x4 --index=sii --rows=0:1 --save-game=out/game.npy \
    digits8.onnx digits8.npy
is '--save-game' "$status $(ls out/game.npy)" '0 out/game.npy'
run onnx-run --sandbox -f json -o none/x.json digits8.onnx digits8.npy
refused 'a directory that is not there' 5 'none/x.json: No such file'
run onnx-run --sandbox -f json -o /dev/null digits8.onnx digits8.npy
is 'a device' "$status $(cat "$T/err")" '0 '
onnx-run --sandbox -f json digits8.onnx digits8.npy | head -n 0
run onnx-run --sandbox -f json digits8.onnx digits8.npy no.npy
is 'a failed sample: status' "$status" 1
run onnx-run --sandbox -f json no.onnx digits8.npy
refused 'no model' 3 'no.onnx'
end

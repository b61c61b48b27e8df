#!/bin/sh
# limits.t - --max-mem limits memory, -j1 threads, and a signal ends a run.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/squeezenet.onnx" "$DATA/dog.png" \
    "$DATA/diabetes.onnx" "$DATA/diabetes.csv"

# within WHAT MIB COMMAND...: it ends with status 6 and one line, or uses at most MIB + 32 MiB.
have_time() {
    [ -x /usr/bin/time ]
}
within() {
    what=$1 limit=$2
    shift 2
    if have_time; then
        run /usr/bin/time -q -f '%M' -o "$T/peak" "$@" "--max-mem=${limit}M"
    else
        run "$@" "--max-mem=${limit}M"
        echo 0 >"$T/peak"
    fi
    peak=$(tail -n 1 "$T/peak")
    if [ "$status" -eq 6 ]; then
        is "$what within $limit MB: one line about memory" "$(grep -cE 'memory|limit' "$T/err") $(wc -l <"$T/err")" '1 1'
    else
        is "$what within $limit MB: status" "$status" 0
    fi
    is "$what within $limit MB: $peak KiB were taken" $((peak <= (limit + 32) * 1024)) 1
}

sanitized=$(nm "$BUILD/bin/onnx-run" 2>/dev/null | grep -c __asan_init)
if [ "$sanitized" -gt 0 ]; then
    skip 'memory: the sanitizer has its own'
else
    for limit in 3 9 15 30 60; do
        within 'a network of convolutions' $limit ggig -q --method=grad squeezenet.onnx dog.png
    done
    for limit in 5 20 40; do
        within 'all coalitions' $limit shapley-int --exact --index=sv --order=1 \
            --players=patches:2x2 digits8.onnx digits8.npy --rows=0:1
        within 'a large budget' $limit shapley-int --budget=100000000 --index=sv --order=1 \
            --players=elements digits8.onnx digits8.npy --rows=0:1
        within 'many attributes' $limit flint-fit -q -o fit.onnx --attributes=2000000 --epochs=1 \
            --layers=/6/Relu_output_0 -x digits8.npy digits8.onnx
        within 'many maps' $limit flint-fit -q -o fit.onnx --psi-maps=900000 --epochs=1 \
            --layers=/6/Relu_output_0 -x digits8.npy digits8.onnx
        within 'many sets' $limit xderiv -q --order=5 --smooth=softplus:5 --top=1 --rows=0:1 \
            --players=patches:2x2 digits8.onnx digits8.npy
        within 'large batches' $limit ggig -q --method=smoothgrad --samples=2000 --batch=100000 \
            --rows=0:1 digits8.onnx digits8.npy
    done
    is 'flint-fit out of memory leaves no file' "$(ls fit.onnx .sextant* 2>/dev/null)" ''
fi

# ---- Allocations that fail ----

# starve EVERY COMMAND...: the command reads records. Each EVERY-th allocation fails, once or for good.
# The tool then ends with status 6 and a message, or writes the same bytes.
starve() {
    every=$1
    shift
    preload=$T/faults.so
    LD_PRELOAD=$preload FAULT=malloc:0 FAULT_COUNT=count "$@" <records >right 2>/dev/null
    for FAULT_FOR_GOOD in '' 1; do
        [ -n "$FAULT_FOR_GOOD" ] && export FAULT_FOR_GOOD || unset FAULT_FOR_GOOD
        for n in $(seq 1 "$every" "$(cat count)"); do
            LD_PRELOAD=$preload FAULT=malloc:$n "$@" <records >"$T/out" 2>"$T/err"
            status=$?
            case $status in
            0) cmp -s "$T/out" right || echo "$n: other bytes" ;;
            6) [ -s "$T/err" ] || echo "$n: not a word" ;;
            *) echo "$n: $status $(cat "$T/err")" ;;
            esac
        done
    done >bad
    unset FAULT_FOR_GOOD
    is "$1: allocations that fail" "$(head -n 5 bad)" ''
}
if [ "$sanitized" -gt 0 ]; then
    skip 'allocations that fail: the sanitizer has its own'
else
    ${CC:-cc} -O1 -fPIC -shared -o "$T/faults.so" "$TOP/tests/faults/preload.c" -ldl || exit 1
    ggig -q -f json --method=grad --rows=0:1 digits8.onnx digits8.npy >records
    starve 9 attr-score -q -f json --compare=records
    starve 5 xderiv -q -j1 -f svg --rows=0:1 diabetes.onnx diabetes.csv
fi

# ---- Exceptions of oneDNN ----

if [ "$sanitized" -gt 0 ] || ! grep -q libdnnl "$BUILD/bin/ggig"; then
    skip 'exceptions: a build without oneDNN, or sanitized'
else
    ${CC:-cc} -shared -fPIC -x c -o "$T/throws.so" - <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
static void *(*find(void))(void *, const char *)
{
    return (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
}
static void *library;
static int throw(void)
{
    ((void (*)(void))find()(library, "_ZSt9terminatev"))();
    return 0;
}
void *dlsym(void *from, const char *name)
{
    library = from;
    return strcmp(name, "dnnl_primitive_execute") == 0 ? (void *)throw : find()(from, name);
}
END
    run env LD_PRELOAD="$T/throws.so" ggig -q --method=grad squeezenet.onnx dog.png
    is 'an exception that nobody catches' "$status $(cat "$T/err")" '6 ggig: out of memory in oneDNN'
fi

# ---- Threads ----

# threads_of COMMAND...: prints the largest number of threads of a run.
threads_of() {
    "$@" >/dev/null 2>&1 &
    most=0
    while [ -d /proc/$! ] && n=$(find /proc/$!/task -mindepth 1 -maxdepth 1 2>/dev/null | wc -l) &&
        [ "$n" -gt 0 ]; do
        [ "$n" -gt "$most" ] && most=$n
    done
    wait
    echo "$most"
}
if [ "$sanitized" -gt 0 ]; then
    skip 'threads: the sanitizer has its own'
else
    is 'ggig -j1: one thread' "$(threads_of ggig -j1 --method=ig --steps=8 squeezenet.onnx dog.png)" 1
    is 'onnx-run -j1: one thread' "$(threads_of onnx-run -j1 squeezenet.onnx dog.png)" 1
    ok 'more threads than an int counts are many' \
        [ "$(threads_of onnx-run --threads=4294967297 digits8.onnx digits8.npy)" -gt 1 ]
fi

# ---- Stacks and address space ----

# under LIMIT COMMAND...: runs it with a limit of ulimit, such as "-s 128". Its output goes to out.
under() {
    limit=$1
    shift
    # shellcheck disable=SC2086 # an option and its value
    (ulimit $limit && exec "$@") >"$T/out" 2>"$T/err" </dev/null
    status=$?
}
if [ "$sanitized" -gt 0 ]; then
    skip 'stacks and address space: the sanitizer has its own'
else
    for kib in 64 128 200; do
        under "-s $kib" onnx-run -f json squeezenet.onnx dog.png
        is "a stack of $kib KiB is refused" "$status $(cat "$T/err")" \
            "6 onnx-run: a stack of $kib KiB is too small: 256 KiB are needed"
    done
    onnx-run -q -f json -j3 squeezenet.onnx dog.png >right
    under '-Ss 128' onnx-run -q -f json -j3 squeezenet.onnx dog.png
    is 'a small stack grows if the limit allows it' "$status $(cmp "$T/out" right)" '0 '
    under '-s 256' onnx-run -q -f json -j3 squeezenet.onnx dog.png
    is 'a stack of 256 KiB is enough' "$status $(cmp "$T/out" right)" '0 '
    for size in 16 16k '20000 B'; do
        OMP_STACKSIZE=$size run onnx-run -q -f json -j3 squeezenet.onnx dog.png
        is "threads with stacks of $size are not used" "$status $(cmp "$T/out" right)" '0 '
    done
    onnx-run -f json digits8.onnx digits8.npy >right
    for mib in 48 54 60 66 72 80 90 110; do
        under "-v $((mib * 1024))" onnx-run -f json -j8 digits8.onnx digits8.npy
        case $status in
        0) is "$mib MiB of address space: the same bytes" "$(cmp "$T/out" right)" '' ;;
        # The loader, or the initialiser of a library, ends the process before the tool begins.
        127 | 134)
            is "$mib MiB of address space: libraries want more" \
                "$(grep -cE 'shared lib|^terminate called' "$T/err")" 1
            ;;
        *) is "$mib MiB of address space: refused" "$status $(wc -l <"$T/err")" '6 1' ;;
        esac
    done
    for mib in 60 70 80 90 100 120 160; do
        under "-v $((mib * 1024))" ggig -q -f json --method=ig --steps=2 -j3 squeezenet.onnx dog.png
        case $status in
        0 | 6) is "$mib MiB of address space and a larger network: status" 1 1 ;;
        *) is "$mib MiB of address space and a larger network: status" "$status $(cat "$T/err")" '0 or 6' ;;
        esac
    done
fi

# ---- Signals ----

# The reader holds the tool up in the middle of a file, which is then cut.
{
    printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (4000, 1, 8, 8), }"
    head -c $((4000 * 256)) /dev/zero
} >large.npy
mkfifo records.fifo
onnx-run -q -f json digits8.onnx large.npy >records.fifo 2>"$T/err" &
{
    read -r record
    : >large.npy
    cat >rest
} <records.fifo
wait $!
is 'a file that is cut while it is read' "$? $(echo "$record" | jq .index) $(cat "$T/err")" \
    '3 0 onnx-run: a file became shorter while it was read'

for signal in TERM INT; do
    flint-fit -q -o fit.onnx --epochs=1000000 --layers=/6/Relu_output_0 -x digits8.npy digits8.onnx \
        >"$T/out" 2>"$T/err" &
    # A shell starts background commands with SIGINT ignored. It is enabled again.
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.5
        kill -$signal $! 2>/dev/null || break
    done
    wait $!
    status=$?
    ok "flint-fit: SIG$signal ends it by 128 + its number" [ $status -gt 128 ]
    ok "flint-fit: SIG$signal ends it soon" [ "$tries" -lt 10 ]
    is "flint-fit: SIG$signal leaves no file" "$(ls fit.onnx .sextant* 2>/dev/null)" ''
done
end

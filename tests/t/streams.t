#!/bin/sh
# streams.t - standard error, readers that end early, and colours, for every tool.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
cp "$DATA/digits8.onnx" "$DATA/digits8.npy" .
flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
    --epochs=1 -o fitted.onnx >/dev/null || exit 1
yes 1,2 | head -n 40 >narrow.csv

# say TOOL OPTION... INPUT: runs the tool quickly with its own model.
say() {
    said=$1
    shift
    case $said in
    flint-*) set -- fitted.onnx "$@" ;;
    taylorcam) set -- --smooth=softplus:5 digits8.onnx "$@" ;;
    xderiv) set -- --smooth=softplus:5 --players=patches:4x4 digits8.onnx "$@" ;;
    ggig) set -- --method=grad digits8.onnx "$@" ;;
    shapley-int | attr-decompose) set -- --players=patches:4x4 digits8.onnx "$@" ;;
    *) set -- digits8.onnx "$@" ;;
    esac
    "$said" "$@"
}

for tool in onnx-run ggig taylorcam xderiv shapley-int attr-decompose flint-explain; do
    # ---- Repeated errors ----

    run say $tool -f json narrow.csv
    is "$tool: 40 bad rows: status, records" "$status $(jq -c 'select(.error)' "$T/out" | wc -l)" '1 40'
    is "$tool: 40 bad rows: the first ten have a line" "$(grep -c ': narrow.csv: sample ' "$T/err")" 10
    is "$tool: 40 bad rows: the last line has the number" "$(sed -n '11,$p' "$T/err")" \
        "$tool: 40 samples failed; the first 10 are named above"

    # ---- A reader that ends early ----

    {
        sleep 0.2
        say $tool -q -f json --rows=0:2 digits8.npy 2>gone.err
        echo $? >gone.status
    } | true
    is "$tool: a pipe without a reader: SIGPIPE, no message" "$(cat gone.status gone.err)" 141
    {
        sleep 0.2
        trap '' PIPE
        say $tool -q -f json --rows=0:2 digits8.npy 2>gone.err
        echo $? >gone.status
    } | true
    is "$tool: a pipe without a reader, SIGPIPE ignored: status 5" "$(cat gone.status gone.err)" 5
    {
        sleep 0.2
        $tool --help 2>gone.err
        echo $? >gone.status
    } | true
    is "$tool --help to a pipe without a reader: SIGPIPE" "$(cat gone.status gone.err)" 141
done

# ---- Warnings ----

# warns TOOL FORMATS TEXT OPTION...: in each format TEXT is printed once for two samples, not with
# -q.
warns() {
    tool=$1 formats=$2 text=$3
    shift 3
    for format in $formats; do
        run "$tool" -f "$format" -o written "$@"
        clean "$tool -f $format" "$text"
        warned "$tool -f $format" "$text"
    done
    is "$tool: a warning of two samples is one line" "$(cat "$T/err")" "$tool: warning: $text (2 samples)"
    run "$tool" -f json "$@"
    is "$tool: each record has the warning" "$(jq -c .warnings "$T/out" | sort -u)" "[\"$text\"]"
    run "$tool" -q "$@"
    is "$tool -q: nothing on standard error" "$status $(cat "$T/err")" '0 '
}
warns ggig 'text json npy' 'no --background: the baseline alone is drawn' \
    --method=expected --samples=2 --rows=0:2 digits8.onnx digits8.npy
warns xderiv 'text json' 'every derivative is zero' \
    --allow-zero --players=patches:4x4 --rows=0:2 digits8.onnx digits8.npy
warns shapley-int 'text json npy' 'no --groups: Owen values are Shapley values' \
    --index=owen --players=patches:4x4 --rows=0:2 digits8.onnx digits8.npy
warns attr-decompose 'text json npy' 'lrp-eps, lrp-ab and deeptaylor are against zero' \
    -b 0.5 --methods=gxi,lrp-eps --players=patches:4x4 --rows=0:2 digits8.onnx digits8.npy
run attr-decompose -b 0.5 --methods=gxi --players=patches:4x4 --rows=0:1 digits8.onnx digits8.npy
warned 'no warnings about methods that are not asked for'
run flint-visualize -f npy -o written --mas=1 fitted.onnx digits8.npy
is 'a warning that belongs to no single sample' "$(cat "$T/err")" \
    'flint-visualize: warning: no classes were given: samples are of the class that the model names'

# ---- Terminals ----

# on_terminal COMMAND: prints what a terminal shows.
on_terminal() {
    TERM=xterm script -qec "$1" /dev/null </dev/null >"$T/out" 2>&1
}
# coloured WHAT yes|no: whether the last output has escape sequences.
coloured() {
    is "$1" "$(grep -q "$(printf '\033')" "$T/out" && echo yes || echo no)" "$2"
}
if have script; then
    for how in 'ggig --method=grad' 'taylorcam --smooth=softplus:5'; do
        tool=${how%% *}
        command="$how -q --rows=0:1 digits8.onnx digits8.npy"
        on_terminal "$command"
        coloured "$tool: colours on a terminal" yes
        on_terminal "TERM=dumb $command"
        coloured "$tool: none on a dumb one" no
        on_terminal "TERM= $command"
        coloured "$tool: nor on one without a name" no
        on_terminal "NO_COLOR=1 $command"
        coloured "$tool: NO_COLOR" no
        on_terminal "NO_COLOR= $command"
        coloured "$tool: an empty NO_COLOR is none" yes
        on_terminal "$command --color=never"
        coloured "$tool: --color=never" no
        on_terminal "TERM=dumb $command --color=always"
        coloured "$tool: --color=always" yes
        # shellcheck disable=SC2086 # options
        run $how -q -f text --rows=0:1 digits8.onnx digits8.npy
        coloured "$tool: none in a pipe" no
        # shellcheck disable=SC2086 # options
        run $how -q -f text --color=always --rows=0:1 digits8.onnx digits8.npy
        coloured "$tool: --color=always in a pipe" yes
    done
    jq -nc '[range(64) | . / 64]' | tr -d '[]' >row.csv
    slow='{ cat row.csv; sleep 0.8; cat row.csv; echo 1,2; } | onnx-run -f json -o written digits8.onnx'
    on_terminal "$slow"
    ok 'an error takes the place of the line of progress' \
        grep -q "$(printf '\r\033')\[Konnx-run: -: sample 2: " "$T/out"
    ok 'the line of progress' grep -q 'onnx-run: [12] done' "$T/out"
    on_terminal 'ggig --method=ggig --iters=100000 --max-time=1.2 -f json -o written --rows=0:1 digits8.onnx digits8.npy'
    ok 'progress inside one sample' grep -q 'ggig: 0 done; this sample: [0-9]* of 5100000 evaluations, [0-9]* s left' "$T/out"
    on_terminal "TERM=dumb; export TERM; $slow"
    is 'no line of progress on a dumb terminal' "$(grep -c ' done' "$T/out")" 0
else
    skip 'terminals: no script(1)'
fi

# ---- Time ----

run ggig --method=ggig --iters=1000000 --max-time=0.2 --rows=0:2 digits8.onnx digits8.npy
is 'a sample that takes longer fails, and the next is taken' "$status $(jq -c '[.index, .error.status, .error.message]' "$T/out" | tr '\n' ' ')" \
    '1 [0,1,"it took longer than --max-time=0.2"] [1,1,"it took longer than --max-time=0.2"] '
run xderiv --order=4 --smooth=softplus:5 --max-time=0.2 --rows=0:1 digits8.onnx digits8.npy
is '--max-time of another tool' "$status $(jq -r .error.message "$T/out")" '1 it took longer than --max-time=0.2'
for method in smoothgrad smoothgrad-sq vargrad; do
    run ggig --method=$method --samples=20000000 --max-time=2 --rows=0:1 digits8.onnx digits8.npy
    clean "$method --max-time: partial result"
    jq -c '.params.samples' "$T/out" >drawn
    is "$method --max-time: partial and samples" "$(jq -c '[.partial, .params.samples < 20000000]' "$T/out")" '[true,true]'
    jq '.attribution.values[]' "$T/out" >partial
    ggig --method=$method --samples="$(cat drawn)" --rows=0:1 digits8.onnx digits8.npy | jq '.attribution.values[]' >whole
    near "$method --max-time: the mean of the draws" partial whole 1e-6
done
run ggig --method=smoothgrad --samples=4 --max-time=100 --rows=0:1 digits8.onnx digits8.npy
is '--max-time that is not reached: no partial' "$(jq -c .partial "$T/out")" null
run ggig --max-time=0 digits8.onnx digits8.npy
refused '--max-time=0' 2 'max-time'
end

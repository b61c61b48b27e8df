# bench.t - the format of figures of `make bench`, with and without a peer, and their timers.
. tests/tap.sh
BENCH_SECONDS=0 MODELS=$T/models
export BENCH_SECONDS MODELS

# figures PATTERN: prints figures without any peer.
figures() {
    run env NODE_PATH="$T" PYTHON=false sh tests/bench/bench.sh "$BUILD" "$1"
}

figures '^start of onnx-run$'
is 'a tool: status' "$status" 0
is 'a figure is one line' "$(wc -l <"$T/out")" 1
is 'a figure: keys and their order' "$(jq -rc 'keys_unsorted | join(" ")' "$T/out")" \
    'name ours peer ratio target share_of_limit'
is 'a figure without a peer: values' "$(jq -c '[.name, .ours > 0, .peer, .ratio, .target]' "$T/out")" \
    '["start of onnx-run",true,null,null,0.01]'
ok 'a figure: text on standard error' grep -q '^start of onnx-run .*at most 0.01' "$T/err"

figures '^(one Hessian of mlp100|interactions of 12).*threads 2|^beside two busy neighbours: .*mlp100|^growth of steps'
is 'figures whose peers are missing' "$(jq -c 'select(.target < 1) | [.ours > 0, .peer, .ratio, .target]' "$T/out" | head -n 2 | tr '\n' ' ')" \
    '[true,null,null,0.34] [true,null,null,0.02] '
ok 'a message tells how to install peers' grep -q 'one Hessian.*no torch: apt install python3-torch' "$T/err"
ok 'the networks of the chosen figures are made' test -s "$MODELS/mlp12.onnx" -a -s "$MODELS/mlp100.npy"
is 'no other network is made' "$(find "$MODELS" -name 'resnet*')" ''
is 'a figure whose peer is our own run' "$(jq -c 'select(.target == 1.3) |
    [.ours > 0, .peer > 0, (.ratio - .ours / .peer | fabs < 1e-4)]' "$T/out")" '[true,true,true]'
is 'figures of growth' "$(jq -rc 'select(.ours != null and (.name | test("growth"))) | .name' "$T/out" | tr '\n' ';')" \
    'growth of steps of ig;growth of steps of ig, memory;'

figures 'no such figure'
is 'a pattern that chooses no figure' "$status $(cat "$T/out")" '0 '

timer() {
    printf '\n\n' | run_timer "$@"
}
run_timer() {
    "$@" 2>"$T/err"
}

is 'bench_run counts the work' "$(timer "$BUILD/tests/bench_run" "$MODELS/mlp100.onnx" 2 1 forward 0 | head -n 1)" \
    'ready 365568 367620'
is 'bench_run has a line for each turn' "$(timer "$BUILD/tests/bench_run" "$MODELS/mlp100.onnx" 1 1 hvp 0 |
    grep -Ec '^[0-9.]+ [0-9.]+$')" 2
is 'bench_deriv prints each first result once' "$(timer "$BUILD/tests/bench_deriv" "$MODELS/mlp100.onnx" 2 1 1 first |
    grep -Ec '^[0-9.]+ [0-9.]+$')" 2
is 'bench_whole measures the time of one more sample' "$(timer "$BUILD/tests/bench_whole" -n 30 sh -c 'sleep 0.$#' x 1 |
    awk 'NR == 2 { print ($1 > 0.001 && $1 < 0.1) }')" 1
is 'a command that fails ends its timer' "$(timer "$BUILD/tests/bench_whole" false)" 'ready 0 0'
is 'said.sh prints the seconds of the record' "$(echo | sh tests/bench/said.sh attr-decompose --methods=gxi \
    --players=elements --alloc=none "$DATA/digits8.onnx" "$DATA/digits8.npy" |
    awk 'NR == 2 { print ($1 > 0 && $1 < 1) }')" 1
echo hi >"$T/hi"
is 'weights.sh prints errors' "$(echo | sh tests/bench/weights.sh "$T/hi" | tail -n 1)" '0 2.86102e-06'

end

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
is 'one line' "$(wc -l <"$T/out")" 1
is 'its fields, in their order' "$(jq -rc 'keys_unsorted | join(" ")' "$T/out")" \
    'name ours peer ratio target share_of_limit'
is 'no peer, and a target' "$(jq -c '[.name, .ours > 0, .peer, .ratio, .target]' "$T/out")" \
    '["start of onnx-run",true,null,null,0.01]'
ok 'text beside it' grep -q '^start of onnx-run .*at most 0.01' "$T/err"

figures '^(one Hessian of mlp100|interactions of 12).*threads 2|^beside two busy neighbours: .*mlp100|^growth of steps'
is 'peers that are not there' "$(jq -c 'select(.target < 1) | [.ours > 0, .peer, .ratio, .target]' "$T/out" | head -n 2 | tr '\n' ' ')" \
    '[true,null,null,0.34] [true,null,null,0.02] '
ok 'how to get them' grep -q 'one Hessian.*no torch: apt install python3-torch' "$T/err"
ok 'networks are made' test -s "$MODELS/mlp12.onnx" -a -s "$MODELS/mlp100.npy"
is 'others are not' "$(find "$MODELS" -name 'resnet*')" ''
is 'ours as a peer' "$(jq -c 'select(.target == 1.3) |
    [.ours > 0, .peer > 0, (.ratio - .ours / .peer | fabs < 1e-4)]' "$T/out")" '[true,true,true]'
is 'exponents' "$(jq -rc 'select(.ours != null and (.name | test("growth"))) | .name' "$T/out" | tr '\n' ';')" \
    'growth of steps of ig;growth of steps of ig, memory;'

figures 'no such figure'
is 'nothing chosen' "$status $(cat "$T/out")" '0 '

timer() {
    printf '\n\n' | run_timer "$@"
}
run_timer() {
    "$@" 2>"$T/err"
}

is 'work is counted' "$(timer "$BUILD/tests/bench_run" "$MODELS/mlp100.onnx" 2 1 forward 0 | head -n 1)" \
    'ready 365568 367620'
is 'a line for each turn' "$(timer "$BUILD/tests/bench_run" "$MODELS/mlp100.onnx" 1 1 hvp 0 |
    grep -Ec '^[0-9.]+ [0-9.]+$')" 2
is 'each first result is said once' "$(timer "$BUILD/tests/bench_deriv" "$MODELS/mlp100.onnx" 2 1 1 first |
    grep -Ec '^[0-9.]+ [0-9.]+$')" 2
is 'what a sample more takes' "$(timer "$BUILD/tests/bench_whole" -n 30 sh -c 'sleep 0.$#' x 1 |
    awk 'NR == 2 { print ($1 > 0.001 && $1 < 0.1) }')" 1
is 'a command that fails ends its timer' "$(timer "$BUILD/tests/bench_whole" false)" 'ready 0 0'
is 'seconds by a tool'"'"'s own account' "$(echo | sh tests/bench/said.sh attr-decompose --methods=gxi \
    --players=elements --alloc=none "$DATA/digits8.onnx" "$DATA/digits8.npy" |
    awk 'NR == 2 { print ($1 > 0 && $1 < 1) }')" 1
echo hi >"$T/hi"
is 'weights' "$(echo | sh tests/bench/weights.sh "$T/hi" | tail -n 1)" '0 2.86102e-06'

end

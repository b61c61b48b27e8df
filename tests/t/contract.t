#!/bin/sh
# contract.t - rules for every tool that explains samples: records, statuses, streams, bytes.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
cp "$DATA/digits8.onnx" "$DATA/digits8.npy" .
jq -nc '[range(64) | . / 64]' | tr -d '[]' >row.csv
run onnx-run -f npy -o two.npy --rows=0:1 digits8.onnx digits8.npy
head -c 40 digits8.npy >cut.npy
head -c 1000 digits8.onnx >cut.onnx
flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
    --epochs=1 -o fitted.onnx >/dev/null || exit 1

# model_of TOOL: prints a model for the tool. options_of TOOL: prints options that make it quick.
model_of() {
    case $1 in
    flint-*) echo fitted.onnx ;;
    *) echo digits8.onnx ;;
    esac
}
options_of() {
    case $1 in
    ggig) echo --method=ig --steps=4 ;;
    taylorcam) echo --smooth=softplus:5 ;;
    xderiv) echo --smooth=softplus:5 --players=patches:4x4 ;;
    shapley-int) echo --players=patches:4x4 --index=sii ;;
    attr-decompose) echo --players=patches:4x4 --methods=gxi,occ1,lrp-eps ;;
    esac
}

# explain OPTION... MODEL INPUT...: runs $tool.
explain() {
    # shellcheck disable=SC2046 # options
    run $tool -f json $(options_of $tool) "$@"
}
lines() {
    wc -l <"$1" | tr -d ' '
}
# failed WHAT STATUS: the run had this status and one line on stderr that begins with the tool's
# name, for status 2 followed by a line with `Try`. Lines of warnings are allowed.
failed() {
    is "$tool: $1: status" "$status" "$2"
    grep -v "^$tool: warning: " "$T/err" >said
    is "$tool: $1: its message" "$(sed -n "1s/^$tool: .*/told/p" said) $(lines said)" \
        "told $([ "$2" -eq 2 ] && echo 2 || echo 1)"
}
keys() {
    jq -c 'keys_unsorted' "$1"
}

for tool in onnx-run ggig taylorcam xderiv shapley-int attr-decompose flint-explain; do
    model=$(model_of $tool)

    # ---- Records ----

    explain --rows=0:2 "$model" digits8.npy
    cp "$T/out" out
    is "$tool: status, lines, complaints" \
        "$status $(lines out) $(grep -vc ': warning: ' "$T/err")" '0 2 0'
    is "$tool: first keys" "$(head -n 1 out | jq -c 'keys_unsorted[:6]')" \
        '["tool","version","id","index","model","input"]'
    is "$tool: last keys" "$(head -n 1 out | jq -c 'keys_unsorted[-2:]')" '["cost","warnings"]'
    is "$tool: tool, id and index" "$(jq -c '[.tool, .id, .index]' out | tr '\n' ' ')" \
        "[\"$tool\",\"digits8.npy\",0] [\"$tool\",\"digits8.npy\",1] "
    is "$tool: file and sha256 of the model" "$(jq -r '.model.file + " " + .model.sha256' out | head -n 1)" \
        "$model $(sha256sum "$model" | cut -d ' ' -f 1)"
    is "$tool: params have the precision" "$(jq -r .params.precision out | sort -u)" float32
    is "$tool: no seconds without --timing" "$(jq -c 'select(has("seconds"))' out)" ''
    explain --timing --rows=0:1 "$model" digits8.npy
    is "$tool: seconds with --timing" "$(jq '.seconds >= 0' "$T/out")" true
    explain --double --rows=0:1 "$model" digits8.npy
    is "$tool: --double" "$(jq -r .params.precision "$T/out")" float64
    [ "$tool" = onnx-run ] || is "$tool: target" "$(jq -c '.target | keys_unsorted' out | head -n 1)" \
        '["output","index","label","score","value"]'

    # ---- Streams ----

    explain --rows=1:2 "$model" digits8.npy
    is "$tool: --rows keeps the index" "$(jq .index "$T/out")" 1
    ok "$tool: --rows keeps the numbers" cmp "$T/out" - <<END
$(sed -n 2p out)
END
    explain --rows=0:2 "$model" - <digits8.npy
    # shellcheck disable=SC2046 # options
    $tool -f json $(options_of $tool) --rows=0:2 "$model" <digits8.npy >piped
    is "$tool: records from standard input" "$(jq -c 'del(.id)' piped)" "$(jq -c 'del(.id)' out)"
    is "$tool: standard input has the id -" "$(jq -r .id piped | sort -u)" -
    # shellcheck disable=SC2046 # options
    $tool -f json $(options_of $tool) --rows=0:2 - digits8.npy <"$model" >piped
    is "$tool: the model from standard input" "$(jq -c 'del(.model)' piped)" "$(jq -c 'del(.model)' out)"
    printf 'digits8.npy\0' | {
        # shellcheck disable=SC2046 # options
        $tool -f json $(options_of $tool) --rows=0:2 --files-from=- -0 "$model" >piped
    }
    ok "$tool: --files-from" cmp piped out
    explain "$model" two.npy cut.npy row.csv
    is "$tool: a bad sample among others: status" "$status" 1
    is "$tool: a bad sample among others: records" \
        "$(jq -c '[.id, (.error.status // 0)]' "$T/out" | tail -n 2 | tr '\n' ' ')" \
        '["cut.npy",1] ["row.csv",0] '

    # ---- Equal bytes ----

    for same in -j1 -j2 -j3 --seed=0; do
        explain $same --rows=0:2 "$model" digits8.npy
        ok "$tool $same: the same bytes" cmp "$T/out" out
    done

    for part in 0 1; do
        explain --shard=$part/2 --rows=0:2 "$model" digits8.npy
        cat "$T/out"
    done >parts
    ok "$tool: two shards make the whole" cmp parts out
    explain --double --rows=0:2 "$model" digits8.npy
    cp "$T/out" want
    for batch in 1 3; do
        explain --double --batch=$batch --rows=0:2 "$model" digits8.npy
        near "$tool --batch=$batch: the same to within rounding" "$T/out" want 1e-9
    done

    # ---- Outputs ----

    explain --rows=0:2 -o written "$model" digits8.npy
    ok "$tool -o: the same bytes" cmp written out
    is "$tool -o: nothing on standard output" "$(lines "$T/out")" 0
    explain -o written cut.onnx digits8.npy
    failed 'a cut model' 3
    ok "$tool: a failed run keeps the old file" cmp written out
    is "$tool: no hidden file is left" "$(find . -name '.*' ! -name .)" ''
    run sh -c "$tool -f json $(options_of $tool) --rows=0:1 $model digits8.npy >/dev/full"
    failed 'a full disk' 5
    run $tool --version
    is "$tool --version" "$status $(cut -d ' ' -f 1,2 "$T/out")" "0 $tool (sextant)"
    run $tool --help
    is "$tool --help" "$status $(lines "$T/err")" '0 0'

    # ---- Refusals ----

    explain --no-such-option "$model" digits8.npy
    failed 'an unknown option' 2
    explain --rows=x "$model" digits8.npy
    failed 'no number' 2
    explain missing.onnx digits8.npy
    failed 'no such model' 3
    explain --max-mem=10K "$model" digits8.npy
    failed 'too little memory' 6
    explain "$model" missing.npy
    failed 'no such input' 1
    run $tool
    failed 'nothing' 2
done
end

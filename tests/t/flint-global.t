#!/bin/sh
# flint-global.t - attributes of classes, metrics, subsets, refusals.
. tests/tap.sh
. tests/flint.sh

run flint-global -y classes a.onnx digits8.npy
clean flint-global
is 'keys of the record' "$(jq -c 'del(.nonfinite) | keys_unsorted[7:]' "$T/out")" \
    '["classes","counts","relevance","pairs","metrics","disagree","cost","warnings"]'
is 'counts add up' "$(jq '.counts | add' "$T/out")" 20
is 'the relevance is a matrix; null for a class without samples' \
    "$(jq -c '. as $g | [range(10) | ($g.counts[.] == 0) == ($g.relevance[.] | all(. == null))] | all' "$T/out")" true
is 'pairs have a relevance over 1/5' "$(jq '[.pairs[].r] | all(. > 0.2)' "$T/out")" true
is 'fidelity is the share of samples without disagreement' \
    "$(jq '(20 * (1 - .metrics.fidelity) | round) == (.disagree | length)' "$T/out")" true
is 'conciseness falls as 1/tau grows' "$(jq -c '[.metrics.conciseness[]] | . == sort' "$T/out")" true
cp "$T/out" all.json
run flint-global --subset=7 --correct-only -y classes a.onnx digits8.npy
is '--subset' "$(jq .metrics.samples "$T/out")" 7
flint-global -y classes a.onnx <digits8.npy >"$T/out"
is 'standard input' "$(jq -c .metrics "$T/out")" "$(jq -c .metrics all.json)"
run flint-global -f png -o g.png a.onnx digits8.npy
clean '-f png'
png g.png
run flint-global -f text a.onnx digits8.npy
clean '-f text'
is '-f text has a row for each pair' "$(awk 'NR > 2 { print $1, $2 }' "$T/out" | sort)" \
    "$(flint-global -q a.onnx digits8.npy | jq -r '.pairs[] | "\(.class) \(.attribute)"' | sort)"
is '-f text has headings' "$(sed -n 2p "$T/out" | tr -s ' ')" ' class label attribute r'
run flint-global -f npy -o g.npy a.onnx digits8.npy
clean '-f npy'
run flint-global -o no.onnx -y digits8.npy a.onnx digits8.npy
is 'classes that are no numbers: status' "$status" 1
ok 'classes that are no numbers: no file' test ! -e no.onnx
: >empty
for tool in flint-global flint-explain; do
    run $tool -f json a.onnx empty
    is "$tool: an INPUT of nothing has a record" \
        "$status $(jq -c '[.id, .error.status, .error.message]' "$T/out") $(wc -l <"$T/err")" \
        '1 ["empty",1,"holds no sample: it is empty"] 1'
done
run flint-explain -q -f npy -o none.npy --rows=20:20 a.onnx digits8.npy
is 'no rows: an empty array' "$status $(head -c 128 none.npy | grep -ao "(0, [0-9]*)")" '0 (0, 16)'
end

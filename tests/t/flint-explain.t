#!/bin/sh
# flint-explain.t - records of samples: relevance, targets, pictures, refusals.
. tests/tap.sh
. tests/flint.sh

run flint-explain a.onnx digits8.npy
clean flint-explain 'name different classes'
is 'a record a sample' "$(jq -s length "$T/out")" 20
is 'its keys' "$(head -n 1 "$T/out" | jq -c 'keys_unsorted[8:]')" \
    '["f_class","g_class","label","agree","f_prob","class_used","phi","contribution","relevance","relevant","tau","cost","warnings"]'
is 'the target is what g says' "$(jq -c '.target as $t | [$t.output, $t.score, $t.index == .g_class, $t.label == .label]' "$T/out" | sort -u)" \
    '["flint_logits","logit",true,true]'
onnx-run a.onnx digits8.npy | jq '.outputs[2].values | max * 1e4 | round' >scores
jq '.target.value * 1e4 | round' "$T/out" >values
ok 'its largest score' cmp scores values
is 'the largest relevance is 1 in size' \
    "$(jq -c '[.relevance[] | fabs] | max' "$T/out" | sort -u)" 1
is 'relevant ones are over 1/5, largest first' \
    "$(jq -c '. as $e | [.relevant[] | $e.relevance[.]] | all(. > 0.2) and . == (sort | reverse)' "$T/out" | sort -u)" true
onnx-run a.onnx digits8.npy | jq -c '.outputs[3].values[] * 1e4 | round' >graph
jq -c '.relevance[] * 1e4 | round' "$T/out" >ours
ok 'the relevance in the file is the same' cmp graph ours
run flint-explain --tau=1.5 -f text --rows=0:1 a.onnx digits8.npy
clean 'as text' 'name different classes'
is 'names the class' "$(sed -n '1s/^digits8.npy\[0\] .*  g_class \([0-9]*\) .*/\1/p' "$T/out")" \
    "$(flint-explain -q --rows=0:1 a.onnx digits8.npy | jq .g_class)"
run flint-explain -f npy --double -o r.npy a.onnx digits8.npy
clean 'as npy' 'name different classes'
run flint-explain --top=2 --tau=1000 a.onnx digits8.npy
is 'at most two' "$(jq -s 'map(.relevant | length) | max' "$T/out")" 2
run flint-explain -f png -o one.png --rows=0:1 a.onnx digits8.npy
clean 'as png' 'name different classes'
run flint-explain -f png --sheet --range=0,1 --top=4 --rows=0:5 -o all.png a.onnx digits8.npy
clean 'a sheet' 'name different classes'
png all.png
ok 'of more samples' test "$(wc -c <all.png)" -gt "$(wc -c <one.png)"
run flint-explain -f png --rows=0:2 -o each/ a.onnx digits8.npy
is 'a picture of each sample: status' "$status" 0
is 'in files of their own' "$(find each -type f | sort | tr '\n' ' ')" 'each/digits8.0.png each/digits8.1.png '
png each/digits8.1.png
run flint-explain -f png --range=1 -o no.png a.onnx digits8.npy
is 'no range: status' "$status" 2
run flint-explain -f png -o no.png digits8.onnx digits8.npy
is 'nothing to draw: status' "$status" 3
ok 'without a trace' test ! -e no.png
run flint-explain --max-time=0.000001 --rows=0:1 a.onnx digits8.npy
is 'a limit of time: status, record' "$status $(jq -r .error.message "$T/out")" \
    '1 it took longer than --max-time=1e-06'
run flint-explain --max-time=1000 --exact-conv --rows=0:1 a.onnx digits8.npy
clean 'sums as they are defined' 'name different classes'
is 'are said' "$(jq .params.exact_conv "$T/out")" true
run flint-explain digits8.onnx digits8.npy
is 'not fitted: status' "$status" 3
end

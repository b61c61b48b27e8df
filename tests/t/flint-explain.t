#!/bin/sh
# flint-explain.t - records of samples: relevance, targets, pictures, refusals.
. tests/tap.sh
. tests/flint.sh

run flint-explain a.onnx digits8.npy
clean flint-explain 'name different classes'
is 'one record for each sample' "$(jq -s length "$T/out")" 20
is 'keys of a record' "$(head -n 1 "$T/out" | jq -c 'keys_unsorted[8:]')" \
    '["f_class","g_class","label","agree","f_prob","class_used","phi","contribution","relevance","relevant","tau","cost","warnings"]'
is 'the target is the class of g' "$(jq -c '.target as $t | [$t.output, $t.score, $t.index == .g_class, $t.label == .label]' "$T/out" | sort -u)" \
    '["flint_logits","logit",true,true]'
onnx-run a.onnx digits8.npy | jq '.outputs[2].values | max * 1e4 | round' >scores
jq '.target.value * 1e4 | round' "$T/out" >values
ok 'the value of the target is the largest score of g' cmp scores values
is 'the largest relevance is 1 in size' \
    "$(jq -c '[.relevance[] | fabs] | max' "$T/out" | sort -u)" 1
is 'relevant attributes exceed 1/5 and are sorted' \
    "$(jq -c '. as $e | [.relevant[] | $e.relevance[.]] | all(. > 0.2) and . == (sort | reverse)' "$T/out" | sort -u)" true
onnx-run a.onnx digits8.npy | jq -c '.outputs[3].values[] * 1e4 | round' >graph
jq -c '.relevance[] * 1e4 | round' "$T/out" >ours
ok 'flint_relevance of the file is the relevance of the record' cmp graph ours
run flint-explain --tau=1.5 -f text --rows=0:1 a.onnx digits8.npy
clean '-f text' 'name different classes'
is '-f text names the class of g' "$(sed -n '1s/^digits8.npy\[0\] .*  g_class \([0-9]*\) .*/\1/p' "$T/out")" \
    "$(flint-explain -q --rows=0:1 a.onnx digits8.npy | jq .g_class)"
run flint-explain -f npy --double -o r.npy a.onnx digits8.npy
clean '-f npy' 'name different classes'
run flint-explain --top=2 --tau=1000 a.onnx digits8.npy
is '--top=2 lists at most two attributes' "$(jq -s 'map(.relevant | length) | max' "$T/out")" 2
run flint-explain -f png -o one.png --rows=0:1 a.onnx digits8.npy
clean '-f png' 'name different classes'
run flint-explain -f png --sheet --range=0,1 --top=4 --rows=0:5 -o all.png a.onnx digits8.npy
clean '--sheet' 'name different classes'
png all.png
ok 'a sheet is larger than the figure of one sample' test "$(wc -c <all.png)" -gt "$(wc -c <one.png)"
run flint-explain -f png --rows=0:2 -o each/ a.onnx digits8.npy
is 'a picture of each sample: status' "$status" 0
is 'a picture of each sample: files' "$(find each -type f | sort | tr '\n' ' ')" 'each/digits8.0.png each/digits8.1.png '
png each/digits8.1.png
run flint-explain -f png --range=1 -o no.png a.onnx digits8.npy
is '--range of one number: status' "$status" 2
run flint-explain -f png -o no.png digits8.onnx digits8.npy
is '-f png of a model without an interpreter: status' "$status" 3
ok '-f png of a model without an interpreter: no file' test ! -e no.png
run flint-explain --max-time=0.000001 --rows=0:1 a.onnx digits8.npy
is '--max-time: status and record' "$status $(jq -r .error.message "$T/out")" \
    '1 it took longer than --max-time=1e-06'
run flint-explain --max-time=1000 --exact-conv --rows=0:1 a.onnx digits8.npy
clean '--exact-conv' 'name different classes'
is '--exact-conv is in the record' "$(jq .params.exact_conv "$T/out")" true
run flint-explain digits8.onnx digits8.npy
is 'a model without an interpreter: status' "$status" 3
end

#!/bin/sh
# deployed.t - files as people deploy them: with parts that are not needed, with labels first,
# quantised, classical models, other versions of the format.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
"$BUILD/tests/programs/deployed" . || exit 1
echo 2,1 >x.csv
echo 7,9 >hidden.csv
echo 4,4 >u.csv

# values PATH: prints a member of the record without spaces.
values() {
    jq -c "$1" "$T/out"
}

# ---- Only what is needed ----

run onnx-run --output-name=scores parts.onnx x.csv
clean 'an unsupported operator after --output-name, and inputs of text'
is '--output-name of an inner tensor: values' "$(values .outputs[0].values)" '[7,6]'
run onnx-run --output-name=scores -i u=u.csv parts.onnx x.csv
clean 'an input that is not needed is not read'
is 'an input that is not needed: values' "$(values .outputs[0].values)" '[7,6]'
run onnx-run -i u=u.csv parts.onnx x.csv
refused 'all outputs are needed without --output-name' 3 "'tail' (Frobnicate, opset 13)"
run onnx-run --output-name=scores -i nowhere=u.csv parts.onnx x.csv
refused '-i of a name that the model does not have' 2 "no input named 'nowhere'"
run onnx-run --output-name=scores -i hidden=hidden.csv parts.onnx
clean 'an inner tensor is fed instead of x'
is 'an inner tensor is fed: values' "$(values .outputs[0].values)" '[8,10]'
is 'an inner tensor is fed: it is the input of the record' "$(values .input)" '{"name":"hidden","shape":[1,2]}'
run ggig --method=grad -t 1 -i w=hidden.csv parts.onnx x.csv
clean 'a weight is fed'
is 'a weight is fed: it is the gradient by x' "$(values .attribution.values)" '[0,9]'

run onnx-run --list parts.onnx
clean '--list of a model with an unsupported operator'
is '--list: tensors that are not supported' "$(jq -r 'select(.supported | not) | .tensor' "$T/out")" tail
is '--list: tensors that are differentiable' "$(jq -r 'select(.differentiable) | .tensor' "$T/out" | tr '\n' ' ')" \
    'x hidden scores '

# ---- Labels first ----

run ggig --method=grad -t 0 parts.onnx x.csv
clean 'the first output is a label'
is 'the scores are explained instead of the label' "$(values '[.target.output, .target.instead_of]')" '["scores","label"]'
is 'the gradient of the scores' "$(values .attribution.values)" '[3,0]'
run ggig --method=grad --output-name=label parts.onnx x.csv
refused 'a label has no gradient' 2 "'label' does not hold real numbers"

# ---- Quantised ----

echo -1,3,1000 >q.csv
run onnx-run quantised.onnx q.csv
is 'a quantised square: values are clipped at both ends' "$(values .outputs[0].values)" '[0,9,16256.25]'
slope() {
    run ggig --method=grad --ste="$1" -t "$2" quantised.onnx q.csv
    values .attribution.values
}
is '--ste=relu: 0 below the range' "$(slope relu 0)" '[0,0,0]'
is '--ste=relu: the slope of the square in the range' "$(slope relu 1)" '[0,6,0]'
is '--ste=relu: the slope above the range' "$(slope relu 2)" '[0,0,255]'
is '--ste=relu: the record has straight_through' "$(values .straight_through)" true
is '--ste=clip: 0 above the range' "$(slope clip 2)" '[0,0,0]'
is '--ste=clip: the slope in the range' "$(slope clip 1)" '[0,6,0]'
is '--ste=identity: the slope above the range' "$(slope identity 2)" '[0,0,255]'
is '--ste=off: 0' "$(slope off 1)" '[0,0,0]'
is '--ste=off: no straight_through in the record' "$(values 'has("straight_through")')" false
run ggig --method=grad -t 1 quantised.onnx q.csv
is '--ste=relu is the default' "$(values .attribution.values)" '[0,6,0]'
run ggig --ste=other quantised.onnx q.csv
refused 'a value that --ste does not have' 2 "'other' does not fit option --ste"

# ---- Classical models ----

printf '1,0\n1.5,0\n' >rows.csv
run onnx-run tree.onnx rows.csv
clean 'a tree'
is 'a tree: values of the rows' "$(jq -c .outputs[0].values "$T/out" | tr '\n' ' ')" '[10] [-5] '
run shapley-int --index=sv --order=1 -b 2 -f npy -o sv.npy tree.onnx rows.csv
is 'a tree: shapley-int' "$status" 0
run ggig --method=grad tree.onnx rows.csv
is 'a tree has no gradient: the message names other tools' \
    "$(grep -c 'decision trees are steps, which shapley-int' "$T/err")" 1
run onnx-run --output-name=p linear.onnx rows.csv
is 'a classifier of two classes: probabilities' "$(jq -c '[.outputs[0].values[] * 1e4 | round]' "$T/out" | head -n 1)" '[5000,5000]'
run onnx-run linear.onnx rows.csv
is 'a classifier of two classes: labels' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '["no"] ["yes"] '
run ggig --method=grad --score=raw -t 1 linear.onnx rows.csv
is 'a classifier has a gradient' "$(head -n 1 "$T/out" | jq -c '.attribution.values')" '[0.25,0.5]'

# ---- Text ----

printf 'age,city\n11,Rome\n12,Oslo\n30,"Paris, France"\n' >people.csv
run onnx-run pipeline.onnx people.csv
clean 'columns of text and of numbers, found by their names'
is 'labels of text' "$(jq -r '.outputs[0].values[0]' "$T/out" | tr '\n' ' ')" 'old young old '
is 'scores beside labels of text' "$(jq -c '.outputs[1].values' "$T/out" | tr '\n' ' ')" '[20,21] [20,13] [20,30] '
is 'an operator from text to text' "$(jq -r '.outputs[2].values[0]' "$T/out" | tr '\n' ' ')" \
    'Italy Norway ? '
run onnx-run -f csv pipeline.onnx people.csv
is '-f csv of text' "$(sed -n 2p "$T/out")" 'people.csv,0,old,20,21,Italy'
echo 11 >age.csv
echo Rome >city.csv
run onnx-run -i city=city.csv -i age=age.csv pipeline.onnx
is '-i of a file of text' "$(values '[.outputs[].values[0]]')" '["old",20,"Italy"]'
run onnx-run -i city=sv.npy -i age=age.csv pipeline.onnx
refused 'numbers are no text' 1 'where text is wanted'
# One text of four code points.
printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '<U4', 'fortran_order': False, 'shape': (1, 1), }" >u.npy
printf 'O\0\0\0s\0\0\0l\0\0\0o\0\0\0' >>u.npy
run onnx-run -i city=u.npy -i age=age.csv pipeline.onnx
is 'an array of text' "$(values '.outputs[2].values')" '["Norway"]'
printf '\010\001\010\001\020\0102\004Rome' >rome.pb
run onnx-run -i city=rome.pb -i age=age.csv pipeline.onnx
is 'a TensorProto of text' "$(values '.outputs[2].values')" '["Italy"]'
run onnx-run -f npy --output-name=label -i city=rome.pb -i age=age.csv pipeline.onnx
is '-f npy of text is refused' "$status$(grep -c 'holds text' "$T/err")" 11
run ggig --method=inputxgrad --output-name=scores -t 1 pipeline.onnx people.csv
is 'the gradient by the numbers beside text' "$(jq -c '.attribution.values[0]' "$T/out" | tr '\n' ' ')" \
    '11 12 30 '

# ---- Token ids ----

echo 1,1,1 >mask.csv
echo 1,2,0 >ids.csv
echo 5,0 >past.csv
printf 'the,cat,sat\n1,2,0\n' >words.csv
printf '3,3,3\n1,1,1\n' >others.csv
of_ids() {
    tool=$1
    shift
    run "$tool" -i mask=mask.csv -i past=past.csv "$@" tokens.onnx ids.csv
}
of_ids ggig --method=inputxgrad
clean 'token ids are explained by their embedding'
is 'the record names the embedding as the input' "$(values .input)" '{"name":"embedded","shape":[1,3,2]}'
is 'an embedding: a number for each token' "$(values .attribution)" '{"shape":[3],"values":[12,30,1]}'
of_ids ggig --method=inputxgrad --wrt=auto
is '--wrt=auto: the embedding of token ids' "$(values .attribution.values)" '[12,30,1]'
of_ids ggig --method=inputxgrad --wrt=embedded
is '--wrt of an embedding: a number for each channel' "$(values .attribution.values)" '[2,10,0,30,1,0]'
of_ids ggig --method=ig --times-input -b 1
is '--baseline=NUMBER is that of the embedding' "$(values .attribution.values)" '[1,19,-10]'
of_ids ggig --method=ig --times-input -b mask.csv
is '--baseline=FILE has ids' "$(values .attribution.values)" '[0,18,-11]'
of_ids ggig --method=expected --background=others.csv
is '--background has ids' "$(values '[.attribution.values[] | round]')" '[-1,17,-12]'
of_ids ggig --method=occlusion
is 'players of an embedding are tokens' "$(values .attribution)" '{"shape":[3],"values":[12,30,1]}'
of_ids ggig --wrt=ids
refused 'ids have no gradient' 2 "'ids' holds integers"
of_ids shapley-int --index=sv --order=1
is 'shapley-int: players are tokens' "$(values '[.interactions[].value]')" '[12,30,1]'
of_ids attr-decompose --methods=gxi,occ1
is 'attr-decompose: players are tokens' "$(values '[.methods[].attribution]')" '[[12,30,1],[12,30,1]]'
of_ids xderiv --order=1 --method=fd
is 'xderiv: features are tokens' "$(values '[.interactions[] | .set[0]] | sort')" '[0,1,2]'
run ggig --method=inputxgrad -i mask=mask.csv -i past=past.csv tokens.onnx words.csv
is 'the record has the names of tokens and their ids' "$(values '[.names, .x]')" '[["the","cat","sat"],[1,2,0]]'

printf 'a\tb c\td\n' >tokens.txt
of_ids ggig --method=inputxgrad --tokens=tokens.txt
is '--tokens separated by tabs' "$(values .names)" '["a","b c","d"]'
printf 'a b\n' >tokens.txt
of_ids ggig --method=inputxgrad --tokens=tokens.txt
is '--tokens separated by blanks; fewer than the sample has' "$(values .names)" '["a","b",""]'
printf 'a b c d\n' >tokens.txt
of_ids ggig --method=inputxgrad --tokens=tokens.txt
refused '--tokens: more than the sample has' 1 'line 1 of --tokens has 4 tokens, and the sample has 3'
for json in '["a b", "c"]' '[["a", "b"], ["c"]]' '[{"text": "a b", "label": 1}]' '{"tokens": ["a", "b"]}' \
    '[ {"words": ["a",
 "b"]} ]'; do
    echo "$json" >tokens.json
    of_ids ggig --method=inputxgrad --tokens=tokens.json
    is "--tokens in JSON: $json" "$(values .names)" '["a","b",""]'
done
printf '[CLS] b\n{"text": "c"}\n' >tokens.json
of_ids ggig --method=inputxgrad --tokens=tokens.json
is '--tokens: a line that begins with a bracket is a line' "$(values .names)" '["[CLS]","b",""]'
echo '[{"label": 1}]' >tokens.json
of_ids ggig --method=inputxgrad --tokens=tokens.json
refused '--tokens in JSON: an item without tokens' 1 'sample 0 has no tokens'
printf 'zero\none\n' >vocab.txt
of_ids ggig --method=inputxgrad --vocab=vocab.txt
is '--vocab: names of ids' "$(values .names)" '["one","2","zero"]'
printf '{"model":{"vocab":{"one":1,"zero":0}}}' >vocab.json
of_ids ggig --method=inputxgrad --vocab=vocab.json
is '--vocab in JSON: names of ids' "$(values .names)" '["one","2","zero"]'
of_ids shapley-int --index=sv --order=1 --vocab=vocab.txt
is '--vocab: names of players' "$(values '[.interactions[].names[0]]')" '["one","2","zero"]'
of_ids shapley-int --index=sv --order=1 --vocab=vocab.txt --keep-ids=2,7
is '--keep-ids: these tokens are no players' "$(values '[.interactions[] | .names[0], .value]')" '["one",12,"zero",1]'
is '--keep-ids is a param' "$(values .params.keep_ids)" '"2,7"'
of_ids ggig --method=occlusion --keep-ids=1
is '--keep-ids with methods of players of ggig' "$(values .attribution)" '{"shape":[2],"values":[30,1]}'
printf '<pad>\n[CLS]\nword\n' >special.txt
of_ids shapley-int --index=sv --order=1 --vocab=special.txt
is 'special words of --vocab are kept' "$(values '[.names, .params.keep_ids]')" '[["word"],"0,1"]'
of_ids shapley-int --index=sv --order=1 --vocab=special.txt --keep-ids=none
is '--keep-ids=none keeps no special word' "$(values '[.names, .params.keep_ids]')" '[["[CLS]","word","<pad>"],"none"]'
of_ids shapley-int --index=sv --order=1 --vocab=special.txt --keep-ids=2
is '--keep-ids=ID replaces the special words' "$(values .names)" '["[CLS]","<pad>"]'
echo 1,1,0 >mask.csv
of_ids shapley-int --index=sv --order=1
is 'tokens that an attention mask leaves out are no players' "$(values '[.interactions[].set]')" '[[0],[1]]'
echo 1,1,1 >mask.csv
of_ids shapley-int --keep-ids=0,1,2
refused '--keep-ids of all tokens' 2 'all tokens are kept'
of_ids shapley-int --keep-ids=1,x
refused '--keep-ids of a word' 2 'ID,ID'

# ---- A language model with a cache ----

# npy SHAPE FORMAT WORD...: writes an array of int64, or of float32 without elements.
array() {
    printf '\223NUMPY\001\000v\000%-117s\n' "{'descr': '$2', 'fortran_order': False, 'shape': ($1), }"
    shift 2
    for word in "$@"; do
        printf "\\$(printf %o "$word")\\0\\0\\0\\0\\0\\0\\0"
    done
}
array '1, 1, 0, 8' '<f4' >empty.npy
array '1, 5' '<i8' 3 1 4 1 5 >all.npy
array '1, 5' '<i8' 1 1 1 1 1 >mask5.npy
array '1, 3' '<i8' 3 1 4 >first.npy
array '1, 3' '<i8' 1 1 1 >mask3.npy
array '1, 2' '<i8' 1 5 >rest.npy
of_llama() {
    tool=$1 mask=$2 k=$3 v=$4
    shift 4
    run "$tool" --double -i mask="$mask" -i past_k="$k" -i past_v="$v" "$@"
}
of_llama onnx-run mask5.npy empty.npy empty.npy llama.onnx all.npy
clean 'a decoder with an empty cache'
whole=$(values '[.outputs[0].values[-22:][] * 1e6 | round]')
for output in present_k present_v; do
    onnx-run -q --double -f npy -o $output.npy --output-name=$output -i mask=mask3.npy \
        -i past_k=empty.npy -i past_v=empty.npy llama.onnx first.npy || exit 1
done
of_llama onnx-run mask5.npy present_k.npy present_v.npy llama.onnx rest.npy
is 'a decoder with a cache: the last two tokens' \
    "$(values '[.outputs[0].values[] * 1e6 | round]')" "$whole"
of_llama ggig mask5.npy empty.npy empty.npy --method=ig --times-input -b 0.5 --steps=300 -t 4,7 llama.onnx all.npy
clean 'attributions of the tokens of a decoder'
is 'a decoder is explained by its embedding' "$(values '[.input.name, .attribution.shape]')" '["x",[5]]'
is 'a decoder: attributions add up to f' "$(values '.completeness_gap | fabs < 1e-5')" true
of_llama ggig mask5.npy empty.npy empty.npy --method=inputxgrad -t 1,7 llama.onnx all.npy
is 'a decoder: later tokens do not count' "$(values '[.attribution.values[] != 0]')" \
    '[true,true,false,false,false]'

# ---- Unusual files ----

echo 41,82,123 >odd.csv
run onnx-run odd.onnx odd.csv
is 'a model of a later operator set runs' "$status" 0
is 'integer division' "$(values .outputs[1].values)" '[1,2,3]'
is 'one warning about the operator set' "$(grep -c 'opset 40' "$T/err")" 1
is 'one warning about Dropout in training mode' "$(grep -c 'Dropout in training mode' "$T/err")" 1
run onnx-run -q odd.onnx odd.csv
is '-q: no warnings' "$(cat "$T/err")" ''


# ---- Unsigned numbers ----

echo -1,3 >wide.csv
run onnx-run wide.onnx wide.csv
is 'the largest uint64 in JSON' "$(grep -o '"values":[^]]*]' "$T/out")" '"values":[18446744073709551615,3]'
run onnx-run -f text wide.onnx wide.csv
clean 'the largest uint64 as text'
run onnx-run -f npy -o wide.npy wide.onnx wide.csv
refused '-f npy of uint64 above 2^63 - 1' 1 'numbers above 2^63 - 1'

end

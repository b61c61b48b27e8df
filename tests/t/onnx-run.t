#!/bin/sh
# onnx-run.t - inference and listing: inputs, outputs and statuses.
. tests/tap.sh

mkdir "$T/work" "$TOP/tests/golden" 2>/dev/null
cd "$T/work" || exit 1
"$BUILD/tests/programs/models" . >/dev/null || exit 1
cp "$DATA/digits8.onnx" "$DATA/digits8.npy" .

# Prints numbers rounded, so that processors with other vector widths agree.
rounded() {
    jq -c 'walk(if type == "number" then . * 1e6 | round / 1e6 else . end)' "$T/out" >"$T/rounded"
    mv "$T/rounded" "$T/out"
}
values() {
    jq -c '.outputs[0].values' "$T/out" >"$T/values"
}

# ---- Outputs ----

run onnx-run digits8.onnx digits8.npy
clean 'json is the default of a pipe'
values
near 'logits in float32' "$T/values" "$DATA/digits8.logits" 1e-4
is 'one record for each sample, with its index' "$(jq -c .index "$T/out" | tr '\n' ' ')" "$(seq -s ' ' 0 19) "
run onnx-run --double digits8.onnx digits8.npy
clean '--double'
values
near 'logits in float64' "$T/values" "$DATA/digits8.logits" 1e-9
cp "$T/out" double.json

run onnx-run --double --top=3 --rows=1:3 digits8.onnx digits8.npy
rounded
golden onnx-run.json
is 'keys and their order' "$(head -n 1 "$T/out" | jq -c 'keys_unsorted')" \
    '["tool","version","id","index","model","input","params","outputs","top","cost","warnings"]'

printf '%s\n' zero one two three four five six seven eight nine >labels
run onnx-run --double -f text --top=2 --labels=labels --rows=:2 digits8.onnx digits8.npy
clean '-f text'
golden onnx-run.txt
run onnx-run --top=2 --labels=labels --rows=0:1 digits8.onnx digits8.npy
is '--labels in records' "$(jq -c '[.top[] | .index, .label]' "$T/out")" '[2,"two",3,"three"]'
# Lists in JSON, as tokenizers and lists of classes have them. A file that is no JSON has lines.
jq -Rn '[inputs]' <labels >list.json
jq -c 'to_entries | map({(.value): .key}) | add' list.json >indices.json
jq -c 'to_entries | map({(.key | tostring): ["n0", .value]}) | add' list.json >classes.json
jq '{id2label: ., other: [1]}' classes.json >config.json
jq '{version: 1, model: {type: "x", vocab: .}}' indices.json >tokenizer.json
jq 'map([., -1.5])' list.json >scored.json
for file in list indices classes config tokenizer scored; do
    run onnx-run --top=2 --labels=$file.json --rows=0:1 digits8.onnx digits8.npy
    is "--labels in JSON: $file" "$(jq -c '[.top[].label]' "$T/out")" '["two","three"]'
done
{ echo '[zero]' && tail -n +2 labels; } >bracket
run onnx-run --top=1 --labels=bracket --rows=0:1 digits8.onnx digits8.npy
is '--labels that begin with a bracket are lines' "$(jq -c '[.top[].label]' "$T/out")" '["two"]'
for json in '{"a":1.5}' '{"a":-1}' '{"a":99999999999}' '[1,2]' '{}'; do
    echo "$json" >wrong.json
    run onnx-run --labels=wrong.json --rows=0:1 digits8.onnx digits8.npy
    refused "--labels: $json" 1 'no list of names\|no index of a name'
done
run onnx-run --top=50 --rows=0:1 digits8.onnx digits8.npy
is '--top above the number of classes' "$(jq '.top | length' "$T/out")" 10
is '--top: sorted' "$(jq '[.top[].value] == ([.top[].value] | sort | reverse)' "$T/out")" true
is '--top: probabilities add up to 1' "$(jq '[.top[].prob] | add * 1e5 | round' "$T/out")" 100000

run onnx-run -f npy -o out.npy digits8.onnx digits8.npy
clean '-f npy'
is '-f npy: the header' "$(head -c 6 out.npy | od -An -c | tr -d ' ')" '223NUMPY'
is '-f npy: the shape of all samples' "$(head -c 128 out.npy | grep -ao "'shape': ([^)]*)")" "'shape': (20, 10)"
run onnx-run -f svg --rows=0:1 digits8.onnx digits8.npy
clean '-f svg'
ok '-f svg of the likeliest classes' grep -q '<svg' "$T/out"
run onnx-run -f png -o bars.png --top=3 --labels=labels --rows=0:1 digits8.onnx digits8.npy
clean '-f png'
is '-f png: the signature' "$(head -c 4 bars.png | tail -c 3)" PNG
head -n 2 "$DATA/diabetes.csv" >row.csv
run onnx-run -f svg "$DATA/diabetes.onnx" row.csv
clean 'a picture of a regression'
for text in y −0.6714; do
    ok "a picture of a regression: $text" grep -qx -e "$text" "$T/out"
done
run onnx-run --list -f png -o list.png digits8.onnx
refused '--list -f png' 2 'not drawn'

run onnx-run --list digits8.onnx
clean '--list'
golden onnx-run-list.json
run onnx-run --list -f text digits8.onnx
golden onnx-run-list.txt
run onnx-run --list unknown-operator.onnx
is '--list: an operator that is not supported' "$(jq -c 'select(.supported | not) | .op' "$T/out")" '"Frobnicate"'

run onnx-run --rows=0:1 --output-name=/3/MaxPool_output_0 digits8.onnx digits8.npy
clean '--output-name of an inner tensor'
is '--output-name: name and shape' "$(jq -c '.outputs[0] | [.name, .shape]' "$T/out")" \
    '["/3/MaxPool_output_0",[1,16,4,4]]'
run onnx-run --timing --rows=0:1 digits8.onnx digits8.npy
is '--timing: seconds' "$(jq '.seconds >= 0' "$T/out")" true

# ---- Inputs ----

onnx-run --double digits8.onnx <digits8.npy >"$T/out"
is 'input from standard input' "$(jq -c 'del(.id)' "$T/out")" "$(jq -c 'del(.id)' double.json)"
onnx-run --double - digits8.npy <digits8.onnx >"$T/out"
is 'model from standard input' "$(jq -c 'del(.model.file)' "$T/out")" \
    "$(jq -c 'del(.model.file)' double.json)"
run sh -c 'cat digits8.npy | onnx-run --double digits8.onnx -'
is 'input from a named pipe' "$(jq -c .outputs "$T/out")" "$(jq -c .outputs double.json)"
for rows in 3: :4 2:5 7:7 15:99; do
    run onnx-run --double --rows=$rows digits8.onnx digits8.npy
    is "--rows=$rows" "$status $(cat "$T/out")" "0 $(jq -cs ".[$rows][]" double.json)"
done
for rows in 5:2 1:0 -1: : 3 1:2:3 0x1:; do
    run onnx-run --double --rows=$rows digits8.onnx digits8.npy
    case $rows in :) want="0 20" ;; *) want="2 0" ;; esac
    is "--rows=$rows: status and records" "$status $(wc -l <"$T/out")" "$want"
done
run onnx-run --output-name=nowhere digits8.onnx digits8.npy
is '--output-name that does not exist: status' "$status" 2

printf 'left,right\n1,2\n-1,0.5\n' >x.csv
run onnx-run --double soft.onnx x.csv
clean 'a table with a header'
rounded
is 'a table with a header: values' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" \
    '[0.975559,0.006573,0.017868] [0.154281,0.154281,0.691438] '
printf '1\t2\n-1\t.5' >x.tsv
run onnx-run --double soft.onnx x.tsv
is 'a table with tabs, and without a newline at the end' "$(jq -s length "$T/out")" 2
run onnx-run --double soft.onnx x.csv x.tsv
is 'several files: id and index' "$(jq -c '[.id, .index]' "$T/out" | tr '\n' ' ')" \
    '["x.csv",0] ["x.csv",1] ["x.tsv",0] ["x.tsv",1] '
cp "$T/out" several.json
printf 'x.csv\nx.tsv\n' >names
run onnx-run --double --files-from=names soft.onnx
ok '--files-from=FILE' cmp "$T/out" several.json
printf 'x.csv\0x.tsv\0' | onnx-run --double --files-from=- -0 soft.onnx >"$T/out"
ok '--files-from=- -0' cmp "$T/out" several.json

printf '1,2\n3,4\n' >a.csv
printf '5,6\n7,8\n' >b.csv
run onnx-run -i b=b.csv two.onnx a.csv
clean 'two inputs'
is 'two inputs: sample k goes with sample k' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '[5.5,11] [21.5,31] '
run onnx-run -i a=a.csv -i b=b.csv two.onnx
is 'two inputs by name' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '[5.5,11] [21.5,31] '
echo 10,100 >one.csv
run onnx-run -i b=one.csv two.onnx a.csv
is 'two inputs: the single sample of b serves all samples of a' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '[10.5,199] [30.5,399] '
run onnx-run -i a=one.csv -i b=b.csv two.onnx
is 'two inputs: the single sample of a serves all samples of b' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '[50.5,599] [70.5,799] '
run onnx-run -i a=one.csv -i b=one.csv two.onnx
is 'two inputs of one sample each' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '[100.5,9999] '
printf '1,1\n2,2\n3,3\n' >three.csv
run onnx-run -i b=b.csv two.onnx three.csv
is 'two inputs of different numbers of samples: status' "$status" 1
is 'two inputs of different numbers of samples: an error for each missing sample' "$(jq -c .error.status "$T/out" | tr '\n' ' ')" 'null null 1 '
run onnx-run two.onnx "$DATA/two.npz"
clean 'an archive with both inputs'
is 'an archive with both inputs: values' "$(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '[5.5,11] [21.5,31] '
run onnx-run two.onnx a.csv
is 'an input that is missing: status' "$status" 2
ok 'an input that is missing: the message names it' grep -q "'b'" "$T/err"
run onnx-run -i b=one.csv -i nowhere=one.csv two.onnx a.csv
is '-i of an input that does not exist: status' "$status" 2

# ---- Failed samples ----

printf '1,2\n3\n5,6\n' >gap.csv
run onnx-run --double soft.onnx gap.csv x.csv missing.csv
is 'failed samples: status' "$status" 1
is 'failed samples: their records and those of the others' "$(jq -c '[.id, .index, .error.status]' "$T/out" | tr '\n' ' ')" \
    '["gap.csv",0,null] ["gap.csv",1,1] ["gap.csv",2,null] ["x.csv",0,null] ["x.csv",1,null] ["missing.csv",0,1] '
is 'failed samples: a line each' "$(wc -l <"$T/err")" 2
ok 'failed samples: file, place and reason' grep -qx 'onnx-run: gap.csv: sample 1: line 2: .*' "$T/err"
printf '3\n1,2\n' >bad.csv
run sh -c 'onnx-run --double soft.onnx bad.csv >/dev/full'
is 'the status is the worst of all errors' "$status" 5
run onnx-run -f text soft.onnx gap.csv
is '-f text has no line for failed samples' "$(grep -c '^gap.csv' "$T/out")" 2

# Fast convolutions warn if they are not exact, on processors that have them.
jq -nr 'range(2) as $k | [range(14400) | (. * 13 % 7) / 7 + (if . % 2 == 0 then $k * 3e7 else 0 end)] | @csv' >large.csv
if grep -q -w avx2 /proc/cpuinfo; then
    run onnx-run --rows=0:1 cancelling.onnx large.csv
    is 'a plain picture: no warning' "$status $(cat "$T/err")" '0 '
    tac large.csv >later.csv
    run onnx-run cancelling.onnx later.csv
    is 'a record with a warning before one without' "$(jq '.warnings | length' "$T/out" | tr '\n' ' ')" '1 0 '
    for tool in onnx-run 'ggig --method=grad'; do
        run $tool --rows=1:2 cancelling.onnx large.csv
        warned "$tool: sums that cancel" 'a convolution was off by more than 1e-5; --exact-conv'
        is "$tool: the record has the warning" "$(jq '.warnings | map(select(contains("--exact-conv"))) | length' "$T/out")" 1
        run $tool --exact-conv --rows=1:2 cancelling.onnx large.csv
        is "$tool --exact-conv: no warning" "$status $(cat "$T/err")" '0 '
    done
fi

for k in 1 2 3 4 5 6 7 8 9 10 11; do
    run onnx-run --top=$k digits8.onnx digits8.npy
    is "--top=$k: the largest in their order" "$(jq -c '[.top[].index]' "$T/out")" \
        "$(jq -c ".outputs[0].values as \$v | [range(10)] | sort_by(-\$v[.])[:$k]" "$T/out")"
done
run onnx-run -f text --rows=0:1 "$DATA/review.onnx" "$DATA/review.npy"
is '-f text: both classes of one number' "$(awk 'NR > 2 { print $3 }' "$T/out" | tr '\n' ' ')" '1 0 '
run onnx-run -f text --rows=0:1 "$DATA/diabetes.onnx" "$DATA/diabetes.csv"
is '-f text: no classes of a regression' "$(grep -c prob "$T/out")" 0

# ---- Files of outputs ----

run onnx-run -o out.json --double digits8.onnx digits8.npy
clean '-o'
ok '-o writes the same bytes' cmp out.json double.json
for j in 1 2 3; do
    for batch in 1 7 64; do
        run onnx-run -j $j --batch=$batch --double digits8.onnx digits8.npy
        ok "-j $j --batch=$batch: the same bytes" cmp "$T/out" double.json
    done
done
# ---- NaN and infinities ----

{
    head -c 236 digits8.npy
    printf '\000\000\300\177'
    tail -c +241 digits8.npy
} >hole.npy
run onnx-run --rows=0:2 digits8.onnx hole.npy
clean 'a picture with a NaN'
is 'a picture with a NaN: nonfinite outputs' "$(jq -c '[.nonfinite, (.outputs[0].values | unique | length)]' "$T/out" | paste -sd ' ')" '[10,1] [null,10]'

run onnx-run --version
is '--version' "$(cat "$T/out")" "onnx-run (sextant) $(sed -n 's/.*SX_VERSION "\(.*\)"/\1/p' "$TOP/lib/sextant/base.h")"
run onnx-run --help
clean '--help'
# Except for a list of choices, which has no blank at which it could be broken.
ok '--help: at most 100 columns' test "$(awk '!/^ *[a-z|]* \[auto\]$/ { print length }' "$T/out" | sort -n | tail -n 1)" -le 100
if have script && script -qec true /dev/null >"$T/out" 2>&1 </dev/null; then
    script -qec 'onnx-run -f npy soft.onnx x.csv' /dev/null >"$T/out" 2>&1 </dev/null
    is 'npy to a terminal: status' $? 2
    ok 'npy to a terminal: the message names -o' grep -q -e '-o FILE' "$T/out"
    script -qec 'onnx-run soft.onnx x.csv' /dev/null >"$T/out" 2>&1 </dev/null
    ok '-f text is the default of a terminal' grep -q '^x.csv\[0\]' "$T/out"
else
    skip 'no script(1), or no terminals'
fi
end

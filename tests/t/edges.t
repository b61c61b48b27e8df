#!/bin/sh
# edges.t - command lines and files just inside and just outside of what is accepted, and what the
# tools make of repeated, empty and equal things.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes.onnx "$DATA"/diabetes.csv "$DATA/picture.png"

# ---- Numbers of options ----

run onnx-run --rows=20: digits8.onnx digits8.npy
is '--rows from the end on: nothing, and no failure' "$status $(cat "$T/out" "$T/err")" '0 '
run onnx-run --rows=21: digits8.onnx digits8.npy
is '--rows from beyond the end on' "$status $(grep -c 'it has 20 samples, and --rows begins at 21' "$T/err")" '1 1'
run onnx-run --rows=100000000000000000:100000000000000001 digits8.onnx digits8.npy
is '--rows of 18 digits' "$status $(grep -c 'it has 20 samples' "$T/err")" '1 1'
run onnx-run --rows=1000000000000000000: digits8.onnx digits8.npy
refused '--rows of 19 digits' 2 'does not fit option --rows'
for wrong in 0 -1 1.5 '' 9223372036854775808; do
    run onnx-run --top=$wrong digits8.onnx digits8.npy
    refused "--top=$wrong" 2 "'$wrong' does not fit option --top: a whole number of at least 1"
done
run onnx-run --top=9223372036854775807 --rows=0:1 digits8.onnx digits8.npy
is '--top of the largest number: all elements' "$status $(jq '.top | length' "$T/out")" '0 10'
run onnx-run -o x.json -o x.json --rows=0:1 digits8.onnx digits8.npy
is 'the last of an option that is repeated counts' "$status $(jq .index x.json)" '0 0'
run onnx-run -f text --rows=0:1 digits8.onnx digits8.npy
is '-f text: five classes by default' "$(grep -c '^  [0-9]' "$T/out")" 5

# ---- Messages ----

# shellcheck disable=SC2046 # names
run onnx-run digits8.onnx $(seq -f 'no%g.npy' 10)
is 'ten failures: each has its line, and there is no other' "$status $(wc -l <"$T/err")" '1 10'
# shellcheck disable=SC2046 # names
run onnx-run digits8.onnx $(seq -f 'no%g.npy' 11)
is 'eleven failures: the first ten, and their number' "$(grep -c 'no[0-9]*.npy' "$T/err") $(tail -n 1 "$T/err")" \
    '10 onnx-run: 11 samples failed; the first 10 are named above'
run ggig --method=expected,expected --rows=0:2 --samples=2 digits8.onnx digits8.npy
is 'a warning counts each sample once' "$(grep -c 'no --background.*(2 samples)' "$T/err")" 1
run ggig --method=grad --channels=gray digits8.onnx picture.png
is 'no note about pictures that options prepare' "$(grep -c 'pictures are scaled' "$T/err")" 0
run xderiv -f text --order=1 diabetes.onnx diabetes.csv
is 'twenty samples one by one: --agg is suggested' "$(grep -c '20 samples one by one: --agg=median' "$T/err")" 1
run xderiv -f text --order=1 --rows=1: diabetes.onnx diabetes.csv
is 'nineteen samples: it is not' "$(grep -c 'one by one' "$T/err")" 0

# ---- Files of names ----

printf '0\r\n1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n\r\n\n' >dos
run onnx-run --top=1 --labels=dos --rows=0:1 digits8.onnx digits8.npy
is 'lines may end as in DOS, and empty ones at the end do not count' "$status $(jq -c '.top[0] | .label == (.index | tostring)' "$T/out")" '0 true'
seq 0 9 | jq -nc '[inputs | ["n\(.)", "digit \(.)"]]' >pairs.json
run onnx-run --top=1 --labels=pairs.json --rows=0:1 digits8.onnx digits8.npy
is 'of a list of texts the last is the name' "$(jq -c '.top[0] | .label == "digit \(.index)"' "$T/out")" true
echo '{"a": 10000000}' >far.json
run onnx-run --labels=far.json digits8.onnx digits8.npy
refused 'an index of ten millions' 1 '10000000 is no index of a name'

# ---- Names of files and samples ----

cp digits8.npy .hidden
run onnx-run --rows=0:1 -o names/ digits8.onnx .hidden
is 'a name that begins with a dot has no suffix there' "$status $(find names -type f)" '0 names/.hidden.0.json'
tabbed=$(printf 'a\tb.npy')
cp digits8.npy "$tabbed"
printf '%s\t3\n' "$tabbed" >skip
run onnx-run --skip-ids=skip --rows=2:5 digits8.onnx "$tabbed"
is '--skip-ids: the last tab is before the index' "$status $(jq .index "$T/out" | tr '\n' ' ')" '0 2 4 '
run onnx-run digits8.onnx picture.png
is 'the note about pictures says their size' "$(grep -c 'pictures are scaled to \[0,1\] and resized to 8x8' "$T/err")" 1
run attr-score --help
is '--help has the defaults' "$(grep -c -e '--steps=N .*\[100\]' "$T/out")" 1

# ---- Tokens ----

ln -s "$DATA"/review.* .
printf 'a\t\tb\n' >tokens
run ggig --method=grad --tokens=tokens --rows=0:1 review.onnx review.npy
is 'between two tabs there is an empty token' "$status $(jq -c '.names[:3]' "$T/out")" '0 ["a","","b"]'
printf 'a  b \n' >tokens
run ggig --method=grad --tokens=tokens --rows=0:1 review.onnx review.npy
is 'between two blanks there is none' "$status $(jq -c '.names[:3]' "$T/out")" '0 ["a","b",""]'
{ echo a; seq 5000 | tr '\n' ' '; } >tokens
run ggig --method=grad --tokens=tokens --rows=0:2 review.onnx review.npy
is 'a line with too many tokens' "$status $(jq -c '.error.message | strings | test("^line 2 of --tokens has 5000 tokens, and the sample has ")' "$T/out")" '1 true'

# ---- Labels and groups ----

flint="flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=1"
seq 0.5 19.5 >halves
run $flint -y halves -o no.onnx
refused 'classes that are no whole numbers' 1 'labels are the numbers of classes'
for _ in 1 2 3 4 5; do printf 'b\na\nb\nc\n'; done >groups
run $flint --groups=groups --val-frac=0.25 -o grouped.onnx
is 'groups of equal lines stay together' "$(jq -c '.split | [.by, .validation == 5 or .validation == 10]' "$T/out")" '["groups",true]'
run $flint --val-frac=0 -o whole.onnx
is 'no sample is held back: nothing says by what' "$(jq -c .split "$T/out")" '{"by":null,"train":20,"validation":0,"unseen":null}'
run $flint --log=log --checkpoint=c -o c.onnx
run $flint --log=log --checkpoint=c --resume -o c.onnx
is '--resume keeps the log' "$status $(jq -c .epoch log | tr '\n' ' ')" '0 1 '
run flint-visualize -q --am --rounds=2 --steps=3 --pair=3:7 --mas=1 whole.onnx digits8.npy
is 'the cost of maximised samples' "$(jq -c '(.pairs[0].mas | length) as $n | [.cost.forward == 40 + 6 * $n + 3 * $n, .cost.backward == 6 * $n]' "$T/out")" '[true,true]'
run flint-explain -q -f png --rows=0:1 --top=16 --tau=1e9 -o all.png whole.onnx digits8.npy
run flint-explain -q -f png --rows=0:1 --top=99 --tau=1e9 -o more.png whole.onnx digits8.npy
ok 'a sheet has no columns for attributes that do not exist' cmp all.png more.png
run flint-visualize -q -f svg --am --rounds=1 --steps=1 --mas=2 --pair=3:7 -o am.svg whole.onnx digits8.npy
is 'columns of a sheet are counted from 1' "$(grep -xE '(sample|maximised) [0-9]' am.svg | tr '\n' ' ')" \
    'sample 1 sample 2 maximised 1 maximised 2 '

# ---- Statuses and files ----

ggig --method=grad --rows=0:2 digits8.onnx digits8.npy >maps
jq -c '.attribution.values[0] += 1' maps >other
attr-score --compare=other --max=max_abs:0.5 -o drift.json <maps 2>"$T/err"
is 'a bound that does not hold: the results are written' "$? $(wc -l <drift.json)" '4 2'
ggig --method=grad --wrt=/2/Relu_output_0 --rows=0:1 -o half.json digits8.onnx digits8.npy
run ggig --method=grad --rows=0:2 --resume -o half.json digits8.onnx digits8.npy
is '--resume of maps of another tensor' "$status $(grep -c 'explains by another tensor' "$T/err")" '2 1'
printf '{"id":"a","method":"ig","input":{"shape":[1,1,2,2]},"attribution":{"shape":[2,2],"values":[1,2,3,4]}}\n' >one
cat one one >two
sed 's/"id":"a"/"id":"b"/' one >>two
attr-plot -f svg --kind=overlay <two >"$T/out" 2>"$T/err"
is 'one of several records is drawn' "$(grep -c 'only the first 1 of 3 records is drawn' "$T/err")" 1
attr-plot -f svg <two >"$T/out" 2>"$T/err"
is 'two of several records are drawn' "$(grep -c 'only the first 2 of 3 records are drawn' "$T/err")" 1
ggig --method=grad --rows=0:1 diabetes.onnx diabetes.csv >row
for metric in sic aic; do
    run attr-score --map=row --metric=$metric --rows=0:1 diabetes.onnx diabetes.csv
    is "a warning that a table has no $metric" "$status $(grep -c 'sic, aic: null' "$T/err")" '0 1'
done
run attr-decompose -q --effects=taylor --taylor-fit=2 --players=grid:2x2 --methods=gxi --rows=0:1 digits8.onnx digits8.npy
is 'a fit of Taylor terms is no series' "$status $(jq -c '.params | [.taylor, .taylor_fit]' "$T/out")" '0 [0,2]'
end

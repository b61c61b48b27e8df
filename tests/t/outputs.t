#!/bin/sh
# outputs.t - a file per sample, shards, resumed runs. The bytes do not depend on how the work is
# divided.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv" "$DATA/dog.png"
# there FOLDER: prints the names in it, sorted.
there() {
    find "$1" -type f | sed "s,^$1/,," | sort | tr '\n' ' '
}

# ---- A file per sample ----

run ggig --method=grad --rows=0:2 -o out/ digits8.onnx digits8.npy
clean '-o DIR/'
is '-o DIR/ of several samples: names have the index' "$(there out)" 'digits8.0.json digits8.1.json '
run ggig --method=grad --rows=0:2 digits8.onnx digits8.npy
is '-o DIR/: the files have the records of standard output' "$(cat out/*)" "$(cat "$T/out")"
run ggig --method=grad,ig -f csv --rows=:1 -o table/ diabetes.onnx diabetes.csv
is '-o DIR/ of several methods: names have the method, tables a header' "$(there table)$(head -qn 1 table/* | sort -u | cut -c 1-19)" \
    'diabetes.0.grad.csv diabetes.0.ig.csv id,index,method,age'
head -n 2 diabetes.csv >one.csv
run ggig --method=grad -o one/ -f text diabetes.onnx one.csv
is '-o DIR/ of one sample: no index' "$(there one)" 'one.txt '
for format in json text csv tsv npy png; do
    run ggig --method=grad,ig -f $format --rows=3:5 -o "$format/{method}/{stem}-{index}.x" digits8.onnx digits8.npy
    is "-o PATTERN, $format" "$status $(there $format)" \
        '0 grad/digits8-3.x grad/digits8-4.x ig/digits8-3.x ig/digits8-4.x '
done
ok '-o PATTERN: a picture for each sample' cmp png/ig/digits8-3.x png/ig/digits8-4.x -s -n 8
run onnx-run -f npy --rows=2:3 digits8.onnx digits8.npy
cp "$T/out" want
run onnx-run -f npy -o arrays/ --rows=2:3 digits8.onnx digits8.npy
ok 'an array in its own file has the axis of samples' cmp arrays/digits8.2.npy want
mkdir a b
cp dog.png a/x.png
cp dog.png b/x.png
small='--resize=8x8 --channels=gray'
# shellcheck disable=SC2086 # options
run onnx-run $small -o same/ digits8.onnx a/x.png b/x.png a/x.png
is 'names that collide get a number' "$(there same) $(jq -r .id same/x-2.json)" 'x-2.json x-3.json x.json  b/x.png'
# shellcheck disable=SC2086 # options
run onnx-run $small -o 'ids/{id}' digits8.onnx a/x.png b/x.png
is 'a / in an id becomes _' "$(there ids)" 'a_x.png b_x.png '
run onnx-run -o fail/ digits8.onnx none.npy digits8.npy one.csv
is 'a failed sample: its file has the error' "$status $(jq -c .error.status fail/none.json fail/one.json | tr '\n' ' ')" '1 1 1 '
run onnx-run -f csv -o failed/ digits8.onnx none.npy
is 'a table of failed samples only: no file' "$status $(test -e failed && echo there)" '1 '
run onnx-run -o digits8.npy/x/ digits8.onnx digits8.npy
refused 'a file where a folder is wanted' 5 'digits8.npy'
run onnx-run -o none/x.json digits8.onnx digits8.npy
refused 'the directory of a plain FILE is not created' 5 'none/x.json'
run onnx-grad -o 'x{stem}' digits8.onnx
refused '-o DIR/ of one result for all samples' 2 'one result'

# ---- Shards ----

for format in json csv; do
    grad="ggig --method=grad -f $format -q"
    run $grad --seed=4 digits8.onnx digits8.npy none.npy digits8.npy
    cp "$T/out" whole
    from=$(test $format = csv && echo 2 || echo 1) # behind the header
    for i in 0 1 2; do
        $grad --seed=4 --shard=$i/3 -j$((i + 1)) digits8.onnx digits8.npy none.npy digits8.npy 2>err | tail -n +$from
        grep -c none.npy err >>complaints
    done | sort >shards
    is "$format: shards make the whole" "$(cat shards)" "$(tail -n +$from whole | sort)"
done
is '--shard: the failed sample is in one shard' "$(tr '\n' ' ' <complaints)" '0 0 1 0 0 1 '
run onnx-run --shard=1/2 --rows=3:7 digits8.onnx digits8.npy
is '--shard counts after --rows' "$(jq .index "$T/out" | tr '\n' ' ')" '4 6 '
printf 'digits8.npy\t3\ndigits8.npy\t5\nx\n' >skip
run onnx-run --skip-ids=skip --rows=2:8 --shard=0/2 digits8.onnx digits8.npy
is '--shard counts after --skip-ids' "$(jq .index "$T/out" | tr '\n' ' ')" '2 6 '
echo digits8.npy >skip
run onnx-run --skip-ids=skip digits8.onnx digits8.npy
is '--skip-ids: an id without an index is all samples of a file' "$status $(cat "$T/out" "$T/err")" '0 '
for wrong in 3/3 -1/2 1 1/0 a/b; do
    run onnx-run --shard=$wrong digits8.onnx digits8.npy
    refused "--shard=$wrong" 2 I/N
done
for i in 0 1; do
    # shellcheck disable=SC2086 # options
    run onnx-run $small --shard=$i/2 -o shard/ digits8.onnx a/x.png b/x.png a/x.png
done
is '--shard -o DIR/: names as in one run' "$(cat shard/*)" "$(cat same/*)"

# ---- Resuming ----

# goes_on WHAT OPTION...: from every cut, --resume gives the same bytes.
goes_on() {
    what=$1
    shift
    ggig -q "$@" digits8.onnx "$of" none.npy >whole 2>/dev/null
    size=$(wc -c <whole) bad=
    for cut in 0 1 40 $((size / 3)) $((size / 2)) $((size - 1)) "$size"; do
        head -c "$cut" whole >part
        ggig -q "$@" --resume -o part digits8.onnx "$of" none.npy 2>"$T/err" >"$T/out"
        cmp -s part whole || bad="$bad $cut"
    done
    is "$what: --resume from any place" "$bad" ''
}
of=digits8.npy
goes_on json --method=grad -f json
goes_on csv --method=grad -f csv
goes_on 'csv, a row an element' --method=grad -f csv --long --rows=0:3
goes_on 'several methods' --method=grad,inputxgrad -f json
of='say "a, b", c\d
e	"f".npy'
cp digits8.npy "$of"
for format in json csv tsv; do
    goes_on "$format, a name with all that is quoted" --method=grad -f $format --rows=0:3
done
run onnx-run --resume -o new.json --rows=0:2 digits8.onnx digits8.npy
is '--resume: the first run' "$status $(wc -l <new.json)" '0 2'

# other WHAT TEXT OPTION...: --resume is refused, and the file is unchanged.
other() {
    what=$1 text=$2
    shift 2
    cp old part
    run ggig -q "$@" --resume -o part digits8.onnx digits8.npy
    refused "$what" 2 "$text"
    ok "$what: the file does not change" cmp part old
}
ggig --method=smoothgrad --samples=2 --rows=0:3 digits8.onnx digits8.npy >old
other 'other params' 'part: is of other params' --method=smoothgrad --samples=3
printf '{"tool":"ggig","vers' >>old
other 'other params, a torn line' 'part: is of other params' --method=smoothgrad --samples=2 --seed=2
other 'params of all that is done' 'part: is of other params' --method=smoothgrad --samples=3 --rows=0:3
other 'preparation is a param' 'part: is of other params' --method=smoothgrad --samples=2 --mean=1
other 'another score' 'part: explains another score' --method=smoothgrad --samples=2 --score=prob
onnx-run --rows=0:3 digits8.onnx digits8.npy >old
other 'another tool' 'part: line 1 is no record' --method=grad
onnx-run -f csv --rows=0:3 digits8.onnx digits8.npy >old
other 'another table' 'part: has another header line' --method=grad -f csv
ggig --method=grad -f csv --rows=0:3 digits8.onnx digits8.npy | sed '1s/$/,more/' >old
other 'a table of more columns' 'part: has another header line' --method=grad -f csv
ggig --method=grad -f csv --rows=0:3 digits8.onnx digits8.npy | sed '1s/,[^,]*$//' >old
other 'a table of fewer columns' 'part: has another header line' --method=grad -f csv
onnx-run -f csv --rows=0:3 digits8.onnx digits8.npy >old
other 'another format' 'part: line 1 is no record' --method=grad -f json
ggig --method=grad --rows=0:3 diabetes.onnx diabetes.csv >old
other 'another model' 'part: is of another model' --method=grad
ggig --method=grad --rows=0:3 digits8.onnx digits8.npy >records
for change in 's/"output":"[^"]*"/"output":"other"/ explains another tensor' \
    's/"image"/"other"/ explains by another tensor' '2s/ggig/xderiv/ line 2 is no record of this run' \
    '3s/"index":2/"index":x/ line 3 is no record of this run'; do
    sed "${change%% *}" records >old
    other "records with ${change%% *}" "part: ${change#* }" --method=grad
done
ggig -f csv --method=grad --rows=0:3 digits8.onnx digits8.npy >rows
for change in '3s/,1,/,one,/ line 3 is no record of this run' \
    '2s/.*/digits8.npy/ line 2 is no record of this run'; do
    sed "${change%% *}" rows >old
    other "a table with ${change%% *}" "part: ${change#* }" -f csv --method=grad
done
mv records old
cp old part
run flock part ggig --method=grad --resume -o part digits8.onnx digits8.npy
refused 'two runs at once' 5 'part: another run is writing it'
ok 'two runs at once: the file does not change' cmp part old
run ggig --resume digits8.onnx digits8.npy
refused '--resume without -o' 2 'is for -o FILE'
run ggig --resume -f png -o x.png digits8.onnx digits8.npy
refused 'a format that is one thing' 2 'json, csv and tsv'
for i in 0 1; do
    run ggig --method=grad,ig -o dir/ --rows=0:2 --resume digits8.onnx digits8.npy
    rm -f dir/digits8.1.ig.json
    echo mine >dir/digits8.0.grad.json
done
is '--resume with DIR/: existing files are left' "$status $(cat dir/digits8.0.grad.json) $(there dir)" \
    '0 mine digits8.0.grad.json digits8.0.ig.json digits8.1.grad.json '

# A run is killed again and again.
slow='ggig --method=smoothgrad --samples=200 -q -f json'
$slow digits8.onnx digits8.npy >whole
kills=0
rm -f part
while [ $kills -lt 12 ]; do
    timeout -s KILL 0.$((kills + 1)) $slow --resume -o part digits8.onnx digits8.npy 2>/dev/null && break
    kills=$((kills + 1))
done
run $slow --resume -o part digits8.onnx digits8.npy
ok "--resume after $kills kills: the same bytes" cmp part whole

# ---- A run in which every sample fails leaves no empty file ----

echo 'a,b' >letters.csv
for format in text csv tsv; do
    run onnx-run -f $format -o failed.out digits8.onnx letters.csv
    is "-f $format: no empty file" "$status $(ls failed.out 2>/dev/null)" '1 '
done
run onnx-run -f json -o failed.out digits8.onnx letters.csv
is '-f json: a record of the error' "$status $(jq -r .error.status failed.out)" '1 1'
run attr-score --compare=missing.ndjson -o compared.out </dev/null
is 'attr-score --compare: no empty file' "$status $(ls compared.out 2>/dev/null)" '1 '

end

#!/bin/sh
# inputs.t - contents of input files: nothing, other formats, missing cells. Also which array is
# read.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
"$BUILD/tests/programs/inputs" . || exit 1
make() {
    "$BUILD/tests/programs/inputs" "$@" || exit 1
}
values() {
    jq -c "if .error then \"error\" else .outputs[0].values end" "$T/out" | tr '\n' ' '
}
# lost WHAT TEXT: there is one error record and one line with TEXT, and the status is 1.
lost() {
    is "$1: status, records, lines" \
        "$status $(jq -s '[.[] | select(.error)] | length' "$T/out") $(wc -l <"$T/err")" '1 1 1'
    ok "$1: says why" grep -qi -e "$2" "$T/err"
}
shape() {
    head -c 128 "$1" | grep -ao "'shape': ([^)]*)"
}

printf '1,2,3\n4,5,6\n' >two.csv
: >empty
printf 'a,b,c\n' >header.csv
printf '<!DOCTYPE html>\n<html>\n<p>1,2,3\n' >page.png
printf '{"error": "denied",\n "rows": 3}\n' >denied.csv
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:01\nsize 3\n' >pointer.npy
printf 'RIFF\020\0\0\0WEBPVP8 ' >picture.jpg

# ---- Empty and unreadable inputs ----

for tool in onnx-run 'ggig --method=grad' 'shapley-int --index=sv' 'xderiv --method=fd' 'attr-decompose --methods=gxi'; do
    name=${tool%% *}
    # shellcheck disable=SC2086 # options
    set -- $tool
    run "$@" -f json linear.onnx empty
    lost "$name: empty" '^[a-z-]*: empty: .*empty'
    run "$@" -f json linear.onnx page.png
    lost "$name: HTML" HTML
    run "$@" -f json linear.onnx header.csv
    lost "$name: a header alone" 'header\.csv.*no sample'
    run "$@" -f json linear.onnx denied.csv two.csv
    lost "$name: JSON, and the next is taken" JSON
    is "$name: all samples in order" "$(jq -c '[.id, .index]' "$T/out" | tr '\n' ' ')" \
        '["denied.csv",0] ["two.csv",0] ["two.csv",1] '
    run "$@" -f npy --rows=2:2 -o none.npy linear.onnx two.csv
    is "$name: an empty range" "$status$(cat "$T/err")" 0
    is "$name: an empty range gives an array of no rows" "$(shape none.npy | grep -o '(0, [0-9]')" '(0, '"$(
        case $name in attr-decompose) echo 1 ;; onnx-run) echo 1 ;; *) echo 3 ;; esac)"
    run "$@" -f json --rows=3: linear.onnx two.csv
    lost "$name: a range behind the end" 'two\.csv: .*2 samples'
    run "$@" -f npy -o no.npy linear.onnx empty
    refused "$name: no array without a sample" 1 empty
    ok "$name: no array without a sample: no file" test ! -e no.npy
done
run onnx-run linear.onnx pointer.npy
lost 'a Git LFS pointer' LFS
run onnx-run picture.onnx picture.jpg
lost 'a WebP picture' 'convert X.webp X.png'
run onnx-run linear.onnx picture.onnx
lost 'a model' 'ONNX model'
run onnx-run page.png two.csv
refused 'HTML in place of MODEL' 3 HTML
run onnx-run linear.onnx .
lost 'a directory' directory
printf 'two.csv\nempty\n' >list
run onnx-run --files-from=list linear.onnx
lost 'a name of a list' empty
is 'a list with an empty file: the other samples have records' "$(values)" '[321] [654] "error" '
onnx-run linear.onnx - <empty >"$T/out" 2>"$T/err"
status=$?
lost 'standard input' empty
run ggig --method=ig -b empty linear.onnx two.csv
is 'a baseline without a sample: every sample fails' "$status $(grep -c empty "$T/err")" '1 2'
run attr-decompose --background=header.csv --methods=gxi linear.onnx two.csv
is 'a background without a sample is refused' "$status $(grep -c header.csv "$T/err")" '1 2'

# ---- Tables ----

printf 'NA,2,3\n4,5,6\n' >na.csv
run onnx-run imputed.onnx na.csv
is 'a first line with a missing cell is data' "$status $(values)" '0 [320] [654] '
is 'one warning has the number of missing cells' "$(cat "$T/err")" 'onnx-run: warning: 1 missing cell is NaN'
is 'the record of the sample has the warning of missing cells' "$(jq -c .warnings "$T/out" | tr '\n' ' ')" '["1 missing cell is NaN"] [] '
printf ',,\n4,,6\n' >gaps.csv
run onnx-run -f npy -o gaps.npy imputed.onnx gaps.csv
is 'missing cells alone are data' "$status $(cat "$T/err") $(shape gaps.npy)" \
    "0 onnx-run: warning: 4 missing cells are NaN 'shape': (2, 1)"
run onnx-run -q imputed.onnx gaps.csv
clean '-q: no warning of missing cells'
run shapley-int --index=sv --order=1 --background=gaps.csv imputed.onnx two.csv
ok 'a warning of missing cells of a background' grep -q '4 missing cells are NaN' "$T/err"
for cell in '$5' 10% 0x1 2024-01-31 true; do
    printf '1,%s,3\n4,5,6\n' "$cell" >bad.csv
    run onnx-run linear.onnx bad.csv
    is "'$cell' fails its row" "$status $(values)" '1 "error" [654] '
    ok "'$cell' is shown, and where" grep -q -F "line 1: cell 2, '$cell'" "$T/err"
done
printf '1,2,3\r4,5,6\r' >cr.csv
run onnx-run linear.onnx cr.csv
is 'CR ends lines' "$status $(values)" '0 [321] [654] '
printf '0,1,2\n1,2,3\n' >frame.csv
run onnx-run --header=yes linear.onnx frame.csv
is '--header=yes: names that are numbers' "$status $(values)" '0 [321] '
run onnx-run --header=no linear.onnx header.csv
lost 'no header' "line 1: cell 1, 'a'"
run ggig --method=grad -f npy -o none.npy --rows=2: linear.onnx two.csv
clean 'the run that finds the shape of no rows gives no warning'
run onnx-run --header=maybe linear.onnx two.csv
is '--header=maybe: status' "$status" 2

# ---- Arrays and pictures of several samples ----

printf '1,2,3\n1,x,3\n7,8,9\n' >mid.csv
run onnx-run -f npy -o mid.npy linear.onnx mid.csv empty
is 'npy: a failed sample is a row' "$status $(shape mid.npy)" "1 'shape': (4, 1)"
is 'npy: a failed sample is a row of NaN' "$(od -An -tf4 -j128 mid.npy | tr -s ' ')" ' 321 nan 987 nan'
run ggig --method=grad -f npy -o one.npy --rows=0:1 linear.onnx two.csv
is 'npy: one sample of a table has its axis' "$status $(shape one.npy)" "0 'shape': (1, 3)"
printf '1,2\n1,2.x\n' >whole.csv
run onnx-run -f npy -o whole.npy whole.onnx whole.csv
is 'npy: integers become float64 if a sample failed' \
    "$(head -c 128 whole.npy | grep -ao "'descr': '...'")" "'descr': '<f8'"
printf '1,2,3,4\n5,6,7,8\n' >pictures.csv
for tool in 'ggig --method=grad' 'shapley-int --index=sv' 'xderiv --method=fd' \
    'attr-decompose --methods=gxi'; do
    name=${tool%% *}
    # shellcheck disable=SC2086 # options
    set -- $tool
    run "$@" -t 0 -f png -o one.png picture.onnx pictures.csv
    is "$name: only the first sample is drawn" "$status $(cat "$T/err")" \
        "0 $name: only the first of 2 samples is drawn"
    run "$@" -t 0 -f png -o one.png --rows=1: picture.onnx pictures.csv
    clean "$name: one sample is drawn"
    run "$@" -t 0 -f png -o no.png picture.onnx empty
    refused "$name: no picture without a sample" 1 empty
    ok "$name: no picture without a sample: no file" test ! -e no.png
    run "$@" -t 0 -f png -o no.png --rows=2:2 picture.onnx pictures.csv
    refused "$name: of an empty range" 1 'no sample'
    ok "$name: an empty range: no file" test ! -e no.png
done
run ggig --sheet --method=grad -t 0 -f png -o two.png picture.onnx pictures.csv
clean 'a sheet of two samples'
run ggig --sheet --method=grad -t 0 -f png -o one.png --rows=0:1 picture.onnx pictures.csv
ok 'a sheet of two samples differs from the figure of one' not cmp -s one.png two.png

# ---- Which array is read ----

make a.npy 1 2
make b.npy 3 4
make ab.npz a=a.npy b=b.npy
make ba.npz b=b.npy a=a.npy
make alone.npz thing=b.npy
make beside.npz a=a.npy junk=two.csv b=b.npy
for archive in ab ba beside; do
    run onnx-run two.onnx $archive.npz
    is "$archive: by name" "$status $(values)" '0 [73] '
    run onnx-run -i b=$archive.npz two.onnx a.npy
    is "$archive: -i by name" "$status $(values)" '0 [73] '
    run ggig --method=ig --times-input -b $archive.npz two.onnx ab.npz
    is "$archive: --baseline by name" "$(jq -c .attribution.values "$T/out")" '[0,0]'
    run shapley-int --index=sv --order=1 --background=$archive.npz two.onnx ab.npz
    is "$archive: --background by name" "$(jq -c '.v_full - .v_empty' "$T/out")" 0
    run ggig --method=ig --wrt=b --times-input -b $archive.npz two.onnx ab.npz
    is "$archive: by the name of --wrt" "$(jq -c .attribution.values "$T/out")" '[0,0]'
done
run onnx-run -i b=alone.npz two.onnx a.npy
is 'an archive of one array serves an option' "$status $(values)" '0 [73] '
run onnx-run two.onnx alone.npz
lost 'it does not serve a model of two' "alone.npz: .*has no array 'a', but 'thing'"
run onnx-run --output-name=p two.onnx alone.npz
is 'an archive of one array serves a model of one input' "$status $(values)" '0 [7] '
make x.npz other=a.npy more=b.npy
run onnx-run whole.onnx x.npz
lost 'two, none of the name' "has no array 'x', but 'other', 'more'"
run onnx-run two.onnx a.npy
refused 'an input without a file' 2 "feed it with -i 'b'=FILE"
run onnx-run -i b=b.npy two.onnx
refused 'standard input is not read if -i is given' 2 "'a'"
run onnx-run -i a=a.npy -i b=b.npy two.onnx
is 'the first input that is fed names the record' "$(jq -r .id "$T/out")" a.npy

# ---- Axes that are no batch ----

printf '1,2\n3,4\n' >cloud.csv
printf '0,1\n1,1\n' >A.csv
run onnx-run points.onnx cloud.csv
is 'an axis that is summed over is no batch' "$status $(values)" '0 [16,36] '
run ggig --method=grad -t 1 points.onnx cloud.csv
is 'an axis that is summed over is no batch for a gradient' "$(jq -c .attribution "$T/out")" '{"shape":[2,2],"values":[0,12,0,12]}'
run onnx-run -i cloud=cloud.csv points.onnx
is 'an axis that is summed over is no batch with -i' "$status $(values)" '0 [16,36] '
for kind in steps nodes pairs normed length trace counted; do
# shellcheck disable=SC2046 # an option or none
    run onnx-run $([ $kind = nodes ] && echo -i A=A.csv) $kind.onnx cloud.csv
    is "$kind: one sample" "$status $(jq -sc 'map(.input.shape)' "$T/out")" '0 [[2,2]]'
done
for kind in rows states shared; do
    run onnx-run $kind.onnx cloud.csv
    is "$kind: several samples" "$status $(jq -sc 'map(.input.shape)' "$T/out")" '0 [[1,2],[1,2]]'
done
run onnx-run length.onnx cloud.csv
is 'the length of the rows as a number' "$status $(values)" '0 [2,4,6,8] '
run onnx-run trace.onnx cloud.csv
is 'the length of the rows in a sum' "$status $(values)" '0 [2,4,6,8] '
run onnx-run counted.onnx cloud.csv
is 'an index over the rows' "$status $(values)" '0 [1,2,0,3,4,1] '
run onnx-run --no-batch points.onnx cloud.csv
is '--no-batch: a table is one sample' "$status $(values)" '0 [16,36] '
run onnx-run --batch-axis=none points.onnx cloud.csv
is '--batch-axis=none is --no-batch' "$status $(values)" '0 [16,36] '
run onnx-run --batch-axis=d0 points.onnx cloud.csv
is '--batch-axis=SYMBOL: each line is a sample' "$status $(values)" '0 [1,4] [9,16] '
run onnx-run --batch-axis=0 points.onnx cloud.csv
is '--batch-axis=0: each line is a sample' "$status $(values)" '0 [1,4] [9,16] '
run onnx-run --batch-axis=rows points.onnx cloud.csv
refused '--batch-axis: a symbol that does not exist' 2 "'rows'.*'d0'"
run ggig --method=grad -t 1 --no-batch points.onnx cloud.csv
is '--no-batch: the gradient of a table' "$(jq -c .attribution "$T/out")" '{"shape":[2,2],"values":[0,12,0,12]}'
run shapley-int --index=sv --order=1 -t 0 --no-batch points.onnx cloud.csv
is '--no-batch: Shapley values of a table' "$(jq -c '[.interactions[].value]' "$T/out")" '[4,0,12,0]'

# ---- Sequences and optionals ----

mkdir cases && tar -xzf "$DATA/sequences.tgz" -C cases || exit 1
# items CASE [OPTION]...: prints the outputs of a case with the values in its files.
items() {
    dir=cases/test_$1/test_data_set_0 model=cases/test_$1/model.onnx
    shift
    k=0
    for input in $(onnx-run -q --list "$model" | jq -r 'select(.op == "Input") | .tensor'); do
        set -- "$@" -i "$input=$dir/input_$k.pb"
        k=$((k + 1))
    done
    run onnx-run "$@" -f json "$model"
    jq -c '[.outputs[] | {(.name): .values}] | add' "$T/out" >"$T/items"
}
items identity_sequence
is 'a sequence is read and written' "$status $(cat "$T/items")" '0 {"y[0]":[1,2,3,4],"y[1]":[2,3,1,5]}'
items sequence_insert_at_front
is 'a tensor is inserted into a sequence' "$status $(cat "$T/items")" \
    '0 {"output_sequence[0]":[-2,-1,0],"output_sequence[1]":[1,2,3,4],"output_sequence[2]":[5,6,7],"output_sequence[3]":[8,9]}'
items if_seq
is 'a sequence from a branch' "$status $(cat "$T/items")" '0 {"res[0]":[1,2,3,4,5]}'
items loop13_seq
is 'an empty sequence grows' "$status $(jq -c 'map_values(length)' "$T/items")" \
    '0 {"seq_res[0]":1,"seq_res[1]":2,"seq_res[2]":3,"seq_res[3]":4,"seq_res[4]":5}'
items loop16_seq_none
is 'an optional sequence' "$status $(jq -c '."seq_res[0]", ."seq_res[5]"' "$T/items" | tr '\n' ' ')" \
    '0 [0] [1,2,3,4,5] '
items optional_has_element_empty
is 'an optional without a value' "$status $(jq -c '.outputs[0].values' "$T/out")" '0 [0]'
items optional_get_element_sequence
is 'an optional with a value' "$status $(cat "$T/items")" '0 {"output[0]":[1,2,3,4]}'
items sequence_map_identity_1_sequence_1_tensor
is 'a vector beside a sequence is one sample' "$status $(jq '."y1[2]" | length' "$T/items")" '0 2'
seq=cases/test_identity_sequence
run onnx-run $seq/model.onnx -i x=$seq/test_data_set_0/input_0.pb --output-name='y[1]' -f npy
ok '--output-name of a tensor of a sequence' test "$status" -eq 0
head -c 20 $seq/test_data_set_0/input_0.pb >short.pb
run onnx-run $seq/model.onnx -i x=short.pb
refused 'a sequence that is cut short' 1 'short.pb: .*cut short'
run onnx-run $seq/model.onnx -i x=absent.pb
refused 'a file that is not there' 1 'absent.pb'
run onnx-run $seq/model.onnx two.csv
refused 'a sequence without -i' 3 "input 'x'"

end

#!/bin/sh
# hostile.t - with any input, a tool ends soon, with the right status and one line.
. tests/tap.sh

# Processor seconds that a command may take. Sanitizers make it slower.
ulimit -t "${LIMIT:-30}"
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}exitcode=99
UBSAN_OPTIONS=exitcode=99
export ASAN_OPTIONS UBSAN_OPTIONS
mkdir "$T/work" && cd "$T/work" || exit 1
"$BUILD/tests/programs/models" . >list || exit 1
cp "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/dog.png" "$DATA/picture.jpg" .
ln -s weights.bin link.bin
ln -s /dev/zero zero.bin

# judge STATUSES: prints what is wrong with the last run. Its status must be one of the digits of
# STATUSES. A failure must have its lines on stderr, and must leave no incomplete file.
judge() {
    case $1 in
    *$status*) ;;
    *) echo "status $status, not $1: $(head -n 3 "$T/err")" ;;
    esac
    lines=$(grep -vc -e ': warning: ' -e ': only the first of ' "$T/err")
    case $status in
    0) want=0 ;;
    2) want=2 ;;
    *) want=1 ;;
    esac
    [ "$lines" -eq $want ] || echo "status $status with $lines lines: $(head -n 3 "$T/err")"
    if [ "$status" -gt 1 ] && [ -s "$T/out" ]; then
        echo "status $status with output"
    fi
    left=$(find . -name '.*' ! -name . -o -name 'out.*' -size 0)
    [ -z "$left" ] || echo "left behind: $left"
}

# expect WHAT STATUS COMMAND...: runs the command and judges it.
expect() {
    what=$1 wanted=$2
    shift 2
    run "$@"
    is "$what" "$(judge "$wanted")" ''
}

# ---- Models ----

while read -r name wanted; do
    input=$name.npy
    [ -e "$input" ] || input=digits8.npy
    for tool in "onnx-run" "ggig --method=ig --steps=4"; do
        # shellcheck disable=SC2086 # a command and its options
        expect "$tool $name" "$wanted" $tool -f json "$name.onnx" "$input"
    done
done <list

for n in 0 1 2 7 100 1000 20000 48000 48619; do
    head -c $n digits8.onnx >cut.onnx
    expect "model cut to $n bytes" 3 onnx-run -f json cut.onnx digits8.npy
    expect "model cut to $n bytes, listed" 3 onnx-run --list -f json cut.onnx
    expect "model cut to $n bytes, from a pipe" 3 sh -c 'onnx-run -f json - digits8.npy <cut.onnx'
done

# Bits are flipped in the first bytes (names, nodes) and elsewhere. The file is refused, or still a
# model.
flip() {
    cp "$1" flipped
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # a byte
    printf "\\$(printf %o $((byte ^ $3)))" | dd of=flipped bs=1 seek="$2" conv=notrunc 2>"$T/dd"
}
wrong=''
bit=128
for at in 0 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987 1597 2584 4181 6765 10946 17711 28657 46368 \
    48000 48100 48200 48300 48400 48500 48550 48600; do
    bit=$((bit == 128 ? 1 : bit == 1 ? 16 : 128))
    flip digits8.onnx $at $bit
    run onnx-run -f json flipped digits8.npy
    wrong=$wrong$(judge 0136)
done
is 'models with a bit flipped' "$wrong" ''

expect 'a text as model' 3 onnx-run -f json list digits8.npy
expect 'a directory as model' 3 onnx-run -f json . digits8.npy
expect 'an endless device as model' 36 onnx-run -f json --max-mem=64M /dev/zero digits8.npy
expect 'no such model' 3 onnx-run -f json missing.onnx digits8.npy
expect 'an honest model over the limit' 6 onnx-run -f json --max-mem=10K digits8.onnx digits8.npy
expect 'weights in another file' 0 onnx-run -f json external.onnx external.npy
expect 'the same from a pipe' 3 sh -c 'onnx-run -f json - external.npy <external.onnx'
expect 'the same with --data-dir' 0 sh -c 'onnx-run -f json --data-dir=. - external.npy <external.onnx'

# A limit of memory also applies to constant folding.
expect 'folding over the limit' 36 onnx-run -f json --max-mem=64M -j1 nonzero.onnx nonzero.npy
expect 'the same, listed' 36 onnx-run -f json --list --max-mem=64M -j1 nonzero.onnx
ok 'the memory limit: message' grep -q 'need more than the memory limit of 64 MB' "$T/err"
# Control characters in names never reach a terminal.
run onnx-run -f text --list escapes.onnx escapes.npy
is 'names are plain in lists' "$status $(tail -n 1 "$T/out" | sed 's/.* //')" '0 ?]0;title?????y'
run onnx-run -f text "--output-name=$(printf 'a\033[31mb')" escapes.onnx escapes.npy
is 'names are plain in messages' "$status $(grep -c '[^ -~]' "$T/err")" '2 0'
run ggig -f text --method=grad escapes.onnx escapes.npy
is 'names are plain in results' "$status $(LC_ALL=C grep -c '[^ -~]' "$T/out")" '0 0'
{
    printf '{"players":513}\n{"present":[],"value":0}\n'
    head -c 5000 /dev/zero | tr '\0' ' '
} >spaces.ndjson
expect 'a game with a line of spaces' 1 shapley-int -f json --load-game=spaces.ndjson
# A model file becomes shorter while the tool reads it.
cp "$DATA/squeezenet.onnx" shrinks.onnx
run sh -c '(sleep 1; truncate -s 5000 shrinks.onnx; cat dog.png) | onnx-run -f json shrinks.onnx -'
is 'a model that becomes shorter' "$(judge 13)" ''
expect 'more threads than anyone has' 0 env OMP_NUM_THREADS=100000 onnx-run -f json digits8.onnx digits8.npy

# ---- Inputs ----

# npy FILE HEADER: writes version 1 with this header, and 64 floats.
npy() {
    n=$(printf %s "$2" | wc -c)
    # shellcheck disable=SC2059 # two bytes
    {
        printf '\223NUMPY\1\0'
        printf "\\$(printf %o $((n % 256)))\\$(printf %o $((n / 256)))"
        printf %s "$2"
        head -c 256 /dev/zero
    } >"$1"
}
npy good.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 8, 8), }"
expect 'a sound .npy' 0 onnx-run -f json digits8.onnx good.npy
while IFS='|' read -r what header; do
    npy bad.npy "$header"
    expect ".npy: $what" 1 onnx-run -f json digits8.onnx bad.npy
done <<'END'
shape larger than the file|{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 1, 8, 8), }
shape over everything|{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8, 8), }
shape that wraps|{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 1, 64), }
negative shape|{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 1, 8, 8), }
shape of words|{'descr': '<f4', 'fortran_order': False, 'shape': (one, 1, 8, 8), }
another shape|{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 4, 16), }
objects|{'descr': '|O', 'fortran_order': False, 'shape': (1, 1, 8, 8), }
complex numbers|{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1, 8, 4), }
unclosed|{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 8, 8
no type|{'fortran_order': False, 'shape': (1, 1, 8, 8), }
empty header|
END
printf '\223NUMPY\1\0\377\377{' >bad.npy
expect '.npy: header longer than the file' 1 onnx-run -f json digits8.onnx bad.npy
printf '\223NUMPY\2\0\377\377\377\377{' >bad.npy
expect '.npy: header of 4 GB' 1 onnx-run -f json digits8.onnx bad.npy
printf '\223NUMPY\9\0' >bad.npy
expect '.npy: unknown version' 1 onnx-run -f json digits8.onnx bad.npy
printf 'PK\3\4 and so on' >bad.npz
expect '.npz: no archive' 1 onnx-run -f json digits8.onnx bad.npz
printf '\200\0\0\0' >bad.pb
expect '.pb: no tensor' 1 onnx-run -f json digits8.onnx bad.pb

for n in 4 8 20 33 60 5000 100000; do
    head -c $n dog.png >cut.png
    expect "PNG cut to $n bytes" 1 onnx-run -f json digits8.onnx cut.png
done
for n in 2 20 300 1000; do
    head -c $n picture.jpg >cut.jpg
    expect "JPEG cut to $n bytes" 1 onnx-run -f json digits8.onnx cut.jpg
done
wrong=
for at in 9 16 17 20 24 25 28 29 33 41 50 400 9000 137560; do
    flip dog.png $at 16
    run onnx-run -f json digits8.onnx flipped
    wrong=$wrong$(judge 01)
done
is 'PNGs with a bit flipped' "$wrong" ''

csv() {
    printf "$1" >bad.csv
    expect "table: $2" 1 onnx-run -f json soft.onnx bad.csv
}
csv '1,2,3\n' 'a number too many'
csv '1\n' 'a number too few'
csv '1,two\n' 'a word'
csv '1,,2\n' 'a gap'
csv '1,2e\n' 'half a number'
csv '1,0x10\n' 'another base'
csv '1,\0002\n' 'a NUL'
{ echo 1,2 && head -c 100000 /dev/zero | tr '\0' 9; } >bad.csv
expect 'table: a number of 100000 digits' 1 onnx-run -f json soft.onnx bad.csv
for nothing in '' '\n\n' 'a,b\n'; do
    printf "$nothing" >nothing.csv
    expect 'an input of nothing' 1 onnx-run -f json soft.onnx nothing.csv
    is 'an input of nothing gives an error record' "$(jq -c .error.status "$T/out")" 1
done
expect 'a directory as input' 1 onnx-run -f json soft.onnx .
expect 'no such input' 1 onnx-run -f json soft.onnx missing.npy
expect 'a name of 5000 letters' 1 onnx-run -f json soft.onnx "$(head -c 5000 /dev/zero | tr '\0' x)"
expect 'a name of two lines' 1 onnx-run -f json soft.onnx "$(printf 'a\nb')"
expect 'no such list' 1 onnx-run -f json --files-from=missing soft.onnx
expect 'no such labels' 1 onnx-run -f json --labels=missing soft.onnx bad.csv
expect 'one shape for another input' 1 onnx-run -f json -i b=good.npy two.onnx bad.csv

# ---- Command lines ----

wrong=
while read -r arguments; do
    # shellcheck disable=SC2086 # words
    run ggig $arguments
    wrong=$wrong$(judge 2)
done <<'END'

--nonsense soft.onnx
-Z soft.onnx
--steps soft.onnx
--s=4 soft.onnx x
--steps= soft.onnx
--steps=0 soft.onnx
--steps=-1 soft.onnx
--steps=4x soft.onnx
--steps=1e3 soft.onnx
--steps=9223372036854775808 soft.onnx
--iters=0 soft.onnx
--eta=fast soft.onnx
--seed=-1 soft.onnx
--seed=18446744073709551616 soft.onnx
--threads=0 soft.onnx
--threads=99999999999999999999 soft.onnx
--batch=0 soft.onnx
--max-mem=0 soft.onnx
--max-mem=5Q soft.onnx
--max-mem=5KB soft.onnx
--max-mem=G soft.onnx
--rows=3 soft.onnx
--rows=a:b soft.onnx
--rows=5:1 soft.onnx
--rows=-3: soft.onnx
--format=bmp soft.onnx
--method=magic soft.onnx
--score=best soft.onnx
--agg=median soft.onnx
--clip=1 soft.onnx
--clip=2,1 soft.onnx
--timing=yes soft.onnx
--quiet=1 soft.onnx
--resize=0x5 soft.onnx
--resize=5 soft.onnx
--crop=-1 soft.onnx
--scale=big soft.onnx
--mean=a,b,c soft.onnx
--std=0,1,1 soft.onnx
--channels=xyz soft.onnx
--layout=up soft.onnx
--preset=other soft.onnx
--input soft.onnx
-i =x soft.onnx
-i x= soft.onnx
-i x soft.onnx
- -
- --files-from=-
-i x=- - bad.csv
END
is 'command lines that are wrong' "$wrong" ''

printf '1,2\n' >good.csv
for option in --target=9 --target=-9 --target=cat --output-name=nowhere --wrt=nowhere \
    --baseline=blur:x --baseline= -inowhere=good.csv --mean=1,2; do
    run ggig -f json --method=grad "$option" soft.onnx good.csv
    is "ggig $option" "$(judge 2 | sed 's/status 2 with 1 lines.*//')" ''
done

# Pages contain text without control characters, whatever is in names, also in names of files.
printf 'a\001\033[31m<b>\n\377\357\277\276\n' >bad.names
if onnx-run -f svg soft.onnx good.csv >/dev/null 2>&1; then
    for format in svg html; do
        ggig -q -f json --method=grad --names=bad.names soft.onnx good.csv | attr-plot -f $format >"$T/out" 2>"$T/err"
        is "-f $format is text" "$(iconv -f UTF-8 -t UTF-8 "$T/out" | LC_ALL=C grep -c '[[:cntrl:]]')" 0
        ok "-f $format: bytes that are no text become '?'" grep -q 'a??\[31m&lt;b&gt;' "$T/out"
    done
fi
printf 'id,a,b\n"x\n\033[31m/y",1,2\n' >ids.csv
run onnx-run -f json --id-column=id -o '{id}.json' soft.onnx ids.csv
is 'ids as names of files' "$status $(ls ./*31m*)" '0 ./x__[31m_y.json'
printf 'id,a,b\n%0300d,1,2\n' 7 >ids.csv
run onnx-run -f json --id-column=id -o '{id}.json' soft.onnx ids.csv
refused 'a name that is too long, with the reason' 5 'File name too long$'

# A baseline or a background is read like other inputs. If it cannot be read, samples fail.
: >empty.csv
mkdir folder
for option in --baseline --background; do
    for file in missing.npy folder soft.onnx '' empty.csv; do
        [ "$option$file" != --baseline ] || continue # no word, refused above
        for tool in ggig attr-decompose shapley-int 'xderiv --smooth=softplus:1'; do
            # shellcheck disable=SC2086 # a command and its options
            expect "$tool $option='$file'" 1 $tool -f json "$option=$file" soft.onnx good.csv
            is 'a bad --baseline or --background gives an error record' "$(jq -r .error.status "$T/out")" 1
        done
    done
done

# ---- Fitted files, checkpoints, data sets ----

# fits WHAT STATUS OPTION...: makes a short fit of the digits. If it fails, there must be no file.
fits() {
    rm -f out.onnx out.f.onnx
    what=$1 wanted=$2
    shift 2
    expect "flint-fit: $what" "$wanted" flint-fit -q digits8.onnx --layers=/6/Relu_output_0 \
        --recipe=small --batch=5 --epochs=1 "$@"
    [ "$wanted" = 0 ] || is 'leaves no file' "$(find . -name 'out.*onnx')" ''
}
onnx-run --top=1 digits8.onnx digits8.npy | jq '.top[0].index' >classes
fits 'a sound one' 0 -x digits8.npy -y classes --checkpoint=fit.ckpt -o fitted.onnx
for n in 0 1 7 1000 20000 60000; do
    for tool in explain global visualize; do
        head -c $n fitted.onnx >cut.onnx
        expect "flint-$tool: cut to $n bytes" 3 flint-$tool -f json cut.onnx digits8.npy
    done
    head -c $n fit.ckpt >cut.ckpt
    fits "checkpoint cut to $n bytes" 1 -x digits8.npy -y classes -o out.onnx \
        --checkpoint=cut.ckpt --resume
done
for tool in explain global visualize; do
    for file in digits8.onnx fit.ckpt digits8.npy missing.onnx; do
        expect "flint-$tool $file" 3 flint-$tool -f json $file digits8.npy
    done
    expect "flint-$tool: samples of another model" 1 flint-$tool -f json fitted.onnx good.csv
    expect "flint-$tool: too little memory" 6 flint-$tool -f json --max-mem=100K fitted.onnx digits8.npy
    for format in text json npy png; do
        expect "flint-$tool: $format on a full disk" 5 \
            sh -c "flint-$tool -f $format --tau=100 fitted.onnx digits8.npy >/dev/full"
        expect "flint-$tool: $format in no directory" 5 \
            flint-$tool -f $format --tau=100 -o missing/out.x fitted.onnx digits8.npy
    done
done
wrong=
for at in 5 50 500 5000 50000 60000 70000 80000 90000 95000 98000 100000 102000 103000 104000 105000; do
    flip fitted.onnx $at 16
    run flint-explain -f json --rows=0:1 flipped digits8.npy
    wrong=$wrong$(judge 0136)
    flip fit.ckpt $((at / 3)) 64
    run flint-fit -q digits8.onnx --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=1 \
        -x digits8.npy -y classes -o out.onnx --checkpoint=flipped --resume
    wrong=$wrong$(judge 012)
done
is 'checkpoints with a bit flipped' "$wrong" ''

# A first layer that no node reads: f does not depend on the sample.
sed '0,\#/0/Conv_output_0#s##/0/Conv_oTtput_0#' fitted.onnx >unfed.onnx
for tool in explain global visualize; do
    expect "flint-$tool: a predictor without input" 3 flint-$tool -f json unfed.onnx digits8.npy
done

npy none.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1, 8, 8), }"
npy nan.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 8, 8), }"
# All numbers are NaN.
{ head -c -256 nan.npy && head -c 256 /dev/zero | tr '\0' '\377'; } >nans.npy
: >empty
head -n 19 classes >few
{ cat few && echo 10; } >wrong
{ cat few && echo -1; } >negative
{ cat few && echo 0.5; } >half
{ cat few && echo nan; } >nanclass
{ cat few && echo 1e300; } >large
yes 3 | head -n 20 >same
for x in none.npy empty missing.npy . digits8.onnx; do
    expect "flint-global: samples in $x" 1 flint-global -f json fitted.onnx $x
    fits "samples in $x" 1 -x $x -o out.onnx
done
for y in few wrong negative half nanclass large empty missing .; do
    expect "flint-global: classes in $y" 1 flint-global -f json -y $y fitted.onnx digits8.npy
    expect "flint-visualize: classes in $y" 1 flint-visualize -f json -y $y fitted.onnx digits8.npy
    fits "classes in $y" 1 -x digits8.npy -y $y -o out.onnx --mode=joint
done
fits 'one class only' 0 -x digits8.npy -y same --mode=joint -o joint.onnx
expect 'flint-global: one class only' 0 flint-global -f json -y same joint.onnx digits8.npy
fits 'one sample' 1 -x nan.npy -o out.onnx
fits 'samples of NaN' 1 -x nans.npy -o out.onnx
fits 'no directory' 5 -x digits8.npy -o missing/out.onnx
fits 'a directory' 5 -x digits8.npy -o .
fits 'a full disk' 5 -x digits8.npy -o /dev/full
fits 'a checkpoint on a full disk' 5 -x digits8.npy -o out.onnx --checkpoint=/dev/full
fits 'a checkpoint in no directory' 5 -x digits8.npy -o out.onnx --checkpoint=missing/out.ckpt
fits 'a log on a full disk' 5 -x digits8.npy -o out.onnx --log=/dev/full
fits 'a log in no directory' 5 -x digits8.npy -o out.onnx --log=missing/log
fits 'no directory for the model' 5 -x digits8.npy -y classes --mode=joint -o out.onnx \
    --model-out=missing/out.f.onnx
rm -f out.onnx
expect 'flint-fit: its record on a full disk' 5 sh -c "flint-fit -q digits8.onnx -x digits8.npy \
    --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=1 -o out.onnx >/dev/full"
ok 'a refused command leaves no file' test ! -e out.onnx
fits 'too little memory' 6 -x digits8.npy -o out.onnx --max-mem=100K

# ---- Outputs ----

for format in text json npy; do
    expect "$format on a full disk" 5 sh -c "onnx-run -f $format soft.onnx good.csv >/dev/full"
    expect "$format to a full disk by name" 5 onnx-run -f $format -o /dev/full soft.onnx good.csv
    expect "$format on a closed descriptor" 5 sh -c "onnx-run -f $format soft.onnx good.csv >&-"
done
expect 'PNG on a full disk' 5 sh -c 'ggig --method=grad -f png digits8.onnx digits8.npy >/dev/full'
expect 'help on a full disk' 5 sh -c 'ggig --help >/dev/full'
expect 'output in no directory' 5 onnx-run -f json -o missing/out.json soft.onnx good.csv
expect 'output over a directory' 5 onnx-run -f json -o . soft.onnx good.csv
expect 'no output where the model fails' 3 onnx-run -f json -o out.json cut.onnx good.csv
ok 'a failed run leaves no file' not test -e out.json
echo old >out.json
expect 'nor where it is there already' 3 onnx-run -f json -o out.json cut.onnx good.csv
is 'a failed run keeps the old file' "$(cat out.json)" old
(ulimit -f 1 && ggig --method=grad -f json -o out.big digits8.onnx digits8.npy) >"$T/out" 2>"$T/err"
status=$?
is 'a file over the size limit' "$(judge 5)" ''
ok 'a file over the size limit is removed' not test -e out.big
end

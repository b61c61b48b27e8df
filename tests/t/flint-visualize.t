#!/bin/sh
# flint-visualize.t - top samples and activation maximisation: pairs, pictures, arrays, refusals.
. tests/tap.sh
. tests/flint.sh

flint-global -y classes a.onnx digits8.npy >global.json
flint-explain a.onnx digits8.npy >explain.json

# ---- Pairs and top samples ----

run flint-visualize -y classes a.onnx digits8.npy
clean 'top samples'
cp "$T/out" v.json
is 'keys of the record' "$(jq -c 'keys_unsorted[6:]' v.json)" \
    '["params","classes_by","pairs","cost","warnings"]'
is 'the same pairs as flint-global' \
    "$(jq -c '[.pairs[] | [.class, .attribute, .r]] | sort' v.json)" \
    "$(jq -c '[.pairs[] | [.class, .attribute, .r]] | sort' global.json)"
is 'classes are those of the labels, without a warning' "$(jq -r '.classes_by, (.warnings | length)' v.json | tr '\n' ' ')" 'labels 0 '
is 'samples belong to the class of their pair' "$(jq -c --slurpfile y classes '[.pairs[] | .class as $c | .mas[] |
    $y[.index] == $c] | all' v.json)" true
is 'phi is that of flint-explain' "$(jq -c --slurpfile e explain.json \
    '[.pairs[] | .attribute as $j | .mas[] | ($e[.index].phi[$j] - .phi | fabs) < 1e-5] | all' v.json)" true
is 'samples are sorted by phi' "$(jq -c '[.pairs[].mas | map(-.phi) | . == sort] | all' v.json)" true
is '--mas: at most 3 samples by default' "$(jq '[.pairs[].mas | length] | max <= 3' v.json)" true
is 'no sample is changed without --am' "$(jq -c '[.pairs[] | has("am")] | any' v.json)" false

run flint-visualize a.onnx digits8.npy
clean 'without classes' 'no classes were given'
is 'the record and a warning say that f names the classes' \
    "$(jq -r '.classes_by, (.warnings | length)' "$T/out" | tr '\n' ' ')" 'model 1 '
is 'classes by f are the same as the labels here' "$(jq -c .pairs "$T/out")" "$(jq -c .pairs v.json)"
flint-visualize -y classes a.onnx <digits8.npy >"$T/out"
is 'standard input' "$(jq -c .pairs "$T/out")" "$(jq -c .pairs v.json)"
run flint-visualize -y classes --top=1 --tau=1000 --mas=2 a.onnx digits8.npy
is '--top=1: one attribute of each class' "$(jq -c '[.pairs[].class] | . == unique' "$T/out")" true
is '--mas=2: two samples of each pair' "$(jq '[.pairs[].mas | length] | max' "$T/out")" 2
run flint-visualize -y classes --pair=3:7 --pair=0:2 a.onnx digits8.npy
is '--pair: the pairs that are asked for' "$(jq -c '[.pairs[] | [.class, .attribute]]' "$T/out")" '[[3,7],[0,2]]'
run flint-visualize --subset=5 --tau=100 a.onnx digits8.npy
clean '--subset' 'no classes were given'
is '--subset=5: at most five samples' "$(jq '[.pairs[].mas[].index] | unique | length <= 5' "$T/out")" true

# ---- Activation maximisation ----

am() {
    run flint-visualize --am --rounds=3 --steps=20 --pair=3:7 --pair=0:2 -y classes "$@" a.onnx digits8.npy
}
am
clean '--am'
is 'keys of a changed sample' "$(jq -c '.pairs[0].am[0] | keys_unsorted' "$T/out")" \
    '["index","dim","phi_start","phi","low","high"]'
is 'the changed samples are the top samples' "$(jq -c '[.pairs[] | [.am[].index] == [.mas[].index]] | all' "$T/out")" true
cp "$T/out" am.json
am -j 1
ok 'the same bytes with one thread' cmp "$T/out" am.json
# Rounding may lead to other pixels, but the activation is as high.
heights() {
    jq -c '[.pairs[].am[] | {index, dim, phi_start, phi}]' "$1"
}
heights am.json >single.json
am --double
heights "$T/out" >double.json
near 'float32 and float64 reach the same phi' single.json double.json 1e-2
am --tv=0 --bound=0
is 'phi grows without penalties' "$(jq -c '[.pairs[].am[] | .phi > .phi_start] | all' "$T/out")" true
am --clamp
is '--clamp keeps pictures in the range' "$(jq -c '[.pairs[].am[] | .low >= 0 and .high <= 1] | all' "$T/out")" true
am --clamp --range=0.25,0.5
is '--clamp keeps pictures in another --range' "$(jq -c '[.pairs[].am[] | .low >= 0.25 and .high <= 0.5] | all' "$T/out")" true
am --jitter=1
clean '--jitter'
cp "$T/out" jitter.json
am --jitter=1
ok '--jitter: the same bytes again' cmp "$T/out" jitter.json
am --jitter=1 --seed=2
ok '--jitter: another seed, other bytes' not cmp -s "$T/out" jitter.json
am --gain=0 --dim=1 --tv=1 --bound=0 -f npy -o flat.npy
clean '-f npy'
is 'the array has a row for each sample' "$(onnx-run -f json digits8.onnx flat.npy | wc -l)" \
    "$(jq '[.pairs[].mas[]] | length' am.json)"
am -f text
clean '-f text'
is '-f text has a line for each pair' "$(grep -c '^  [0-9]' "$T/out")" "$(jq '.pairs | length' am.json)"

# ---- Sheets ----

am -f png -o am.png
clean '-f png'
png am.png
am -f png -o again.png
ok '-f png: the same bytes' cmp am.png again.png
run flint-visualize -f png -o mas.png a.onnx digits8.npy
clean '-f png of samples without --am' 'no classes were given'
png mas.png
seq -f 'the number %g' 0 9 >names
run flint-visualize -f png --labels=names --top=1 -o named.png a.onnx digits8.npy
clean '--labels' 'no classes were given'
run flint-visualize -f text --labels=names --top=1 a.onnx digits8.npy
ok '-f text has the names of classes' grep -q '^  [0-9] *the number [0-9] ' "$T/out"

# ---- Tables ----

head -n 41 "$DATA/diabetes.csv" >table.csv
flint-fit "$DATA/diabetes.onnx" -x table.csv --logits=y -q --epochs=40 -o table.onnx >/dev/null
run flint-visualize -q --am --tau=50 --mas=2 table.onnx table.csv
is 'a table: status' "$status" 0
is 'columns go from -1 to 1 within their range' "$(jq -c '.params | [.range, .clamp]' "$T/out")" '[[-1,1],true]'
is 'attributes grow within the range of the fit' "$(sed 1d table.csv | tr , '\n' | jq -s --slurpfile v "$T/out" \
    '[min, max] as [$low, $high] | $v[0].pairs | length > 0 and
    (map(.am[]) | all(.phi >= .phi_start and .low >= $low - 1e-5 and .high <= $high + 1e-5))')" true
run flint-visualize -q --am --tau=50 --mas=2 -f svg -o table.svg table.onnx table.csv
clean 'bars of columns'
ok 'bars of columns have their names' [ "$(grep -cxE 'age|sex|bmi|bp|s[1-6]' table.svg)" -ge 3 ]
run flint-explain -f png --rows=0:1 -o row.png table.onnx table.csv
is 'rows as bars: no warning about the range' "$status $(cat "$T/err")" '0 '
png row.png
run flint-explain --rows=0:1 table.onnx table.csv
is 'the record has names and values of the row' "$(jq -c '[.names[2], (.x | length)]' "$T/out")" '["bmi",10]'
run flint-fit "$DATA/diabetes.onnx" -x table.csv -q -o no.onnx
is 'a regression is refused' "$status $(grep -c 'a regression: FLINT explains classes' "$T/err")" '2 1'

# ---- Misuse ----

refused() {
    wanted=$1
    shift
    run flint-visualize "$@" -o no.png
    is "refused: $*" "$status $(wc -l <"$T/err")" "$wanted"
    ok 'refused: no picture is written' test ! -e no.png
}
refused '2 2' a.onnx digits8.npy --tau=0.5
refused '2 2' a.onnx digits8.npy --pair=3
refused '2 2' a.onnx digits8.npy --pair=-1:2
refused '2 2' a.onnx digits8.npy --pair=1:2.5
refused '2 2' a.onnx digits8.npy --range=1,0
refused '2 2' a.onnx digits8.npy --range=1
refused '2 2' a.onnx digits8.npy --gain=nan
refused '2 2' a.onnx digits8.npy --mas=65
refused '2 2' a.onnx digits8.npy --rows=0:3
refused '2 2' a.onnx digits8.npy digits8.npy
refused '2 1' a.onnx digits8.npy --pair=10:0
refused '2 1' a.onnx digits8.npy --pair=0:16
refused '1 1' a.onnx digits8.npy --tau=1
refused '1 1' a.onnx missing.npy
refused '1 1' a.onnx digits8.npy -y digits8.npy
refused '1 1' a.onnx digits8.npy -y missing
refused '3 1' digits8.onnx digits8.npy
refused '3 1' digits8.npy digits8.npy
end

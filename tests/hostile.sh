#!/bin/sh
# hostile.sh BUILD SECONDS MEMORY EVERY - thousands of hostile inputs, the same in each run. Each is
# read by the tools that it is made for. endure.c describes SECONDS, MEMORY and the requirements.
# Every EVERY-th input is tried.
set -eu
seconds=$2 memory=$3 every=$4
case $1 in
/*) build=$1 ;;
*) build=$(pwd)/$1 ;;
esac
programs=$build/tests/programs
data=$(pwd)/tests/data
PATH=$build/bin:$PATH
LC_ALL=C
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
mkdir "$T/0" "$T/0/out"
cd "$T/0"
# Messages of sanitizers count, except for memory that libraries of fonts and drawing keep until the
# end.
printf 'leak:lib%s\n' fontconfig pango cairo glib >"$T/leaks"
ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99 LSAN_OPTIONS=suppressions=$T/leaks:print_suppressions=0
export PATH LC_ALL ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

# ---- Damaged files ----

"$programs/models" . >lying
for name in digits8.onnx digits8.npy words.onnx words.npy review.onnx review.npy review.vocab two.npz \
    dog.png picture.png picture-gray.png picture.jpg diabetes.onnx diabetes.csv; do
    ln -s "$data/$name" .
done
printf '1,2\n3,4\n' >rows.csv
printf 'a,"b ""c""",d\n1,-2.5e-3,NA\n.5,"7",nan\n' >quoted.csv
onnx-run --top=1 digits8.onnx digits8.npy | jq '.top[0].index' >classes
flint-fit -q digits8.onnx --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=1 -x digits8.npy \
    -y classes --checkpoint=fit.ckpt -o fitted.onnx >/dev/null
ggig -f json --method=grad,ig --steps=4 --rows=0:2 digits8.onnx digits8.npy >maps.ndjson
xderiv -f json product.onnx rows.csv >pairs.ndjson
attr-decompose -q -f json product.onnx rows.csv >decomposed.ndjson
shapley-int -f json --rows=0:1 --set=all --save-game=game.npy product.onnx rows.csv >shapley.ndjson
printf '.5,1,-1,2\n' >places.csv
taylorcam -f json --layer=map places.onnx places.csv >places.ndjson
shapley-int -q -f json --summary --index=sv product.onnx rows.csv >summary.ndjson
onnx-run -q -f json --top=2 --rows=0:2 digits8.onnx digits8.npy >outputs.ndjson
"$programs/inputs" weights.npy 1 0 0 0 0 0 0 0 0 -1
# shellcheck disable=SC2046 # numbers
"$programs/inputs" places.npy $(awk 'BEGIN { for (i = 0; i < 64; i++) print int(i / 16) }')
printf '{"players":2}\n{"present":[],"value":0}\n{"present":[0],"value":1}\n{"present":[1],"value":2}\n{"present":[0,1],"value":4.5}\n' >game.ndjson
printf '{"pairs":[[0,1]]}\n' >truth.json

damaged() {
    "$programs/damaged" "$@"
}
lies() {
    "$programs/lies" "$@"
}
printf '0,1\n1,2\n' >edges.csv
printf '1,1,4,4\n0,0,7,7\n' >boxes.csv
printf '0,1\n' >pairs.txt
printf 'one\ntwo\nthree\n' >names.txt
printf 'a b c d\n' >tokens.txt
printf 'rows.csv\t0\nrows.csv\n' >skipped
printf 'rows.csv\n' >files

{
    # ONNX files.
    for model in soft two product places named; do
        damaged $model.onnx 60 01236 onnx-run -f json @ % rows.csv
        damaged $model.onnx 20 01236 onnx-run -f json --list @ %
        damaged $model.onnx 20 01236 onnx-grad @ -o out/grad.onnx %
        damaged $model.onnx 20 01236 onnx-perturb --noise=5 @ -o out/noise.onnx %
    done
    for model in deep-if loop external; do
        damaged $model.onnx 60 01236 onnx-run -f json @ % external.npy
    done
    damaged digits8.onnx 60 01236 ggig -f json --method=ig --steps=2 @ % digits8.npy
    damaged words.onnx 60 01236 onnx-run -f json @ % words.npy

    # Inputs.
    damaged digits8.npy 100 01 onnx-run -f json @ -o out/x.json digits8.onnx %
    damaged two.npz 80 01 onnx-run -f json @ two.onnx %
    damaged x.pb 60 01 onnx-run -f json @ soft.onnx %
    for picture in dog.png picture.png picture-gray.png picture.jpg; do
        damaged $picture 40 01 onnx-run -f json @ -o out/x.json digits8.onnx %
    done
    damaged rows.csv 80 012 onnx-run -f json @ soft.onnx %
    damaged quoted.csv 80 012 onnx-run -f json @ --columns=a,d soft.onnx %
    damaged diabetes.csv 40 012 ggig -f json @ --method=grad diabetes.onnx %
    damaged review.vocab 20 012 ggig -f json @ --method=grad --vocab % review.onnx review.npy

    # Records.
    for records in maps pairs decomposed shapley places; do
        damaged $records.ndjson 30 012 attr-plot -f svg @ -o out/x.svg '<' %
        damaged $records.ndjson 10 012 attr-plot -f png @ -o out/x.png '<' %
    done
    damaged maps.ndjson 40 0124 attr-score -f json --compare=maps.ndjson @ '<' %
    damaged maps.ndjson 40 012 attr-score -f json --map % @ digits8.onnx digits8.npy
    damaged truth.json 40 012 xderiv -f json --truth % @ product.onnx rows.csv

    for records in maps pairs decomposed shapley places summary outputs; do
        lies $records.ndjson 30 012 attr-plot -f svg @ -o out/x.svg '<' %
        lies $records.ndjson 10 012 attr-plot -f html @ -o out/x.html '<' %
    done
    for kind in overlay strip bars waterfall force beeswarm scatter matrix network upset curve sheet; do
        lies shapley.ndjson 6 012 attr-plot -f svg --kind=$kind @ -o out/x.svg '<' %
        lies maps.ndjson 6 012 attr-plot -f svg --kind=$kind @ -o out/x.svg '<' %
    done
    lies maps.ndjson 40 0124 attr-score -f json --compare=maps.ndjson @ '<' %
    lies maps.ndjson 40 012 attr-score -f json --map % --metric=insertion,pointing --steps=3 --boxes=boxes.csv @ \
        digits8.onnx digits8.npy
    lies truth.json 20 012 xderiv -f json --truth % @ product.onnx rows.csv
    damaged maps.ndjson 20 0125 ggig -f json --method=grad,ig --steps=4 --resume -o % @ digits8.onnx digits8.npy
    lies maps.ndjson 20 0125 ggig -f json --method=grad,ig --steps=4 --resume -o % @ digits8.onnx digits8.npy

    # Files that options read.
    damaged edges.csv 30 012 attr-plot -f svg --kind=network --edges % @ -o out/x.svg '<' shapley.ndjson
    damaged boxes.csv 30 012 attr-score -f json --metric=pointing --map maps.ndjson --boxes % @ digits8.onnx digits8.npy
    damaged boxes.csv 20 012 taylorcam -f json --layer=map --boxes % @ places.onnx places.csv
    damaged pairs.txt 20 012 xderiv -f json --pairs % @ product.onnx rows.csv
    damaged names.txt 20 012 shapley-int -f text --index=sii --names % @ product.onnx rows.csv
    damaged names.txt 20 012 onnx-run -f json --top=2 --labels % @ soft.onnx rows.csv
    damaged tokens.txt 20 012 ggig -f text --method=grad --rows=0:1 --tokens % @ review.onnx review.npy
    damaged skipped 10 012 onnx-run -f json --skip-ids % @ soft.onnx rows.csv
    damaged files 10 012 onnx-run -f json --files-from % @ soft.onnx
    damaged rows.csv 20 012 onnx-run -f json --id-column=a --drop=b --header=yes -o 'out/{id}.json' @ soft.onnx %
    for absent in marginal gaussian copula nearest:1; do
        damaged rows.csv 10 012 shapley-int -f json --set=all --absent=$absent --background % @ product.onnx rows.csv
    done
    damaged digits8.npy 20 012 ggig -f json --method=expected --samples=2 --rows=0:1 --background % @ digits8.onnx digits8.npy
    damaged digits8.npy 20 012 ggig -f json --method=ig --steps=2 --rows=0:1 --baseline % @ digits8.onnx digits8.npy
    damaged places.npy 20 012 shapley-int -f json --index=sii --rows=0:1 --players=file:% @ digits8.onnx digits8.npy
    damaged weights.npy 20 012 ggig -f json --method=grad --rows=0:1 --target=sum:% @ digits8.onnx digits8.npy
    damaged maps.ndjson 10 012 attr-decompose -f json --methods=gxi --attr % @ product.onnx rows.csv
    damaged classes 20 012 flint-global -f json -y % @ fitted.onnx digits8.npy
    damaged digits8.npy 20 012 flint-fit -q digits8.onnx --layers=/6/Relu_output_0 --recipe=small --batch=5 \
        --epochs=1 -x % -o out/fit.onnx @

    # Games.
    lies game.ndjson 40 0126 shapley-int -f json --set=all @ --load-game %
    damaged game.ndjson 100 0126 shapley-int -f json --set=all @ --load-game %
    damaged game.npy 60 0126 shapley-int -f json --set=all @ --load-game %

    # Fits.
    damaged fitted.onnx 60 01236 flint-explain -f json --rows=0:1 @ % digits8.npy
    damaged fitted.onnx 20 01236 flint-global -f json @ % digits8.npy
    damaged fitted.onnx 20 01236 flint-visualize -f json --rows=0:1 @ % digits8.npy
    damaged fit.ckpt 40 0126 flint-fit -q digits8.onnx --layers=/6/Relu_output_0 --recipe=small --batch=5 \
        --epochs=1 -x digits8.npy -y classes -o out/fit.onnx --resume --checkpoint % @
} >list

# ---- Wrong values, and models that grow ----

for archive in cases versions; do
    tar xzf "$data/$archive.tgz"
done
mkdir own
for check in "$build"/tests/check_lower*; do
    case ${check##*/} in
    *.*) ;;
    *) LOWERING_CASES=$T/0/own "$check" >/dev/null ;;
    esac
done
{
    while read -r name statuses; do
        input=$name.npy
        [ -e "$input" ] || input=digits8.npy
        printf '%s\t0\t%s\n' "02$statuses" "onnx-grad	@	-o	out/x.onnx	$name.onnx" \
            "2$statuses" "xderiv	-f	json	--allow-zero	@	$name.onnx	$input"
    done <lying
    ASAN_OPTIONS=detect_leaks=0 "$programs/growth"
    ASAN_OPTIONS=detect_leaks=0 "$programs/corpus" node/* simple/* pytorch-operator/* operators/* versions/* own/*
} >>list

# ---- Command lines ----

# Every option of every tool gets three values that may be wrong for it. Outputs go to "out".
for tool in ggig xderiv taylorcam shapley-int attr-decompose attr-score attr-plot flint-explain flint-global \
    flint-visualize onnx-run onnx-perturb onnx-grad; do
    for option in $($tool --help | sed -n 's/^ *\(-[A-Za-z], \)\{0,1\} *\(--[a-z][a-z-]*\)=.*/\2/p'); do
        for value in '' 0 -1 1e999 nan 99999999999999999999 x=y ',' a,b '%s%n' 0,0 1:1 not:x ../x /dev/null; do
            printf '01234568\t0\t%s\t@\t%s=%s\t%s\t%s\n' $tool "$option" "$value" soft.onnx rows.csv
        done
    done
done | awk 'NR % 5 == 0' >>list

# ---- Running ----

awk "NR % $every == 0" list >chosen

# Each processor has a copy of the directory, and runs every n-th command.
n=$(nproc) k=0 failed=0 jobs=
while [ "$k" -lt "$n" ]; do
    [ "$k" -eq 0 ] || cp -al "$T/0" "$T/$k"
    k=$((k + 1))
done
while [ "$k" -gt 0 ]; do
    k=$((k - 1))
    (cd "$T/$k" && awk "NR % $n == $k" chosen | "$programs/endure" "$seconds" "$memory") &
    jobs="$jobs $!"
done
for job in $jobs; do
    wait "$job" || failed=1
done
exit $failed

#!/bin/sh
# same.sh OLD NEW - compares the outputs of the tools in two directories: every tool, method and
# format on small models. Prints each command whose output or status differs, and the number of
# commands. Status 1 if any differs. JSON is compared by its members in any order.
set -u
cd "$(dirname "$0")/data" || exit 2
old=$1 new=$2
case $old$new in /*) ;; *) echo 'same.sh: the directories are absolute paths' >&2; exit 2 ;; esac
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
runs=0 differ=0

# run DIRECTORY TO TOOL ARG...: runs a tool of DIRECTORY and writes its output and status to TO.
run() {
    bin=$1 to=$2 tool=$3
    shift 3
    "$bin/$tool" "$@" >"$to" 2>"$to.err" </dev/null
    echo "status $?" >>"$to.err"
    case $* in
    *'-f png'* | *'-f npy'* | *'-f dot'* | *'-f text'* | *'-o '* | *--list*) ;;
    *) jq -cS 'del(.version)' "$to" >"$to.jq" 2>/dev/null && mv "$to.jq" "$to" ;;
    esac
}

both() {
    run "$old" "$work/old" "$@"
    run "$new" "$work/new" "$@"
    runs=$((runs + 1))
    cmp -s "$work/old" "$work/new" && cmp -s "$work/old.err" "$work/new.err" && return
    differ=$((differ + 1))
    echo "differs: $*"
    diff "$work/old.err" "$work/new.err" | head -n 4
    [ -n "${SHOW-}" ] && diff "$work/old" "$work/new" | cut -c 1-400 | head -n 12
}

# formats TOOL ARG...: compares json, text, npy and png.
formats() {
    for format in json text npy png; do
        both "$@" -f $format
    done
}

digits='digits8.onnx digits8.npy --rows=0:2'
one='digits8.onnx digits8.npy --rows=0:1'
# shellcheck disable=SC2086 # words
{
    formats onnx-run $digits
    both onnx-run --top=3 $digits
    both onnx-run --top=3 -f text $digits
    both onnx-run --list digits8.onnx
    both onnx-run --list -f text digits8.onnx
    both onnx-run diabetes.onnx diabetes.csv
    for method in ggig ggig-ig ig ig-max gda gda-ig grad inputxgrad smoothgrad smoothgrad-sq \
        vargrad guided-ig blur-ig idgi expected; do
        formats ggig --method=$method --steps=4 --iters=3 --samples=4 $digits
    done
    both ggig --method=ig --times-input --double --steps=4 $digits
    both ggig --method=grad --sign=all --cmap=bwr --panels=map -f png $one
    both ggig --list-methods
    formats taylorcam $one
    for form in paper basic taylor occlusion ih; do
        formats taylorcam --form=$form --smooth=softplus:5 $one
    done
    for kind in from marginal matrix cam sheet; do
        both taylorcam --png=$kind --gradcam --smooth=softplus:5 -f png $one
    done
    both taylorcam --cam=all --deletion --from=1,1 --smooth=softplus:5 $one
    both taylorcam --order=3 --smooth=softplus:5 $one
    both taylorcam --layer=list digits8.onnx
    for method in xderiv ih fd archdetect smoothhess; do
        formats xderiv --method=$method diabetes.onnx diabetes.csv --rows=0:2
    done
    both xderiv --order=3 --top=5 diabetes.onnx diabetes.csv --rows=0:2
    both xderiv --order=3 --search=beam:4 --maximal diabetes.onnx diabetes.csv --rows=0:2
    both xderiv --agg=median --order=2 diabetes.onnx diabetes.csv --rows=0:8
    both xderiv -f dot diabetes.onnx diabetes.csv --rows=0:1
    for index in bT sv sii stii ksii fsii bv bii fbii moebius owen andor; do
        formats shapley-int --index=$index --players=patches:4x4 $digits
    done
    both shapley-int --index=sv --budget=64 --players=patches:2x2 $one
    both shapley-int --window=2 diabetes.onnx diabetes.csv --rows=0:2
    both shapley-int --set=0,1,2 diabetes.onnx diabetes.csv --rows=0:2
    for plot in matrix graph upset tokens overlay curve; do
        both shapley-int --plot=$plot --players=patches:4x4 -f png $one
    done
    formats attr-decompose --players=patches:4x4 $one
    both attr-decompose --effects=both --taylor=2 diabetes.onnx diabetes.csv --rows=0:2
    for plot in bars alloc effects principles agreement; do
        both attr-decompose --plot=$plot --players=patches:4x4 -f png $one
    done
    flint="-x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=2"
    both flint-fit -q digits8.onnx $flint -o "$work/fitted.onnx"
    formats flint-explain "$work/fitted.onnx" digits8.npy --rows=0:2
    formats flint-global "$work/fitted.onnx" digits8.npy
    both flint-visualize "$work/fitted.onnx" digits8.npy -o "$work/pictures"
}
echo "$runs commands, $differ differ"
[ "$differ" -eq 0 ]

#!/bin/sh
# options.t - the options of the tools agree with their pages and with --help.
. tests/tap.sh

# described PAGE: prints the long options that a page describes in a list.
described() {
    sed -n 's/^\.It .*Fl -\([a-z][a-z0-9-]*\).*/--\1/p' "$@" | sort -u
}

described "$TOP/man/sextant.7" >"$T/common"
cat /dev/null >"$T/used"
for source in "$TOP"/cmd/*.c; do
    tool=$(basename "$source" .c)
    [ "$tool" != sextant ] || continue # it runs the others
    page=$TOP/man/$tool.1
    run "$tool" --complete
    is "$tool --complete: status" "$status" 0
    cut -f 2 "$T/out" | sort >"$T/options"
    sort -u "$T/options" >>"$T/used"
    described "$page" >"$T/own"
    sort -u "$T/own" "$T/common" >"$T/all"
    is "$tool: options that no page describes" "$(comm -23 "$T/options" "$T/all")" ''
    is "$tool: options that there are not" "$(comm -13 "$T/options" "$T/own")" ''
    # These options have another meaning in these tools than in sextant(7).
    case $tool in
    flint-fit) own=--resume ;;
    shapley-int | xderiv) own=--names ;;
    onnx-grad) own='--target\|--wrt' ;;
    *) own= ;;
    esac
    is "$tool: options that two pages describe" "$(comm -12 "$T/own" "$T/common" | grep -vxe "$own")" ''
    is "$tool: options given twice" "$(uniq -d "$T/options")" ''
    is "$tool: letters given twice" "$(cut -f 1 "$T/out" | grep -v '^-$' | sort | uniq -d)" ''
    "$tool" --help >"$T/help"
    is "$tool: options that --help forgets" "$(while read -r o; do
        grep -q -e " $o\([= ]\|\$\)" "$T/help" || echo "$o"
    done <"$T/options")" ''
    cut -f 1,2 "$T/out" | grep -v '^-' | sort >>"$T/letters"
    is "$tool: options that may be cut short, or are not offered then" "$(while read -r o; do
        cut=${o%?}
        grep -qxe "$cut" "$T/options" && continue
        [ "$(grep -ce "^$cut" "$T/options")" -le 3 ] || continue # so many are offered
        "$tool" "$cut" m.onnx >/dev/null 2>"$T/err"
        echo "$? $(head -n 1 "$T/err")" | grep -qe "^2 $tool: no option '$cut'; nearest: .*$o\(,\|\$\)" || echo "$o"
    done <"$T/options")" ''
done
is 'common options that no tool has' "$(sort -u "$T/used" | comm -13 - "$T/common")" ''
is 'letters with two meanings' "$(sort -u "$T/letters" | cut -f 1 | uniq -d)" ''

# ---- Words, values, names ----

work "$DATA/digits8.onnx" "$DATA/digits8.npy"
# offers TEXT COMMAND...: it ends with status 2 and one line that contains TEXT.
offers() {
    text=$1
    shift
    run "$@"
    refused "$*" 2 "$text"
}
# A tool does not have options that it does not use.
offers "no option '--double': flint-fit has no use for it" flint-fit --double digits8.onnx
offers "no option '--rows': flint-fit has no use for it" flint-fit --rows=0:1 digits8.onnx
offers "no option '--timing': attr-plot has no use for it" attr-plot --timing
offers "no option '--long': onnx-perturb has no use for it" onnx-perturb --long digits8.onnx
offers "no option '--color': onnx-grad has no use for it" onnx-grad --color=never digits8.onnx
offers "no option '--output-name': flint-explain has no use for it" flint-explain --output-name=x digits8.onnx digits8.npy
offers "no option '--rows': flint-global has no use for it" flint-global --rows=0:1 digits8.onnx digits8.npy
offers "no option '--input': flint-visualize has no use for it" flint-visualize --input=a=b digits8.onnx
for option in tokens vocab keep-ids names edges; do
    offers "no option '--$option': attr-score has no use for it" attr-score --$option=x --map=y digits8.onnx
    offers "no option '--$option': taylorcam has no use for it" taylorcam --$option=x digits8.onnx digits8.npy
done
# Nor does it have options of kinds of figures that it does not draw.
for option in interp pad edges; do
    offers "no option '--$option': onnx-run has no use for it" onnx-run --$option=1 digits8.onnx digits8.npy
done
# Tools that only write ONNX have no formats.
for tool in onnx-grad onnx-perturb flint-fit; do
    is "$tool: no --format" "$("$tool" --complete | grep -c -e '--format')" 0
    offers "no option '-f'" "$tool" -f json digits8.onnx
done
offers "no option '--stp'; nearest: --step" ggig --stp=off digits8.onnx
offers "no option '--setps'; nearest: --steps" ggig --setps=4 digits8.onnx
offers "no option '-Z'" ggig -qZ digits8.onnx
offers "option '--double' takes no argument" ggig --double=1 digits8.onnx
offers "option '--steps' needs an argument" ggig digits8.onnx --steps
offers "option '-t' needs an argument" ggig digits8.onnx -t
offers 'nearest: ig, ggig' ggig --method=igg digits8.onnx
offers 'nearest: gradcam' attr-decompose --methods=gxi,gradcm digits8.onnx digits8.npy
offers 'nearest: sii' shapley-int --index=siii digits8.onnx
offers 'nearest: any' shapley-int --partition=ani digits8.onnx
offers 'nearest: fd' xderiv --method=fdd digits8.onnx
offers 'nearest: median' xderiv --agg=medain digits8.onnx
offers 'nearest: json' onnx-run -f jsn digits8.onnx
offers 'imagenet' ggig --preset=imagnet digits8.onnx
offers 'nearest: mean' ggig --agg=men digits8.onnx
offers 'nearest: logprob' taylorcam --score=logprb digits8.onnx
offers 'mnist' flint-fit --recipe=mnst -x digits8.npy -o out.onnx digits8.onnx
offers 'nearest: always' onnx-run --color=alway digits8.onnx
offers 'nearest: beam:N' xderiv --search=baem digits8.onnx
offers 'nearest: layercam' taylorcam --cam=layrcam --smooth=softplus:5 digits8.onnx digits8.npy
offers 'nearest: kernel' shapley-int --index=sv --sampling=kernal --budget=40 digits8.onnx digits8.npy
printf '%s\n' zero one two three four five six seven eight nine >digits.txt
offers "nearest: three" ggig -t thre --labels=digits.txt digits8.onnx digits8.npy
offers 'no input named .*; nearest: ' onnx-run -i imput=digits8.npy digits8.onnx
for tool in onnx-run ggig shapley-int; do
    offers 'nearest: /6/Relu_output_0' $tool --output-name=/6/Relu_output digits8.onnx digits8.npy
done
offers 'nearest: /6/Relu_output_0' ggig --wrt=/6/Relu_output digits8.onnx digits8.npy
offers 'nearest: /6/Relu_output_0' flint-fit --layers=/6/Relu -x digits8.npy -o out.onnx digits8.onnx

# Options stand anywhere. Letters may be joined. Arguments follow = or a blank. "--" ends options.
run ggig --method=grad -f json --rows=0:1 -q digits8.onnx digits8.npy
cp "$T/out" want
run ggig digits8.onnx -qfjson --method grad -j2 digits8.npy --rows 0:1
ok 'other spellings of the same options' cmp "$T/out" want
run ggig --method=grad -qfjson --rows=0:1 -- digits8.onnx digits8.npy
ok 'after "--" there are operands' cmp "$T/out" want
cp digits8.npy ./--rows
run onnx-run -q -- digits8.onnx --rows
is 'an operand after -- may begin with --' "$status $(jq -r .id "$T/out" | sort -u)" '0 --rows'
run ggig --method=grad -qfjson --rows=0:1 -t -1 digits8.onnx digits8.npy
is 'an argument may begin with a dash' "$status $(jq .target.index "$T/out")" '0 9'

# ---- Missing and misplaced words ----

run ggig digits8.npy digits8.onnx
refused 'INPUT first' 3 'digits8.npy: is a .npy array; MODEL comes first'
run onnx-run "$DATA/dog.png" digits8.onnx
refused 'a picture first' 3 'is a PNG picture; MODEL comes first'
printf '1,2\n' >row.csv
run onnx-run two.onnx row.csv
refused 'an input that is missing, of which type and shape' 2 "the model also takes 'b', float .N,2.: feed it with -i 'b'=FILE"
end

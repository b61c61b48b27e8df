#!/bin/sh
# defaults.t - the default in a manual page is what the tool does without the option, and another
# value changes the result.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes.onnx "$DATA"/diabetes.csv "$DATA"/picture.png
echo 2,1 >x.csv

# default_of PAGE OPTION: prints the first number that the option's paragraph gives as the default.
default_of() {
    awk -v option="-$2" '
        $1 == ".It" { if (on) exit; for (i = 2; i < NF; i++) on = on || $i == "Fl" && $(i + 1) == option; next }
        on { text = text " " $0 }
        END {
            if (match(text, /[0-9][0-9.e-]*[0-9]*( pixels)? by default/) ||
                match(text, /default is [0-9][0-9.e-]*/)) {
                text = substr(text, RSTART, RLENGTH)
                match(text, /[0-9]([0-9.e-]*[0-9])?/)
                print substr(text, RSTART, RLENGTH)
            }
        }' "$TOP/man/$1"
}

# Prints the result without the part that repeats the command line: numbers of a record, or a sum of
# all bytes.
result() {
    jq -c 'del(.params, .id)' "$T/out" 2>/dev/null || od -An -tx1 "$T/out" | cksum
}

while read -r tool option other rest; do
    value=$(default_of "$tool.1" "$option")
    [ -n "$value" ] || value=$(default_of sextant.7 "$option")
    ok "$tool: a page has a default of --$option" test -n "$value"
    # shellcheck disable=SC2086 # options and operands
    run "$tool" $rest
    is "$tool $rest: status" "$status" 0
    result >usual
    # shellcheck disable=SC2086 # options and operands
    run "$tool" --"$option"="$value" $rest
    is "$tool: --$option=$value is the default" "$(result | head -c 300)" "$(head -c 300 usual)"
    # shellcheck disable=SC2086 # options and operands
    run "$tool" --"$option"="$other" $rest
    is "$tool: --$option=$other is taken" "$status" 0
    ok "$tool: --$option=$other is another" not test "$(result)" = "$(cat usual)"
done <<'END'
ggig steps 30 --method=ggig-ig --iters=3 --eta=0.1 --rows=0:1 digits8.onnx digits8.npy
ggig iters 90 --method=gda --eta=0.01 product.onnx x.csv
ggig samples 40 --method=smoothgrad --rows=0:1 digits8.onnx digits8.npy
ggig samples 40 --method=expected --rows=0:1 digits8.onnx digits8.npy
ggig noise 0.1 --method=vargrad --rows=0:1 digits8.onnx digits8.npy
ggig fraction 0.5 --method=guided-ig --rows=0:1 digits8.onnx digits8.npy
ggig max-dist 0.1 --method=guided-ig --rows=0:1 digits8.onnx digits8.npy
ggig max-sigma 5 --method=blur-ig --steps=20 --rows=0:1 digits8.onnx digits8.npy
ggig outlier 20 -f png --method=grad digits8.onnx picture.png
ggig overlay 0.3 -f png --method=grad digits8.onnx picture.png
ggig topk 40 -f png --method=grad --panels=mask digits8.onnx picture.png
taylorcam steps 3 --form=ih --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
taylorcam pairs 3 --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
xderiv order 3 --rows=0:1 diabetes.onnx diabetes.csv
xderiv steps 5 --method=ih --rows=0:1 --double diabetes.onnx diabetes.csv
xderiv noise 0.2 --method=smoothhess --steps=50 --rows=0:1 diabetes.onnx diabetes.csv
shapley-int order 1 --index=sii --players=patches:4x4 --rows=0:1 digits8.onnx digits8.npy
shapley-int budget 8000 --index=sv --rows=0:1 digits8.onnx digits8.npy
END

# Words that the pages give as the default.
while read -r tool option word other rest; do
    # shellcheck disable=SC2086 # options and operands
    run "$tool" $rest
    result >usual
    # shellcheck disable=SC2086 # options and operands
    run "$tool" --"$option"="$word" $rest
    is "$tool: --$option=$word is the default" "$status $(result | head -c 300)" "0 $(head -c 300 usual)"
    # shellcheck disable=SC2086 # options and operands
    run "$tool" --"$option"="$other" $rest
    ok "$tool: --$option=$other is another" not test "$(result)" = "$(cat usual)"
done <<'END'
ggig step plain unit --method=gda --iters=3 --eta=0.1 product.onnx x.csv
ggig agg max mean --method=gda --iters=3 --eta=0.1 product.onnx x.csv
ggig baseline zero 1 --method=ig product.onnx x.csv
ggig score logit prob --method=grad soft.onnx x.csv
ggig target argmax 1 --method=grad soft.onnx x.csv
taylorcam form paper basic --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
taylorcam order 2 3 --smooth=softplus:5 --pairs=2 --rows=0:1 digits8.onnx digits8.npy
taylorcam diag drop keep --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
taylorcam score logprob raw --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
xderiv agg none mean --rows=0:2 diabetes.onnx diabetes.csv
xderiv smooth none gelu --method=fd --rows=0:1 digits8.onnx digits8.npy
shapley-int sampling adjusted kernel --index=sv --budget=300 --rows=0:1 digits8.onnx digits8.npy
shapley-int partition connected any --players=patches:2x2 --set=0,1,2,4 --rows=0:1 digits8.onnx digits8.npy
END
end

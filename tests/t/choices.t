#!/bin/sh
# choices.t - an option at its default changes nothing. Every choice that an option offers is
# accepted, or refused with one line that says why.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes.onnx
flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
    --epochs=1 -o fitted.onnx >/dev/null || exit 1
ggig -f json --method=grad,ig --steps=4 digits8.onnx digits8.npy >maps.json

# run_with OPTION...: runs $tool with the options on a quick example.
run_with() {
    case $tool in
    ggig) run ggig --method=ggig --steps=3 --iters=2 --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    taylorcam) run taylorcam --smooth=softplus:5 --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    xderiv) run xderiv --smooth=softplus:5 --players=patches:4x4 --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    shapley-int) run shapley-int --players=patches:4x4 --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    attr-decompose) run attr-decompose --players=patches:4x4 --methods=gxi,occ1 --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    attr-plot) attr-plot -f svg "$@" <maps.json >"$T/out" 2>"$T/err" && status=0 || status=$? ;;
    attr-score) run attr-score --map=maps.json --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    flint-explain) run flint-explain --rows=0:1 "$@" fitted.onnx digits8.npy ;;
    flint-global) run flint-global "$@" fitted.onnx digits8.npy ;;
    flint-visualize) run flint-visualize --mas=1 --rounds=1 --steps=2 "$@" fitted.onnx digits8.npy ;;
    flint-fit) run flint-fit -q --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=1 "$@" \
        -o made.onnx digits8.onnx -x digits8.npy ;;
    onnx-run) run onnx-run --rows=0:1 "$@" digits8.onnx digits8.npy ;;
    esac
}

# Prints the result without the part of the record that repeats the command line.
result() {
    jq -c 'del(.params)' "$T/out" 2>/dev/null || cat "$T/out"
}

# Prints "name<TAB>default" for the options whose help line ends with a default, except those that
# are descriptions.
defaults() {
    "$tool" --help | tr '\n' ' ' | sed 's/    *\(-[a-zA-Z0], \)\{0,1\}--/\n--/g' |
        sed -n 's/^--\([a-z0-9-]*\).*\[\([^] ]*\)\] *$/\1\t\2/p'
}

for tool in onnx-run ggig taylorcam xderiv shapley-int attr-decompose attr-plot attr-score flint-explain \
    flint-global flint-visualize flint-fit; do
    run_with
    is "$tool: status" "$status" 0
    result >usual
    defaults >"$T/defaults"
    changed=''
    while read -r option value; do
        case $tool-$option in
        # run_with sets these otherwise.
        ggig-steps | *-mas | *-rounds | flint-visualize-steps | *-recipe | *-smooth | *-players | *-methods) continue ;;
        esac
        run_with --"$option"="$value"
        [ "$status" -eq 0 ] && result | cmp -s - usual || changed="$changed --$option=$value"
    done <"$T/defaults"
    is "$tool: defaults that change the result if they are given" "$changed" ''

    # Choices are "a|b|c". A part with other letters than lower case is a placeholder. "auto" and
    # "recipe" are replaced in the record by what was chosen.
    "$tool" --complete | awk -F '\t' '$4 ~ /\|/ { print $2, $4 }' >"$T/choices"
    silent='' unsaid=''
    while read -r option choices; do
        grep -qxe "$option" seen 2>/dev/null && continue # a common one, by another tool
        for choice in $(echo "$choices" | tr '|' ' '); do
            case $choice in *[!a-z0-9+-]* | recipe | auto) continue ;; esac
            run_with "$option=$choice"
            case $status in
            0) ;;
            [1235]) [ "$(grep -c "^$tool: " "$T/err")" -ge 1 ] || silent="$silent $option=$choice" ;;
            *) silent="$silent $option=$choice($status)" ;;
            esac
            key=$(echo "${option#--}" | tr - _)
            said=$(jq -r --arg k "$key" 'select(.params | has($k)) | .params[$k]' "$T/out" 2>/dev/null | head -n 1)
            [ -z "$said" ] || [ "$said" = "$choice" ] || unsaid="$unsaid $option=$choice:$said"
        done
    done <"$T/choices"
    cut -d ' ' -f 1 "$T/choices" >>seen
    is "$tool: choices that fail without a message" "$silent" ''
    is "$tool: choices that params do not have" "$unsaid" ''
done
end

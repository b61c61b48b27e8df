#!/bin/sh
# files.sh BUILD DIRECTORY - runs all ONNX files in a directory and below with the inputs beside
# them. It prints a table: file, ran, equality to stored outputs, gradient against central
# differences, seconds. `make models MODELS=DIRECTORY` runs it.
#
# ran       yes, or the status of onnx-run; "listed": there are no inputs, and every node is
#               supported
#     equal     the largest difference to a stored output, relative to its largest element
#     gradient  the relative difference along one direction, in float64. "straight": a gradient
#               passes through rounding, which differences do not show. "flat": it is 0. Otherwise
#               the status of ggig, such as 2 if no input is real
#
# Inputs and outputs are named by a case.json {"inputs": {NAME: FILE}} with expected/NAME.npy. Or
# they are test_data_set_0/input_0.pb and output_0.pb, or STEM.NAME.npy and STEM.out_NAME.npy.
# There, bytes of a name other than letters, digits, dots, dashes and underscores are underscores.
set -u
PATH=$(cd "$1" && pwd)/bin:$(cd "$1" && pwd)/tests/programs:$PATH
cd "$2" || exit 1
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
bad=0

plain() {
    printf %s "$1" | tr -c 'A-Za-z0-9._-' _
}

# names OP MODEL: prints the names of the model's inputs, one per line.
inputs() {
    onnx-run -q --list "$1" 2>/dev/null | jq -r 'select(.op == "Input") | .tensor'
}

# Prints "NAME=FILE" lines for the files that feed the model's inputs.
find_feeds() {
    dir=$(dirname "$1") stem=${1%.onnx}
    : >"$T/feeds"
    if [ -e "$dir/case.json" ]; then
        jq -r --arg d "$dir" '.inputs | to_entries[] | "\(.key)=\($d)/\(.value)"' \
            "$dir/case.json" >"$T/feeds"
        return
    fi
    k=0
    inputs "$1" | while IFS= read -r name; do
        for file in "$dir/test_data_set_0/input_$k.pb" "$stem.$(plain "$name").npy"; do
            [ -e "$file" ] && printf '%s=%s\n' "$name" "$file" && break
        done
        k=$((k + 1))
    done >"$T/feeds"
}

# run_on MODEL TOOL [OPTION]...: runs a tool on the model with all these inputs.
run_on() {
    model=$1
    shift
    while IFS= read -r feed; do
        set -- "$@" -i "$feed"
    done <"$T/feeds"
    "$@" "$model" >"$T/out" 2>"$T/err" </dev/null
}

# The file of the expected output NAME, number K.
expected() {
    for file in "$dir/expected/$(plain "$1").npy" "$dir/test_data_set_0/output_$2.pb" \
        "${model%.onnx}.out_$(plain "$1").npy"; do
        [ -e "$file" ] && echo "$file" && return
    done
}

# The largest difference of all stored outputs, or "-".
equal() {
    jq -r 'select(.outputs != null) | .outputs[].name' "$T/out" >"$T/names"
    worst=-  k=0
    while IFS= read -r name; do
        want=$(expected "$name" $k)
        k=$((k + 1))
        [ -n "$want" ] || continue
        run_on "$model" onnx-run -q -f npy --output-name="$name" || { worst=no; continue; }
        cp "$T/out" "$T/got.npy"
        near=$(npy same "$T/got.npy" "$want" 2>/dev/null) || near=no
        worst=$(printf '%s\n%s\n' "$worst" "$near" | sed '/^-$/d' | sort -g | tail -n 1)
        [ "$near" = no ] && worst=no
    done <"$T/names"
    echo "${worst:--}"
}

# value FILE: f with the array of FILE as x.
value() {
    run_on "$model" ggig -q --double --method=grad -t "$index" --score=raw --wrt="$x" -i "$x=$1" &&
        jq -r .target.value "$T/out"
}

# Compares the gradient at the sample along a direction with (f(x + h d) - f(x - h d)) / 2 h.
gradient() {
    run_on "$model" ggig -q --double --method=grad --score=raw || { echo "$?"; return; }
    jq -e .straight_through "$T/out" >/dev/null && { echo straight; return; }
    jq -e .flat "$T/out" >/dev/null && { echo flat; return; }
    x=$(jq -r .input.name "$T/out") index=$(jq -r .target.index "$T/out")
    at=$(sed -n "s|^$(plain "$x" | sed 's/[.]/[.]/g')=||p" "$T/feeds")
    if [ -z "$at" ]; then
        run_on "$model" onnx-run -q --double -f npy --output-name="$x" || { echo no; return; }
        cp "$T/out" "$T/x.npy"
        at=$T/x.npy
    fi
    run_on "$model" ggig -q --double --method=grad --score=raw -t "$index" --wrt="$x" -f npy ||
        { echo no; return; }
    slope=$(npy along "$T/out")
    grep -v "^$x=" "$T/feeds" >"$T/others"
    mv "$T/others" "$T/feeds"
    if ! { npy move "$at" 1e-5 "$T/up.npy" && npy move "$at" -1e-5 "$T/down.npy" &&
        up=$(value "$T/up.npy") && down=$(value "$T/down.npy"); }; then
        echo no
        return
    fi
    jq -nr --argjson g "$slope" --argjson u "$up" --argjson d "$down" \
        '(($u - $d) / 2e-5) as $want | (($g - $want) | fabs) /
         ([($want | fabs), ($g | fabs), 1e-12] | max) | . * 1e9 | round / 1e9'
}

printf '%-52s %-7s %-9s %-10s %s\n' file ran equal gradient seconds
find . -name '*.onnx' | sort >"$T/files"
while IFS= read -r file; do
    began=$(date +%s.%N) equal=- gradient=-
    find_feeds "$file"
    if [ -s "$T/feeds" ]; then
        run_on "$file" onnx-run -q
        ran=$?
        [ $ran -eq 0 ] && ran=yes && equal=$(equal) && find_feeds "$file" && gradient=$(gradient)
    else
        ran=$(onnx-run -q --list "$file" 2>/dev/null |
            jq -rs 'if length > 0 and all(.supported) then "listed" else "no" end')
    fi
    case $ran$equal in yesno | no* | [1-9]*) bad=$((bad + 1)) ;; esac
    printf '%-52s %-7s %-9s %-10s %.1f\n' "${file#./}" "$ran" "$equal" "$gradient" \
        "$(jq -n "$(date +%s.%N) - $began")"
done <"$T/files"
printf '\n%d of %d failed\n' "$bad" "$(wc -l <"$T/files")"
[ "$bad" -eq 0 ]

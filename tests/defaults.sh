#!/bin/sh
# defaults.sh BUILD [MODELS] - measures how faithful the methods of ggig are and what they cost, on
# the photographs of MODELS/images with the SqueezeNet of MODELS. `make defaults-table` runs it. It
# prints a line for each method, as in ggig(1): the areas under the curves of insertion, deletion
# and softmax information over all photographs, and the gradients per photograph. "random" ranks
# pixels at random. Two methods run at a time, each on one processor.
set -u
BUILD=$1 MODELS=${2:-../shared/models}
[ -d "$MODELS/images" ] || { echo "defaults: $MODELS/images is not there, nothing is measured"; exit 0; }
PATH=$(cd "$BUILD" && pwd)/bin:$PATH
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT

# tool NAME [OPTION]...: runs a tool with the network on all photographs.
tool() {
    name=$1
    shift
    "$name" -q -j 1 --resize=227x227 --channels=bgr --scale=1 --mean=104,117,123 "$@" \
        "$MODELS/squeezenet1.0/model.onnx" "$MODELS"/images/*.png
}

# drawn: prints the records of `grad` as records of `random`, with random maps.
drawn() {
    jq -c 'select(.method == "grad") | .method = "random" | .cost.backward = 0
        | .attribution.values |= [foreach .[] as $v (.[0] * 0 + 1; (. * 16807) % 2147483647)]'
}

# score MAPS: prints a line for each method of these records: its name, the number of photographs,
# the areas with standard errors, and its gradients.
score() {
    tool attr-score --steps=25 --metric=insertion,deletion,sic --summary --map="$1" >"$1.scores" ||
        return 1
    jq -rs 'group_by(.method)[] | [.[0].method, (map(.cost.backward) | add / length)] | @tsv' \
        "$1" | sort >"$1.cost"
    jq -r 'select(.summary) | [.method, (.summary | .samples, .scores.insertion, .stderr.insertion,
        .scores.deletion, .stderr.deletion, .scores.sic)] | @tsv' "$1.scores" | sort >"$1.means"
    join -t "$(printf '\t')" "$1.means" "$1.cost"
}

# maps METHODS [--times-input]: scores these methods.
maps() {
    methods=$1
    shift
    file=$T/$(echo "$methods$*" | tr -c 'a-z0-9\n' _)
    tool ggig --method="$methods" "$@" |
        jq -c --arg options "$*" '.method += if $options == "" then "" else " " + $options end' \
            >"$file" || return 1
    case $methods in grad,*) drawn <"$file" >"$file.random" && cat "$file.random" >>"$file" ;; esac
    score "$file"
}

{ maps grad,edge,gradcam && maps inputxgrad && maps ig && maps ggig --times-input; } >"$T/first" &
{ maps smoothgrad && maps ig --times-input && maps ggig && maps guided-ig; } >"$T/second" || exit 1
wait $! || exit 1

sort -t "$(printf '\t')" -k3,3gr "$T/first" "$T/second" | awk -F '\t' '
    NR == 1 { printf "%d photographs\n%-20s %14s %14s %6s %10s\n", $2, "method", "insertion",
        "deletion", "SIC", "gradients" }
    { printf "%-20s %.3f +- %.3f %.3f +- %.3f %6.3f %10.0f\n", $1, $3, $4, $5, $6, $7, $8 }'

#!/bin/sh
# defaults.sh BUILD [MODELS] - how faithful the methods of ggig are, and what they cost, on the
# photographs of MODELS/images by the SqueezeNet of MODELS; `make defaults-table` runs it. It prints
# a line a method, as ggig(1) has them: areas of insertion and deletion and of the curve of softmax
# information over all photographs, and gradients a photograph. "random" ranks pixels by chance.
set -u
BUILD=$1 MODELS=${2:-../shared/models}
[ -d "$MODELS/images" ] || { echo "defaults: $MODELS/images is not there, nothing is measured"; exit 0; }
PATH=$(cd "$BUILD" && pwd)/bin:$PATH
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT

# tool NAME [OPTION]...: of the network, on all photographs.
tool() {
    name=$1
    shift
    "$name" -q --resize=227x227 --channels=bgr --scale=1 --mean=104,117,123 "$@" \
        "$MODELS/squeezenet1.0/model.onnx" "$MODELS"/images/*.png
}

# drawn: the records of `grad`, as such of `random` with other numbers in the maps.
drawn() {
    jq -c 'select(.method == "grad") | .method = "random" | .cost.backward = 0
        | .attribution.values |= [foreach .[] as $v (.[0] * 0 + 1; (. * 16807) % 2147483647)]'
}

{
    tool ggig --method=ggig,ig,guided-ig,smoothgrad,gradcam,inputxgrad,grad,edge || exit 1
    tool ggig --method=ig --times-input | jq -c '.method = "ig --times-input"'
    tool ggig --method=ggig --times-input | jq -c '.method = "ggig --times-input"'
} >"$T/maps" || exit 1
drawn <"$T/maps" >"$T/random" && cat "$T/random" >>"$T/maps" &&
    tool attr-score --steps=25 --metric=insertion,deletion,sic --summary --map="$T/maps" >"$T/scores" ||
    exit 1

jq -rs 'group_by(.method)[] | [.[0].method, (map(.cost.backward) | add / length)] | @tsv' \
    "$T/maps" | sort >"$T/cost"
jq -r 'select(.summary) | [.method, (.summary | .samples, .scores.insertion, .stderr.insertion,
    .scores.deletion, .stderr.deletion, .scores.sic)] | @tsv' "$T/scores" | sort >"$T/means"
join -t "$(printf '\t')" "$T/means" "$T/cost" | sort -t "$(printf '\t')" -k3,3gr | awk -F '\t' '
    NR == 1 { printf "%d photographs\n%-20s %14s %14s %6s %10s\n", $2, "method", "insertion",
        "deletion", "SIC", "gradients" }
    { printf "%-20s %.3f +- %.3f %.3f +- %.3f %6.3f %10.0f\n", $1, $3, $4, $5, $6, $7, $8 }'

#!/bin/sh
# models.sh BUILD [MODELS] - loads, runs, differentiates and explains every model of ../shared/models
# and compares with the references that lie beside them. Prints a line a model with the largest
# differences, each relative to the largest element; `make models` runs it.
#
#     float, double   outputs to the references (limits 1e-4 and 1e-9)
#     gradient        in double, to the references (1e-9)
#     batch           runs of one sample at a time to runs of several, in double (1e-12): outputs
#                     and gradients
set -u
BUILD=$1 MODELS=${2:-../shared/models}
[ -d "$MODELS" ] || { echo "models: $MODELS is not there, nothing is run"; exit 0; }
BUILD=$(cd "$BUILD" && pwd)
PATH=$BUILD/bin:$BUILD/tests/programs:$PATH
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
cd "$MODELS" || exit 1
bad=0

# attempt COMMAND...: runs a command, and says what went wrong.
attempt() {
    "$@" >"$T/out" 2>"$T/err" && return
    echo "FAILED: $*: $(head -c 300 "$T/out" "$T/err" | tr '\n' ' ')"
    bad=$((bad + 1))
    return 1
}

# compare GOT WANT LIMIT [K]: prints the difference in the line of this model.
compare() {
    if npy near "$@" >"$T/near" 2>&1; then
        printf ' %8s' "$(cat "$T/near")"
    else
        printf ' %8s: not within %s\n' "$(cat "$T/near")" "$3"
        bad=$((bad + 1))
    fi
}

head_of() {
    printf '\n%-40s' "$1"
}

# outputs MODEL WANT WANT64 LIMIT64 INPUT [OPTION]...: compares outputs. "-": there is no reference.
outputs() {
    model=$1 want=$2 want64=$3 limit=$4
    shift 4
    head_of "$model"
    attempt onnx-run -q -f npy -o "$T/y" "$model" "$@" || return
    [ "$want" = - ] && printf '        -' || compare "$T/y" "$want" 1e-4
    attempt onnx-run -q --double -f npy -o "$T/y" "$model" "$@" || return
    [ "$want64" = - ] && printf '        -' || compare "$T/y" "$want64" "$limit"
}

# gradients MODEL WANT LIMIT K INPUT [OPTION]...: compares gradients of output element K. WANT has a
# gradient of each element, or only that of K if K begins with "=".
gradients() {
    model=$1 want=$2 limit=$3 k=$4
    shift 4
    attempt ggig -q --double --method=grad --score=raw -t "${k#=}" -f npy -o "$T/g" "$model" "$@" ||
        return
    case $want,$k in
    -,*) printf '        -' ;;
    *,=*) compare "$T/g" "$want" "$limit" ;;
    *) compare "$T/g" "$want" "$limit" "$k" ;;
    esac
    for batch in 1 4; do
        attempt ggig -q --double --batch=$batch --method=ig --steps=6 --score=raw -t "${k#=}" \
            --baseline=0.1 -f npy -o "$T/$batch" "$model" "$@" || return
    done
    compare "$T/1" "$T/4" 1e-9
}

# explains MODEL INPUT [OPTION]...: runs ggig on the first sample.
explains() {
    attempt ggig -q --steps=3 --iters=2 --rows=0:1 "$@" &&
        attempt jq -e '[.attribution.values[] | numbers | select(. != 0)] | length > 0' "$T/out" &&
        printf ' explained'
}

printf '%-40s %8s %8s %8s %8s' model float double gradient batch

for model in digits8/model*.onnx digits8_smooth/model.onnx; do
    d=${model%/*} limit=1e-9
    case $model in *folded* | *fixed*) limit=2e-7 ;; esac
    outputs "$model" $d/expected/logits.npy $d/expected/logits_f64.npy $limit $d/test_x.npy
    gradients "$model" $d/expected/grad_f64.npy $limit 3 --rows=0:20 $d/test_x.npy
    explains "$model" $d/test_x.npy
done
for file in model_bn_folded model_fixed_batch1; do
    attempt ggig -q --double --method=ig --rows=0:9 -t 3 -f npy -o "$T/$file" digits8/$file.onnx \
        digits8/test_x.npy
done
head_of 'digits8: batch fixed at 1, and dynamic'
compare "$T/model_fixed_batch1" "$T/model_bn_folded" 1e-12
for model in tabular_*/*.onnx; do
    d=${model%/*} name=$(basename "$model" .onnx)
    limit=1e-9
    [ "$name" = gelu ] && limit=2e-8
    outputs "$model" "$d/expected/${name}_output.npy" "$d/expected/${name}_output_f64.npy" $limit \
        "$d/test_x.npy"
    gradients "$model" "$d/expected/${name}_grad_f64.npy" $limit 0 --rows=0:20 "$d/test_x.npy"
    explains "$model" "$d/test_x.npy"
done
for model in nid_*/*.onnx; do
    d=${model%/*} name=$(basename "$model" .onnx)
    outputs "$model" "$d/expected/${name}_output.npy" "$d/expected/${name}_output_f64.npy" 1e-9 \
        "$d/test_x.npy"
    limit=1e-9
    [ "$name" = softplus ] && limit=1e-8
    gradients "$model" "$d/expected/${name}_grad_f64.npy" $limit =0 --rows=0:100 "$d/test_x.npy"
    explains "$model" "$d/test_x.npy"
done

d=emotion_mini_xception
outputs $d/model.onnx $d/expected/logits.npy - - $d/face.npy
gradients $d/model.onnx - - =3 $d/face.npy
explains $d/model.onnx $d/face.npy
outputs $d/model.onnx $d/expected/probabilities.npy - - $d/face.npy --output-name=probabilities
for d in light_*; do
    outputs "$d/model.onnx" "$(echo "$d"/expected/*.npy)" - - "$d/input.npy"
    gradients "$d/model.onnx" - - =3 "$d/input.npy"
    # All weights are equal, so the gradient may be zero, and ggig only has to run.
    attempt ggig -q --steps=3 --iters=2 "$d/model.onnx" "$d/input.npy" && printf ' explained'
done
for i in 0 1 2; do
    outputs mnist8/model.onnx mnist8/expected/Plus214_Output_0_$i.npy - - mnist8/input_$i.npy
    gradients mnist8/model.onnx - - =3 mnist8/input_$i.npy
    explains mnist8/model.onnx mnist8/input_$i.npy
done

d=sort_of_clevr
npy pick $d/image.npy $d/question_image.npy "$T/image.npy"
npy pick $d/expected/fmap.npy $d/question_image.npy "$T/fmap.npy"
for name in relu soft; do
    outputs $d/$name.onnx $d/expected/${name}_logits.npy $d/expected/${name}_logits_f64.npy 1e-6 \
        "$T/image.npy" -i question=$d/question.npy
    gradients $d/$name.onnx - - =3 --rows=0:4 "$T/image.npy" -i question=$d/question.npy
    explains $d/$name.onnx "$T/image.npy" -i question=$d/question.npy
    outputs $d/${name}_head.onnx $d/expected/${name}_logits.npy - - "$T/fmap.npy" \
        -i question=$d/question.npy
    gradients $d/${name}_head.onnx - - =3 --rows=0:4 "$T/fmap.npy" -i question=$d/question.npy
    explains $d/${name}_head.onnx "$T/fmap.npy" -i question=$d/question.npy
done
outputs $d/conv.onnx $d/expected/fmap.npy - - $d/image.npy
gradients $d/conv.onnx - - =3 --rows=0:4 $d/image.npy
explains $d/conv.onnx $d/image.npy

d=squeezenet1.0
for name in astronaut cat coffee dog hen jaguar koala macaw panda sheep; do
    outputs $d/model.onnx $d/expected/${name}_logits.npy - - $d/$name.npy
    [ -e $d/expected/${name}_grad_top.npy ] || continue
    top=$(onnx-run -q --top=1 $d/model.onnx $d/$name.npy | jq '.top[0].index')
    # The reference is stored as float32.
    gradients $d/model.onnx $d/expected/${name}_grad_top.npy 1e-6 "=$top" $d/$name.npy
    explains $d/model.onnx $d/$name.npy
done
d=super_resolution
outputs $d/model.onnx - - - $d/cat_y.npy
attempt onnx-run -q -f json -o "$T/record" $d/model.onnx $d/cat_y.npy
attempt jq -e --slurpfile want $d/expected/cat_y_sums.json \
    '(.outputs[0].values | add) as $sum | ($sum / $want[0].sum - 1 | fabs) < 1e-4' "$T/record"
gradients $d/model.onnx - - =100000 $d/cat_y.npy
explains $d/model.onnx -t 100000 $d/cat_y.npy
d=ultraface_slim320
for name in scores boxes; do
    outputs $d/model.onnx $d/expected/$name.npy - - $d/astronaut.npy --output-name=$name
done
gradients $d/model.onnx - - =7479 $d/astronaut.npy
explains $d/model.onnx -t 7479 $d/astronaut.npy

for d in text_*; do
    outputs "$d/model_emb.onnx" "$d/expected/logits.npy" "$d/expected/logits_f64.npy" 2e-8 \
        "$d/embedding.npy" -i "mask=$d/mask.npy"
    gradients "$d/model_emb.onnx" "$d/expected/grad_embedding_f64.npy" 2e-8 1 "$d/embedding.npy" \
        -i "mask=$d/mask.npy"
    explains "$d/model_emb.onnx" "$d/embedding.npy" -i "mask=$d/mask.npy"
    for model in "$d"/model_ids*.onnx; do
        outputs "$model" "$d/expected/logits.npy" "$d/expected/logits_f64.npy" 2e-8 "$d/ids.npy"
        # ggig finds the embedding. Its channels are explained if it is named.
        explains "$model" "$d/ids.npy"
        wrt=$(ggig -q --method=grad --rows=0:1 "$model" "$d/ids.npy" | jq -r .input.name)
        gradients "$model" "$d/expected/grad_embedding_f64.npy" 2e-8 1 "$d/ids.npy" --wrt="$wrt"
    done
done

printf '\n%d failures\n' "$bad"
[ "$bad" -eq 0 ]

#!/bin/sh
# gallery.sh BUILD - draws a picture of every kind in BUILD/gallery, as PNG and SVG, and index.html
# with all of them.
set -eu
build=$(cd "$1" && pwd)
top=$(pwd)
PATH=$build/bin:$PATH
rm -rf "$build/gallery"
mkdir -p "$build/gallery/records"
cd "$build/gallery/records"
data=$top/tests/data
squeezenet() {
    tool=$1
    shift
    $tool "$@" --labels="$data/labels.txt" --resize=227x227 --channels=bgr --scale=1 --mean=104,117,123 \
        "$data/squeezenet.onnx"
}

# Draws the picture of the README.
(cd "$data" && ggig -q --method=gradcam -f png -o "$build/gallery/where.png" --labels=labels.txt --resize=227x227 \
    --channels=bgr --scale=1 --mean=104,117,123 squeezenet.onnx dog.png)

# Makes the records.
printf '%s\n' "$data/dog.png" "$data/cat.png" >photos
squeezenet ggig -q --method=ig --steps=8 --files-from=photos >ig
squeezenet ggig -q --method=grad,ig,gradcam,inputxgrad --steps=8 --files-from=photos >methods
squeezenet onnx-run -q --top=5 --files-from=photos >classes
ggig --method=ig --times-input "$data/diabetes.onnx" "$data/diabetes.csv" >rows
head -n 1 rows >row
shapley-int --index=ksii --order=2 --rows=0:1 "$data/diabetes.onnx" "$data/diabetes.csv" >pairs
shapley-int --index=ksii --order=3 --rows=0:1 "$data/diabetes.onnx" "$data/diabetes.csv" >threes
shapley-int --window=4 --rows=0:1 "$data/diabetes.onnx" "$data/diabetes.csv" >partition
attr-decompose -q --rows=0:1 "$data/diabetes.onnx" "$data/diabetes.csv" >decomposed
taylorcam -q --smooth=softplus:5 --score=logit --double --rows=3:4 "$data/digits8.onnx" "$data/digits8.npy" >places
ggig --method=grad,ig,ggig --rows=0:1 "$data/digits8.onnx" "$data/digits8.npy" >digits
attr-score --map=digits --metric=insertion,deletion,sic,aic --rows=0:1 "$data/digits8.onnx" "$data/digits8.npy" >scores
jq -nc '{tool: "ggig", id: "review.txt", index: 0, model: {file: "sentiment.onnx"},
    target: {index: 1, label: "positive", score: "logit", value: 2.5}, params: {players: "tokens", times_input: true},
    names: ["This", "film", "is", "not", "bad", ":", "wirklich", "großartig", ",", "très", "beau", "!"],
    method: "ig", attribution: {shape: [12], values: [0.01, 0.2, -0.05, 0.9, 0.7, 0, 0.3, 1.2, 0.02, 0.6, 1.6, -0.6]}}' >sentence
printf '%s\n' 0,1 1,2 2,3 3,4 4,5 5,0 5,6 6,7 7,8 8,9 >edges

# draw NAME RECORDS [OPTION]...: draws a picture as PNG and SVG.
draw() {
    name=$1 records=$2
    shift 2
    attr-plot -q "$@" -o "../$name.png" <"$records"
    attr-plot -q "$@" -f svg -o "../$name.svg" <"$records"
    echo "<figure><img src=\"$name.svg\" alt=\"\"><figcaption>$name</figcaption></figure>" >>../index.html
}
echo '<!DOCTYPE html><meta charset="utf-8"><title>Gallery</title><style>img{max-width:100%;border:1px solid #ddd}</style>' >../index.html
draw overlay ig
draw strip methods
draw masks methods --kind=strip --topk=5,20
draw sheet methods --sheet
draw bars row --kind=bars
draw bars-of-methods decomposed
draw bars-of-classes classes
draw waterfall row
draw force row --kind=force
draw beeswarm rows
draw scatter rows --kind=scatter
draw matrix pairs
draw network pairs --kind=network
draw network-of-places places
draw network-of-graph pairs --kind=network --edges=edges
draw upset threes
draw stacked threes --kind=stacked
draw tokens sentence
draw tokens-of-partitions partition
draw curve scores
draw effects decomposed --kind=effects
draw principles decomposed --kind=principles
cat row ig scores partition sentence | attr-plot -q -f html --title='Records' -o ../page.html
echo "gallery: $build/gallery/index.html"

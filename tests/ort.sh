#!/bin/sh
# ort.sh BUILD - tests the files of onnx-grad in ONNX Runtime: for ONNX's own cases that have a
# derivative, and for whole models. Results must equal the derivatives computed here (1e-5). It also
# prints whether onnx.checker accepts the files, how many nodes they have, and how long they run.
# The models are tests/data and, where they are, ../shared/models, ../shared/real and those of make
# bench. ORT_MODELS names further ones for the last two figures.
set -u
build=$(cd "$1" && pwd)
PATH=$build/bin:$build/tests/programs:$PATH
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
NODE_PATH=${NODE_PATH:+$NODE_PATH:}$build/ort/node_modules
export NODE_PATH
node -e 'require("onnxruntime-node")' 2>/dev/null || {
    echo 'check-ort: needs node (Debian nodejs) and its package onnxruntime-node, which' >&2
    echo "    npm install --prefix $build/ort onnxruntime-node" >&2
    echo 'gets, or NODE_PATH names' >&2
    exit 1
}
bad=0

echo '== cases of ONNX'
mkdir "$T/cases" "$T/out" "$T/models"
tar -xzf tests/data/cases.tgz -C "$T/cases" && tar -xzf tests/data/versions.tgz -C "$T/cases" || exit 1
gradients "$T/out" "$T"/cases/* >"$T/list" 2>"$T/without" || bad=1
sed 's/^[^:]*: //; s/^tensor .* does not depend on .*/no derivative/' "$T/without" | sort | uniq -c
node tests/ort.js 1e-5 <"$T/list" || bad=1

# model NAME MODEL INPUT TARGET [OPTION]...: prints a line for ort.js.
model() {
    name=$1 from=$2 input=$3 target=$4
    shift 4
    [ -f "$from" ] || return 0
    onnx-grad -q -t "$target" -o "$T/models/$name.onnx" "$from" &&
        onnx-run -q --rows=0:1 -f json "$T/models/$name.onnx" "$@" "$input" >"$T/models/$name.json" &&
        gradient=$(jq -r '[.outputs[].name] | last' "$T/models/$name.json") &&
        ggig -q --method=grad --score=raw -t "$target" --wrt="${gradient#grad_}" --rows=0:1 -f npy \
            -o "$T/models/$name.npy" "$@" "$from" "$input" ||
        { echo "FAILED $name" && bad=1 && return; }
    first=$(onnx-run --list "$from" | jq -r 'select(.op == "Input") | .tensor' | head -n 1)
    further=
    [ $# -lt 2 ] || further=",[\"${2%%=*}\",\"${2#*=}\"]"
    echo "{\"case\":\"$name\",\"model\":\"$T/models/$name.onnx\",\"rows\":1,\"tolerance\":${near:-null}," \
        "\"in\":[[\"$first\",\"$input\"]$further],\"out\":[[\"$gradient\",\"$T/models/$name.npy\"]]}" \
        >>"$T/lines"
}

echo '== models, as ggig has them'
data=tests/data shared=../shared/models real=../shared/real bench=$build/bench
: >"$T/lines"
model digits8 $data/digits8.onnx $data/digits8.npy 3
model cnn8 $data/cnn8.onnx $data/digits8.npy 2
model mnist8 $data/mnist8.onnx $data/mnist8.npy 5
model transformer $data/text.onnx $data/text.npy 1 -i mask=$data/text-mask.npy
model transformer-ids $data/review.onnx $data/review.npy 1
model quantised $data/speech.onnx $data/speech.npy 3
# Its photographs are so near to kinks that runs in float32 and float64 differ by 1e-4 to 1e-2.
near=1e-2 && model squeezenet $shared/squeezenet1.0/model.onnx $shared/squeezenet1.0/dog.npy 235 && near=
model lstm $shared/text_lstm/model_emb.onnx $shared/text_lstm/embedding.npy 1 \
    -i mask=$shared/text_lstm/mask.npy
model lstm-ids $shared/text_lstm/model_ids.onnx $shared/text_lstm/ids.npy 1
model xception $shared/emotion_mini_xception/model.onnx $shared/emotion_mini_xception/face.npy 3
model densenet $shared/light_densenet121/model.onnx $shared/light_densenet121/input.npy 5
model kws-fp32 $real/kws_fp32/model.onnx $real/kws_fp32/serving_default_input_0.npy 3
model kws-qdq $real/kws_qdq/model.onnx $real/kws_qdq/serving_default_input_0.npy 3
model kws-qoperator $real/kws_qoperator/model.onnx $real/kws_qoperator/serving_default_input_0.npy 3
model resnet18 $bench/resnet18.onnx $bench/resnet18.npy 3
model mobilenet $bench/mobilenet_v2.onnx $bench/mobilenet_v2.npy 3
node tests/ort.js 1e-5 <"$T/lines" || bad=1

echo '== onnx.checker'
cat >"$T/check.py" <<'END'
import json, sys, onnx
files = [json.loads(line)["model"] for line in open(sys.argv[1])]
bad = 0
for f in files:
    try:
        onnx.checker.check_model(f, full_check=True)
    except Exception as e:
        bad += 1
        if bad < 6: print("FAILED", f, str(e).split("\n")[0])
print(len(files) - bad, "of", len(files), "files pass")
sys.exit(bad > 0)
END
if /usr/bin/python3 -c 'import onnx' 2>/dev/null; then
    cat "$T/list" "$T/lines" >"$T/all"
    /usr/bin/python3 "$T/check.py" "$T/all" || bad=1
else
    echo "not run: needs Debian's python3-onnx"
fi

echo '== nodes and processor time (one thread, ms), model and file'
for from in $data/digits8.onnx $data/text.onnx $data/speech.onnx $data/squeezenet.onnx \
    $bench/resnet18.onnx $bench/mobilenet_v2.onnx ${ORT_MODELS:-}; do
    [ -f "$from" ] || continue
    onnx-grad -q -o "$T/g.onnx" "$from" && node tests/ort.js --time "$from" "$T/g.onnx" || bad=1
done
exit $bad

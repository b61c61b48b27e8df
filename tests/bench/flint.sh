#!/bin/sh
# flint.sh - measures whether FLINT reaches its goals.
# usage: flint.sh gate|kill|runtime|speed [BUILD]
#
#   gate     fits of the digits with three seeds: post hoc, jointly, and the control; each run has
#            bounds for its metrics. MODEL and LAYER name another network
#   kill     kill -9 at KILLS (20) random moments of a fit, each followed by --resume; the bytes
#            must be the same
#   runtime  the fitted file in ONNX Runtime and in onnx-run: outputs are equal to within 1e-5
#   speed    a fit of 60000 pictures of 28 x 28, beside the same in PyTorch, and its memory beside
#            that of 6000 pictures; flint.py keeps the data in FLINT_DATA
#
# DIGITS is the directory of the digits' model and data. The status is 1 if a bound is missed.
set -u
PART=${1:-gate} BUILD=${2:-build}
PATH=$(cd "$BUILD" && pwd)/bin:$PATH
DIGITS=${DIGITS:-../shared/models/digits8} PYTHON=${PYTHON:-/usr/bin/python3}
GIVEN=${MODEL-} MODEL=${MODEL:-$DIGITS/model.onnx} LAYER=${LAYER:-/6/Relu_output_0}
FLINT_DATA=${FLINT_DATA:-/tmp/flint-data} HERE=$(dirname "$0")
GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-30000}
export GOMP_SPINCOUNT
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
bad=0

# fit OPTION...: fits with the recipe for small pictures, and tests on the test split.
fit() {
    flint-fit -q "$MODEL" -x "$DIGITS/train_x.npy" -y "$DIGITS/train_y.npy" --layers="$LAYER" \
        --recipe=small --test-x="$DIGITS/test_x.npy" \
        --test-y="$DIGITS/test_y.npy" "$@"
}

# bounds NAME FILTER: prints the name, and whether jq's filter holds for $T/all.
bounds() {
    verdict=$(jq -rs "if ($2) then \"holds\" else \"MISSED\" end" "$T/all")
    [ "$verdict" = holds ] || bad=1
    printf '%-72s %s\n' "$1" "$verdict"
}

gate() {
    [ "${GIVEN-}" ] || { MODEL=$T/network.onnx LAYER=hidden; "$PYTHON" "$HERE/flint.py" network "$DIGITS" "$MODEL"; } || exit
    echo 'mode     seed   acc f  acc g  fidelity  CNS(2)  CNS(5)  recon   used  climbs of 10'
    for mode in posthoc joint control; do
        for seed in 0 1 2; do
            how=--mode=$mode
            [ $mode != control ] || how=--freeze-psi
            fit "$how" --seed=$seed -o "$T/f.onnx" > "$T/fit.json" || exit
            flint-visualize --am --top=1 --tau=100 --mas=1 -y "$DIGITS/train_y.npy" -f json \
                "$T/f.onnx" "$DIGITS/train_x.npy" > "$T/am.json" || exit
            jq -c --arg mode $mode --argjson seed $seed --slurpfile am "$T/am.json" '.test + {
                mode: $mode, seed: $seed, before: .before.acc_f,
                climbs: ([$am[0].pairs[] | select(.am[0].phi > .mas[0].phi)] | length)}' \
                "$T/fit.json" | tee -a "$T/all" | jq -r '[.mode, .seed, .acc_f, .acc_g, .fidelity,
                .conciseness["2"], .conciseness["5"], .recon, .used, .climbs] | @tsv' |
                awk '{ printf "%-8s %4d  %6.4f %6.4f  %8.4f  %6.2f  %6.2f  %.4f  %4d  %4d\n",
                       $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }'
        done
    done
    flint-global -y "$DIGITS/test_y.npy" -f json "$T/f.onnx" "$DIGITS/test_x.npy" | # of the control: f as given
        jq -c '{mode: "base", acc_f: .metrics.acc_f}' >> "$T/all"
    real='map(select(.mode == "posthoc" or .mode == "joint"))'
    bounds 'fidelity: every run at least .945' "$real | all(.fidelity >= 0.945)"
    bounds 'fidelity: mean at least .96' "$real | (map(.fidelity) | add / length) >= 0.96"
    bounds 'CNS(2) at most 1.6, CNS(5) at most 2.3' \
        "$real | all(.conciseness[\"2\"] <= 1.6 and .conciseness[\"5\"] <= 2.3)"
    bounds 'reconstruction error at most .045' "$real | all(.recon <= 0.045)"
    bounds 'accuracy of f jointly within .015 of that of f as given' '(map(select(.mode == "base"))[0].acc_f) as $b |
        map(select(.mode == "joint")) | all((.acc_f - $b | fabs) <= 0.015)'
    bounds 'at least 10 attributes used' "$real | all(.used >= 10)"
    bounds 'fidelity at least .3 over that of the control' "(map(select(.mode == \"control\").fidelity) | max) as \$c |
        $real | all(.fidelity >= \$c + 0.3)"
    bounds 'activation maximisation climbs over the sample in 9 of 10 pairs' "$real | all(.climbs >= 9)"
}

kills() {
    whole() { fit --epochs=12 "$@" > /dev/null; }
    whole -o "$T/whole.onnx" || exit
    n=0
    while [ $n -lt "${KILLS:-20}" ]; do
        n=$((n + 1))
        rm -f "$T/c" "$T/k.onnx"
        seconds=$(awk -v n=$n -v s="$$" 'BEGIN { srand(n * 7919 + s); printf "%.3f", 0.1 + rand() * 1.5 }')
        timeout -s KILL "$seconds" flint-fit -q "$MODEL" -x "$DIGITS/train_x.npy" \
            -y "$DIGITS/train_y.npy" --layers="$LAYER" --recipe=small --epochs=12 \
            --checkpoint="$T/c" --checkpoint-secs=0 -o "$T/k.onnx" > /dev/null 2>&1
        ended=$?
        left=$([ -e "$T/c" ] && echo 'a checkpoint' || echo 'nothing yet')
        whole --checkpoint="$T/c" --resume -o "$T/k.onnx" || bad=1
        cmp -s "$T/whole.onnx" "$T/k.onnx" && same='the same bytes' || { same=DIFFERENT; bad=1; }
        echo "after $seconds s (status $ended, $left): $same"
    done
}

runtime() {
    for mode in posthoc joint; do
        fit --mode=$mode --epochs=10 -o "$T/f.onnx" > /dev/null || exit
        onnx-run -f json "$T/f.onnx" "$DIGITS/test_x.npy" | jq -c '[.outputs[] | .values]' > "$T/ours"
        "$PYTHON" "$HERE/flint.py" floats "$DIGITS/test_x.npy" "$T/x.f32" || exit
        node -e 'const ort = require("onnxruntime-node"), fs = require("fs");
            const [file, x, ours] = process.argv.slice(1);
            (async () => {
                const session = await ort.InferenceSession.create(file);
                const b = fs.readFileSync(x), all = new Float32Array(b.buffer, b.byteOffset, b.length / 4);
                const rows = fs.readFileSync(ours, "utf8").trim().split("\n").map(JSON.parse);
                const far = session.outputNames.map(() => 0);
                for (let i = 0; i < rows.length; i++) {
                    const feed = {[session.inputNames[0]]: new ort.Tensor("float32", all.slice(64 * i, 64 * i + 64), [1, 1, 8, 8])};
                    const got = await session.run(feed);
                    session.outputNames.forEach((name, k) => got[name].data.forEach((v, e) => {
                        far[k] = Math.max(far[k], Math.abs(v - rows[i][k][e]) / (1 + Math.abs(v))); }));
                }
                session.outputNames.forEach((name, k) => console.log(process.argv[4], name, rows.length, "samples, differ by", far[k].toExponential(2)));
                process.exit(far.every(d => d <= 1e-5) ? 0 : 1);
            })();' "$T/f.onnx" "$T/x.f32" "$T/ours" $mode || bad=1
        "$PYTHON" -c 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)
print(sys.argv[2], "passes the checker of ONNX")' "$T/f.onnx" $mode || bad=1
    done
}

speed() {
    "$PYTHON" "$HERE/flint.py" make "$DIGITS" "$FLINT_DATA" || exit
    echo 'mode     batch  samples   ours: wall, CPU s, MB     PyTorch: wall, CPU s, MB   wall  CPU (at most 0.6)'
    for way in ${WAYS:-posthoc:16 posthoc:64 joint:16}; do
        mode=${way%:*} batch=${way#*:}
        for n in 6k 60k; do
            /usr/bin/time -o "$T/time" -f '%e %U %S %M' flint-fit -q "$FLINT_DATA/f.onnx" \
                --layers=hidden -x "$FLINT_DATA/x$n.npy" -y "$FLINT_DATA/y$n.npy" --recipe=mnist \
                --mode="$mode" --batch="$batch" --epochs=1 --val-frac=0 -j "${THREADS:-2}" \
                -o "$T/f.onnx" > /dev/null || exit
            [ $n = 6k ] || "$PYTHON" "$HERE/flint.py" fit "$FLINT_DATA" $n "$batch" "$mode" \
                "${THREADS:-2}" >> "$T/time" || exit
            tr '\n' ' ' < "$T/time" | awk -v m="$mode" -v b="$batch" -v n=$n '{
                printf "%-8s %5d %8s  %6.1f %6.1f %5.0f", m, b, n, $1, $2 + $3, $4 / 1024
                if (NF > 4) printf "  %12.1f %6.1f %5.0f    %5.2f %5.2f", $5, $6, $7 / 1024,
                                   $1 / $5, ($2 + $3) / $6
                print "" }'
        done
    done
}

case $PART in
gate) gate ;;
kill) kills ;;
runtime) runtime ;;
speed) speed ;;
*) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
exit $bad

#!/bin/sh
# costs.t - "cost" in records counts the evaluations of the model that a method has to make: one for
# the sample, and those that follow from its definition, for any threads and batches.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes.*
head -n 4 diabetes.csv >three.csv

# Each line has: forward, backward, command. digits8 has 64 elements, diabetes 10. patches:4x4 makes
# 4 players.
while read -r forward backward command; do
    for how in '' --batch=3 '-j2 --batch=1'; do
        # shellcheck disable=SC2086 # a command line
        run $command $how --rows=0:1
        is "$command $how" "$status $(jq -c '[.cost.forward, .cost.backward]' "$T/out")" "0 [$forward,$backward]"
    done
done <<'END'
1 0 onnx-run digits8.onnx digits8.npy
1 1 ggig --method=grad digits8.onnx digits8.npy
1 1 ggig --method=inputxgrad digits8.onnx digits8.npy
2 1 ggig --method=guided-backprop digits8.onnx digits8.npy
6 5 ggig --method=ig --steps=4 digits8.onnx digits8.npy
5 4 ggig --method=ig-max --steps=3 digits8.onnx digits8.npy
8 7 ggig --method=idgi --steps=6 digits8.onnx digits8.npy
6 5 ggig --method=blur-ig --steps=4 digits8.onnx digits8.npy
6 5 ggig --method=guided-ig --steps=4 digits8.onnx digits8.npy
8 7 ggig --method=smoothgrad --samples=7 digits8.onnx digits8.npy
4 3 ggig --method=vargrad --samples=3 digits8.onnx digits8.npy
6 5 ggig --method=gda --iters=5 --eta=0.01 digits8.onnx digits8.npy
9 8 ggig --method=ggig --steps=3 --iters=2 digits8.onnx digits8.npy
65 0 ggig --method=occlusion digits8.onnx digits8.npy
5 0 ggig --method=occlusion --players=patches:4x4 digits8.onnx digits8.npy
10 0 ggig --method=rise --samples=9 digits8.onnx digits8.npy
12 0 ggig --method=lime --samples=11 digits8.onnx digits8.npy
1 0 ggig --method=edge digits8.onnx digits8.npy
1 1 ggig --method=gradcam digits8.onnx digits8.npy
2 1 attr-decompose --methods=gradcam --alloc=none digits8.onnx digits8.npy
17 0 shapley-int --index=sv --players=patches:4x4 digits8.onnx digits8.npy
17 0 shapley-int --index=sii --players=patches:4x4 digits8.onnx digits8.npy
3073 0 shapley-int --index=sv --background=three.csv diabetes.onnx diabetes.csv
17 0 attr-decompose --methods=shapley --alloc=none --players=patches:4x4 digits8.onnx digits8.npy
57 0 xderiv --method=fd diabetes.onnx diabetes.csv
2 10 xderiv diabetes.onnx diabetes.csv
3 110 xderiv --order=3 diabetes.onnx diabetes.csv
11 55 xderiv --method=ih --steps=5 diabetes.onnx diabetes.csv
2 1 attr-decompose --methods=gxi --alloc=none diabetes.onnx diabetes.csv
5 3 attr-decompose --methods=ig --ig-rule=gauss:3 --alloc=none diabetes.onnx diabetes.csv
12 0 taylorcam --form=occlusion digits8.onnx digits8.npy
END
# ---- Loading ----

# A small network is computed without oneDNN, because loading it takes longer.
cp "$DATA"/squeezenet.onnx "$DATA"/dog.png .
loads() {
    LD_DEBUG=files "$@" 2>&1 >"$T/out" | grep -c 'calling init.*libdnnl'
}
if grep -q libdnnl "$BUILD/bin/ggig" && ! nm "$BUILD/bin/ggig" 2>/dev/null | grep -q __asan_init; then
    is 'a small network does not load oneDNN' "$(loads ggig --method=grad --rows=0:1 digits8.onnx digits8.npy)" 0
    is 'the version does not load it' "$(loads ggig --version)" 0
    is 'a large network loads it' "$(loads ggig --method=grad -f json squeezenet.onnx dog.png)" 1
else
    skip 'loading: a build without oneDNN, or sanitized'
fi

end

#!/bin/sh
# ggig.t - attributions: closed forms, references, formats, and options that must not change a byte.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/picture*

# Prints the attribution of the record in $T/out, rounded.
map() {
    jq -c '[.attribution.values[] * 1e5 | round / 1e5]' "$T/out"
}
round() {
    jq -c "$1 * 1e5 | round / 1e5" "$T/out"
}

# ---- Closed forms: f = x0 x1 + x1^2 / 2 at (2, 1) ----

echo 2,1 >x.csv
echo 1,0.5 >x2.csv
while read -r method wanted options; do
    # shellcheck disable=SC2086 # options
    run ggig --method="$method" --double $options product.onnx x.csv
    is "$method $options" "$(map) $(grep -v ": warning: " "$T/err")" "$wanted "
done <<'END'
grad [1,3]
inputxgrad [2,3]
ig [0.5,1.5]
ig [1,1.5] --times-input
ig [0.75,2.25] --baseline=x2.csv
ig [1,2.5] --baseline=1
ig [1,0] --baseline=1 --times-input
ig-max [1,3]
ig-max [0.5,1.5] --agg=mean --steps=10
ggig [1,3] --iters=1
ggig [1.64,3.87] --steps=2 --iters=3 --eta=0.1
ggig-ig [0.82,1.935] --steps=2 --iters=3 --eta=0.1
ggig [1.2,3.4] --steps=2 --iters=3 --eta=0.1 --step=sign
gda [1.1,3] --iters=9 --eta=0.1 --clip=0,1.1
gda [1.64,3.87] --iters=3 --eta=0.1
gda-ig [1.31,3.4175] --iters=3 --eta=0.1
smoothgrad [1,3] --noise=0
smoothgrad-sq [1,9] --noise=0
vargrad [0,0] --noise=0
guided-ig [0.9995,1.49925] --fraction=1 --steps=2000
END
run ggig --method=expected --double product.onnx x.csv
jq -c .attribution.values "$T/out" >map
echo '[1,1.5]' >want
near 'expected is the mean over its draws' map want 0.01
is 'cost counts draws' "$(jq -c .cost "$T/out")" '{"forward":53,"backward":52}'
run ggig --method=idgi --double product.onnx x.csv
is 'idgi loses the step from a point without gradient' "$(round .completeness_gap)" -0.001
run ggig --method=ig --double --steps=10 product.onnx x.csv
is 'without --times-input the gap has the factor' "$(round .completeness_gap) $(round .sum)" '0 2'
run ggig --method=grad product.onnx x.csv
is 'no gap for methods that promise none' "$(jq -c .completeness_gap "$T/out")" null

run ggig --method=grad --double product.onnx x.pb
is 'a TensorProto as input' "$(map)" '[1,3]'

# ---- Results that are not finite ----

PATH=$BUILD/tests/programs:$PATH
formula 2 'x1 x1 Mul x2 x2 Mul Add Sqrt' norm.onnx
formula 2 'x1 Sqrt x2 Add' root.onnx
echo 3,4 >v34.csv
echo 0,1 >v01.csv
echo 0,0 >v0.csv
while read -r method wanted options; do
    # shellcheck disable=SC2086 # options
    run ggig --method="$method" $options norm.onnx v34.csv
    is "$method of a norm, from its kink" "$status $(jq -c '[.attribution.values[] * 1e3 | round / 1e3], .flat' "$T/out" | tr '\n' ' ')" \
        "0 $wanted false "
done <<'END'
ig [1.8,3.2] --times-input
ig [0.6,0.8] --steps=7
ggig-ig [0.6,0.8] --iters=1
ggig [0.6,0.8] --iters=1
ig-max [0.6,0.8]
idgi [1.8,3.2]
END
is 'left_out of maxima' "$(ggig -q --method=ig-max norm.onnx v34.csv | jq -c '[.left_out, .nonfinite]')" '[1,null]'
run ggig --method=guided-ig norm.onnx v34.csv
is 'guided-ig is complete from a kink' "$(jq -c '.sum > 4.75 and .sum < 5.25' "$T/out")" true
run ggig --method=grad root.onnx v01.csv
is 'an infinite gradient is null and counted' "$(jq -c '[.attribution.values, .sum, .nonfinite, .flat]' "$T/out")" \
    '[[null,1],null,1,false]'
run ggig --method=grad norm.onnx v0.csv
is 'gradients that are all NaN: flat is false, and a warning' "$(jq -c '[.attribution.values, .nonfinite, .flat, .warnings]' "$T/out")" \
    '[[null,null],2,false,["elements that are not finite are null"]]'
run ggig -q --method=grad -f text root.onnx v01.csv
is 'null is not in --top' "$(grep '^  [^(]' "$T/out" | tr -s ' ')" ' 1 1'
ggig -q --method=grad -f npy -o nan.npy root.onnx v01.csv
formula 2 'x1 Neg Relu x2 Neg Relu Add' off.onnx
run ggig --method=ig off.onnx v34.csv
is 'without a gradient a warning names what needs none' "$status $(jq -c '[.flat, .warnings]' "$T/out")" \
    '0 [true,["every gradient is zero: --method=occlusion and shapley-int need none"]]'
run ggig --eta=1e-12 -b 1 norm.onnx v34.csv
is 'an ascent that does not move: a warning names what goes further, and what does without' \
    "$status $(jq -c .warnings "$T/out")" \
    '0 ["the ascent moves or changes next to nothing: a larger --eta goes further, --method=ig does without"]'
formula 2 'x1 x1 Mul' square.onnx
is 'NaN in an array is null in a record' "$(onnx-run -q --double square.onnx nan.npy | jq -c '[.outputs[0].values[0] == null, .nonfinite]')" '[true,1]'
run ggig --method=vargrad --noise=0.5 --double root.onnx v01.csv
is 'a draw outside the domain gives null' "$(jq -c '[.attribution.values[0], .nonfinite]' "$T/out")" '[null,1]'
run ggig --method=expected --double -b 5 product.onnx x.csv
is 'expected: the gap is that of the sum' \
    "$(jq -c '(.sum - .completeness_gap - (2.5 - 37.5)) * 1e9 | round' "$T/out")" 0

# ---- A trained network, against PyTorch ----

run ggig --method=grad --double --rows=:5 digits8.onnx digits8.npy
clean 'gradients'
jq -c .attribution.values "$T/out" >map
near 'gradients in float64' map digits8.gradients 1e-9
is 'the target is the likeliest class' "$(jq .target.index "$T/out" | tr '\n' ' ')" \
    "$(head -n 5 digits8.logits | jq 'index(max)' | tr '\n' ' ')"
run ggig --method=grad --rows=:5 digits8.onnx digits8.npy
jq -c .attribution.values "$T/out" >map
near 'gradients in float32' map digits8.gradients 1e-4
jq -c .target.value "$T/out" >value
head -n 5 digits8.logits | jq max >want
near 'the value of the target' value want 1e-4
run ggig --method=ig --double --rows=:4 digits8.onnx digits8.npy
is 'integrated gradients are complete' \
    "$(jq -s 'map(.completeness_gap / .target.value | fabs) | max < 1e-2' "$T/out")" true

# For these methods there is no other reference; the numbers only show changes.
# Class activation maps explain a layer. "cam" needs a linear head.
for method in $(ggig --list-methods | cut -d ' ' -f 1 | grep -v '^cam$'); do
    case $method in blur-ig) extra=--max-sigma=2 ;; *) extra=--iters=5 ;; esac
    run ggig --method="$method" $extra --double --rows=0:1 --steps=10 --samples=10 digits8.onnx digits8.npy
    is "$method: status" "$status$(grep -v ": warning: " "$T/err")" 0
    jq -c '[.method, (.sum, .completeness_gap, .attribution.values[17:20][]
        | if . == null then . else . * 1e4 | round / 1e4 end)]' "$T/out" >>maps
done
mv maps "$T/out"
golden ggig-maps.json
run ggig --method=gradcam --rows=0:1 digits8.onnx digits8.npy
is 'a class activation map has the layer and its shape' "$(jq -c '[.layer, .params.layer, .attribution.shape,
    (.attribution.values | length, min >= 0)]' "$T/out")" \
    '["/7/MaxPool_output_0","/7/MaxPool_output_0",[2,2],4,true]'
run ggig --method=cam --rows=0:1 digits8.onnx digits8.npy
is 'cam of a head that is not linear' "$status $(grep -c 'linear head' "$T/err")" '2 1'
run ggig --recipe=paper --method=gda --rows=0:1 digits8.onnx digits8.npy
is '--recipe=paper' "$(jq -c '.params | [.recipe, .iters, .eta]' "$T/out")" '["paper",100,0.0001]'
is 'ascent in the record' \
    "$(jq -c '.ascent | [.moved > 0, .relative > 0, .share >= 0]' "$T/out")" '[true,true,true]'


# ---- Targets and inputs ----

run ggig --method=grad --rows=0:1 digits8.onnx digits8.npy
is 'keys and their order' "$(jq -c keys_unsorted "$T/out")" \
    '["tool","version","id","index","model","input","target","params","method","attribution","sum","completeness_gap","flat","cost","warnings"]'
is 'the shape is without the batch' "$(jq -c .attribution.shape "$T/out")" '[1,8,8]'
printf '%s\n' zero one two three four five six seven eight nine >labels
for target in 3 three -7; do
    run ggig --method=grad --labels=labels --target=$target --rows=0:1 digits8.onnx digits8.npy
    is "--target=$target" "$(jq -c '.target | [.index, .label]' "$T/out")" '[3,"three"]'
done
echo 1,2 >soft.csv
while read -r score value; do
    run ggig --method=grad --double --score="$score" --target=0 soft.onnx soft.csv
    is "--score=$score" "$(jq -r '.target.score' "$T/out") $(round .target.value)" "$score $value"
done <<'END'
raw 0.97556
logit 5
prob 0.97556
logprob -0.02474
END
run ggig --method=grad --double --wrt=/8/Flatten_output_0 --rows=0:1 digits8.onnx digits8.npy
is '--wrt an inner tensor' "$(jq -c '[.input.name, .attribution.shape]' "$T/out")" \
    '["/8/Flatten_output_0",[128]]'
run ggig --method=grad --output-name=/9/Gemm_output_0 --rows=0:1 digits8.onnx digits8.npy
is '--output-name of an inner tensor' "$(jq -r .target.output "$T/out")" /9/Gemm_output_0
run ggig --method=grad --double -i b=soft.csv two.onnx x.csv
is 'two inputs: the second is constant' "$(map)" '[1,0]'
run ggig --method=grad --double --wrt=b -i b=soft.csv two.onnx x.csv
is '--wrt of the second input' "$(jq -c '[.input.name, .attribution.values]' "$T/out")" '["b",[2,0]]'
for baseline in zero 0 black; do
    run ggig --method=ig --double --rows=0:1 --baseline=$baseline digits8.onnx digits8.npy
    is "--baseline=$baseline" "$(map)" "$(ggig --method=ig --double --rows=0:1 digits8.onnx digits8.npy |
        jq -c '[.attribution.values[] * 1e5 | round / 1e5]')"
done
for baseline in mean white blur:2 digits8.npy; do
    run ggig --method=ig --rows=0:1 --baseline=$baseline digits8.onnx digits8.npy
    is "--baseline=$baseline" "$status $(jq -r .params.baseline "$T/out")" "0 $baseline"
done
run ggig --method=expected --background=digits8.npy --rows=0:1 digits8.onnx digits8.npy
clean --background
run ggig --method=expected --rows=0:1 digits8.onnx digits8.npy
is '--baseline=mean without a background is a warning' "$(jq '.warnings | length' "$T/out")" 1

# ---- Formats ----

run ggig -f text --method=ig --times-input --double --rows=0:1 --labels=labels digits8.onnx digits8.npy
clean '-f text'
golden ggig.txt
run ggig -f npy --method=grad -o map.npy digits8.onnx digits8.npy
clean '-f npy'
is '-f npy: the first axis counts samples' "$(head -c 128 map.npy | grep -ao "'descr.*)")" \
    "'descr': '<f4', 'fortran_order': False, 'shape': (20, 1, 8, 8)"
run ggig -f npy --double --rows=0:1 --method=grad -o map.npy digits8.onnx digits8.npy
is '-f npy of one sample in float64' "$(head -c 128 map.npy | grep -ao "'descr.*)")" \
    "'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 8, 8)"
for picture in picture.png picture.jpg; do
    run ggig -f png --method=ig --steps=8 -o map.png digits8.onnx $picture
    clean "PNG over $picture" 'pictures are scaled'
    is 'PNG over $picture: the signature' "$(head -c 8 map.png | od -An -tx1)" ' 89 50 4e 47 0d 0a 1a 0a'
done
assumed='^ggig: warning: pictures are scaled to \[0,1\] and resized to 8x8; --preset= or --mean=, --scale= say otherwise$'
run ggig --method=grad digits8.onnx picture.png picture.jpg picture.png
is 'one warning of how pictures are prepared' "$(grep -c "$assumed" "$T/err")" 1
is 'records have no warning of how pictures are prepared' "$(jq -c .warnings "$T/out" | sort -u)" '[]'
for option in -q --preset=unit --mean=0 --scale=1/255 --resize=8x8 --layout=nchw; do
    run ggig --method=grad $option digits8.onnx picture.png
    is "$option: no warning of how pictures are prepared" "$status $(cat "$T/err")" '0 '
done
run ggig --method=grad digits8.onnx digits8.npy
is 'arrays: no warning of how pictures are prepared' "$status $(cat "$T/err")" '0 '
size() {
    od -An -tu1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'
}
ggig -f png --method=grad --panels=map -o one.png digits8.onnx picture.png
ggig -f png --method=grad --panels=picture,map,overlay,mask -o four.png digits8.onnx picture.png
ok 'four panels are wider than one' test "$(size four.png | cut -d ' ' -f 1)" -gt "$(size one.png | cut -d ' ' -f 1)"
run ggig -f svg --method=grad --topk=5,20 digits8.onnx picture.png
clean '--topk of two numbers' 'pictures are scaled'
is '--topk of two numbers: a panel for each' "$(grep -c '^top [0-9]* %$' "$T/out")" 2
run ggig -f svg --method=grad,inputxgrad --kind=strip --topk=5,20 digits8.onnx picture.png
clean '--topk of two numbers, two methods' 'pictures are scaled'
is '--topk of two numbers, two methods: four panels' "$(grep -c '^[a-z]*grad, top [0-9]* %$' "$T/out")" 4
run ggig -f png --sheet --iters=2 --steps=2 --samples=2 --max-sigma=2 -o sheet.png --rows=0:1 digits8.onnx digits8.npy
clean '--sheet of all methods' 'no --background' 'the ascent moves'
ok 'a sheet is higher than one figure' test "$(size sheet.png | cut -d ' ' -f 2)" -gt "$(size one.png | cut -d ' ' -f 2)"
for look in reduce=abs-sum reduce=max sign=pos sign=all outlier=5 cmap=viridis_r overlay=0.5 topk=20; do
    run ggig -f png --method=grad --panels=map,overlay,mask --$look digits8.onnx picture.png
    clean "--$look" 'pictures are scaled'
done
printf 'age,weight\n2,1\n' >named.csv
run ggig -f text --method=inputxgrad --double product.onnx named.csv
ok '-f text: names of columns' grep -q 'weight  *3' "$T/out"

# ---- Failed samples, and options without influence ----

printf '2,1\n2\n1,2\n' >gap.csv
run ggig --method=grad product.onnx gap.csv
is 'a failed sample: status' "$status" 1
is 'a failed sample: all records' "$(jq -c .error.status "$T/out" | tr '\n' ' ')" 'null 1 null '
run ggig --method=grad unknown-operator.onnx unknown-operator.npy
is 'an operator that is not supported: status' "$status" 3
is 'the message has node, operator and opset' "$(cat "$T/err")" \
    "ggig: unknown-operator.onnx: node 'y' (Frobnicate, opset 13): operator not supported"

for method in ig 'ggig --iters=3 --steps=5' 'smoothgrad --samples=9'; do
    # shellcheck disable=SC2086 # options
    ggig --method=$method --rows=:6 digits8.onnx digits8.npy >want
    for j in 1 2 3; do
        # shellcheck disable=SC2086 # options
        run ggig -j $j --method=$method --rows=:6 digits8.onnx digits8.npy
        ok "$method: -j $j gives the same bytes" cmp want "$T/out"
    done
    # shellcheck disable=SC2086 # options
    ggig --double --method=$method --rows=:6 digits8.onnx digits8.npy | jq -c .attribution.values >want
    for batch in 1 4 100; do
        # shellcheck disable=SC2086 # options
        run ggig --double --batch=$batch --method=$method --rows=:6 digits8.onnx digits8.npy
        jq -c .attribution.values "$T/out" >map
        near "$method: --batch=$batch gives the same numbers" map want 1e-9
    done
done
noisy() {
    ggig --method=smoothgrad "$@" digits8.onnx digits8.npy | jq -c .attribution.values
}
noisy --rows=:4 >one
noisy --rows=:4 >two
noisy --rows=:4 --seed=1 >other
ok 'the same seed, the same noise' cmp one two
ok 'another seed, other noise' not cmp -s one other
noisy --rows=3:4 >alone
is 'the noise of a sample does not depend on --rows' "$(sed -n 4p one)" "$(cat alone)"

# -v prints once how many points a run evaluates.
run ggig -v --method=ig --steps=8 --batch=4 --rows=:2 digits8.onnx digits8.npy
is '-v: points a run' "$(grep -c '4 points a run$' "$T/err")" 1
run ggig -v --method=ig --steps=8 --batch=1 --rows=:2 digits8.onnx digits8.npy
is '-v: one point a run' "$(grep -c ' 1 point a run$' "$T/err")" 1

# ---- Players ----

run ggig --method=grad --rows=0:1 digits8.onnx digits8.npy
jq '.attribution.values as $v | range(0; 4) as $k |
    [range(0; 64) | select((. / 32 | floor) * 2 + (. % 8 / 4 | floor) == $k) | $v[.]] | add' "$T/out" >want
for players in grid:2x2 patches:4x4; do
    run ggig --method=grad --players=$players --rows=0:1 digits8.onnx digits8.npy
    jq '.attribution.values[]' "$T/out" >got
    near "$players: sums" got want 1e-5
    is "$players: shape and grid" "$(jq -c '[.attribution.shape, .players, .grid]' "$T/out")" '[[2,2],4,[2,2]]'
done
# ---- Several methods share gradients ----

methods=grad,inputxgrad,ig,ig-max,idgi,gda,ggig
run ggig --method=$methods --steps=6 --iters=2 --double --rows=0:2 digits8.onnx digits8.npy
clean 'several methods' 'the ascent moves'
cp "$T/out" together
is 'each gradient is computed once' "$(jq -s -c '.[0:7] | map(.cost.backward)' together)" '[1,0,6,0,0,1,7]'
is 'each gradient is computed once for each sample' "$(jq -s -c '.[7:] | map(.cost.backward)' together)" '[1,0,6,0,0,1,7]'
for method in $(echo $methods | tr , ' '); do
    run ggig --method="$method" --steps=6 --iters=2 --double --rows=0:2 digits8.onnx digits8.npy
    is "$method alone is the same" "$(jq -c 'del(.cost)' "$T/out")" \
        "$(jq -c --arg m "$method" 'select(.method == $m) | del(.cost)' together)"
done

run ggig --method=ig,edge --steps=2000 --timing --rows=0:1 digits8.onnx digits8.npy
is 'each method has its own time' "$(jq -s -c '.[1].seconds < .[0].seconds' "$T/out")" true

run ggig --method=grad,occlusion --players=superpixels:5 --rows=0:1 digits8.onnx digits8.npy
is 'superpixels, the same for all methods' "$status $(jq -c .players "$T/out" | uniq | wc -l)" '0 1'
run ggig --method=grad --players=grd:2x2 --rows=0:1 digits8.onnx digits8.npy
refused '--players of an unknown kind' 2 'nearest: grid:'
end

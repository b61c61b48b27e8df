#!/bin/sh
# attr-decompose.t - closed forms, records, arrays, scores from elsewhere, refusals.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes.*

# f = x0 x1 + x1^2 / 2 at (2, 1)
echo 2,1 >x.csv
while read -r method wanted; do
    run attr-decompose --methods="$method" --double product.onnx x.csv
    is "$method" "$(jq -c '[.methods[0].attribution[] * 1e6 | round / 1e6]' "$T/out")$status" "${wanted}0"
done <<'END'
gxi [2,3]
occ1 [2,2.5]
ig [1,1.5]
shapley [1,1.5]
occpatch [2.5,2.5]
END
# v() and v(1) are means over both rows: 3 and 1.5. v(0) is 3, or with the row nearest to x0 = 2 it
# is 6.
printf '0,0\n2,2\n' >rows.csv
while read -r absent wanted; do
    run attr-decompose --methods=shapley --background=rows.csv --absent="$absent" --double product.onnx x.csv
    is "--absent=$absent" "$(jq -c '[.params.absent, .methods[0].against], [.methods[0].attribution[] * 1e6 | round / 1e6]' "$T/out" | tr -d '\n')$status" "${wanted}0"
done <<'END'
baseline ["baseline","baseline"][1,1.5]
marginal ["marginal","background"][0.5,-1]
nearest:1 ["nearest:1","conditional"][2,-2.5]
END
run attr-decompose --methods=shapley --background=rows.csv --double product.onnx x.csv
is '--background: marginal is the default of --absent' "$(jq -c '[.params.absent, .methods[0].against]' "$T/out")" '["marginal","background"]'
run attr-decompose --methods=shapley,occ1 --top=1 --double product.onnx x.csv
is '--top of each method' "$(jq -c '[.methods[] | [.name, (.top[] | [.index, .name, .value])]]' "$T/out")" \
    '[["occ1",[1,null,2.5]],["shapley",[1,null,1.5]]]'
run attr-decompose --methods=shapley --absent=copula product.onnx x.csv
is '--absent=gaussian without a background' "$status $(head -n 1 "$T/err")" \
    '2 attr-decompose: --absent draws from the rows of a --background'
run attr-decompose --methods=ig,gxi --taylor=2 --double product.onnx x.csv
is 'effects J' "$(jq -c '[.effects[] | [.set, .J]]' "$T/out")" '[[[0],0],[[1],0.5],[[0,1],2]]'
is 'Taylor terms' "$(jq -c '[.taylor.terms[] | select(.I * 1e9 | round != 0) | [.kappa, (.I * 1e6 | round / 1e6)]]' "$T/out")" \
    '[[[0,2],0.5],[[1,1],2]]'
is 'the Taylor series has converged' "$(jq -c .taylor.converged "$T/out")" true
is 'principles that hold' "$(jq -c '[.methods[] | [.name, .principles[].holds]]' "$T/out")" \
    '[["gxi",false,true,false],["ig",true,true,true]]'

# Captum's attributions of a plain CNN, in float64.
for name in "$DATA"/*; do ln -sf "$name" .; done
for i in 0 1; do
    run attr-decompose --double --players=elements --alloc=none --lrp-eps=abs:1e-9 --rows=$i:$((i + 1)) \
        --methods=gxi,gradcam,ig,deeplift-rescale,lrp-eps cnn8.onnx digits8.npy
    cp "$T/out" ours
    for method in gxi gradcam ig deeplift-rescale lrp-eps; do
        sed -n $((i + 1))p cnn8.captum | jq -c --arg m $method '.[$m]' >theirs
        jq -c --arg m $method '.methods[] | select(.name == $m) | .map.values // .attribution' ours >mine
        near "Captum's $method, image $i" mine theirs 1e-4
    done
    run attr-decompose --double --players=patches:4x4 --alloc=none --rows=$i:$((i + 1)) \
        --methods=shapley cnn8.onnx digits8.npy
    jq -c '.methods[0].attribution' "$T/out" >mine
    sed -n $((i + 1))p cnn8.captum | jq -c .shapley >theirs
    near "Captum's Shapley values, image $i" mine theirs 1e-4
done

# A convolutional network: all methods run, complete ones are complete, in both precisions.
run attr-decompose --rows=0:1 digits8.onnx digits8.npy
is 'all fourteen methods' "$(jq '.methods | length' "$T/out")$status" 140
is 'completeness gaps in float32' "$(jq -c '[.methods[] | select(.completeness_gap != null) |
    (.completeness_gap | fabs) < 1e-4] | all' "$T/out")" true
# For methods that are no rules of neurons, the principles that were derived for any f are measured.
is 'principles hold as derived' "$(jq -c '[.methods[:11][] | .principles[] | .holds == .derived] | all' "$T/out")" true
is 'agreement of methods' "$(jq -c '[.agreement.spearman | length, .[0][0], .[5][6]]' "$T/out")" '[14,1,1]'
run attr-decompose --rows=1:2 --double --alloc=none digits8.onnx digits8.npy
is 'completeness gaps in float64' "$(jq -c '[.methods[] | select(.completeness_gap != null) |
    (.completeness_gap | fabs) < 1e-8] | all' "$T/out")" true
for model in diabetes diabetes-relu; do
    run attr-decompose --rows=2:3 --max-order=1 $model.onnx diabetes.csv
    is "$model: complete" "$(jq -c '[.methods[] | select(.completeness_gap != null) |
        (.completeness_gap | fabs) < 1e-4] | [length, all]' "$T/out")" '[6,true]'
    run attr-decompose --rows=2:3 --double --max-order=1 $model.onnx diabetes.csv
    is "$model: complete in float64" "$(jq -c '[.methods[] | select(.completeness_gap != null) |
        (.completeness_gap | fabs) < 1e-8] | [length, all]' "$T/out")" '[6,true]'
done
run attr-decompose --rows=0:2 --alloc=none --methods=gxi,ig -f npy -o a.npy digits8.onnx digits8.npy
is '-f npy' "$status$(head -c 128 a.npy | grep -a -o '(2, 2, 16)')" '0(2, 2, 16)'

# The layerwise view: alpha-beta and z+ violate principles 1 and 2 in neurons. Other rules do not.
run attr-decompose --layerwise --rows=0:1 --alloc=none --methods=gxi digits8.onnx digits8.npy
is '--layerwise: layers' "$(jq -c '[.neurons[] | .layer, .n_inputs > 5]' "$T/out")" \
    '["/0/Conv_output_0",true,"/4/Conv_output_0",true,"/9/Gemm_output_0",true]'
is '--layerwise: principles of neurons' "$(jq -c '[.neurons[].methods[] | select(.name != "lrp-eps") |
    .principles[] | .holds == .derived] | all' "$T/out")" true
is 'params.players is the argument of --players' "$(jq -r .params.players "$T/out")" patches:2x2
run attr-decompose --rows=4:5 --methods=gxi --alloc=none --vocab=review.vocab review.onnx review.npy
is 'names of players' \
    "$(jq -c '[.names[:3], (.names | length) == (.methods[0].attribution | length)]' "$T/out")" \
    '[["the","dialogue","is"],true]'
# Tokens that are never masked are as in the sample on paths and in references too.
run attr-decompose --double --rows=4:5 --methods=ig,shapley,deeplift-rescale --alloc=none --vocab=review.vocab \
    review.onnx review.npy
is 'kept tokens: attributions are complete' \
    "$(jq -c '[.params.keep_ids != null, (.methods[] | (.completeness_gap | fabs) < 1e-6)] | all' "$T/out")" true
sum=$(jq '.methods[0].sum' "$T/out")
run ggig --double --method=ig --times-input --players=tokens --rows=4:5 --vocab=review.vocab review.onnx review.npy
is 'kept tokens: the same sum by ggig' "$(jq --argjson s "$sum" '(.sum - $s | fabs) < 1e-3 and .completeness_gap < 1e-3' "$T/out")" true
run attr-decompose --double --methods=gxi --max-order=2 --rows=4:5 --vocab=review.vocab review.onnx review.npy
sum=$(jq '[.effects[] | select(.set == [4] or .set == [8] or .set == [4,8]) | .J] | add' "$T/out")
run xderiv --double --method=archattribute --players=tokens --rows=4:5 --vocab=review.vocab review.onnx review.npy
is 'kept tokens: f of a pair alone by xderiv is the sum of its effects' \
    "$(jq --argjson s "$sum" '.interactions[] | select(.set == [4,8]) | (.mean - $s | fabs) < 1e-9' "$T/out")" true
run attr-decompose --neuron=/9/Gemm_output_0:3 --rows=0:1 --alloc=none --methods=gxi digits8.onnx digits8.npy
is '--neuron' "$(jq -c '[.neurons[] | .neuron]' "$T/out")" '[3]'

# Each picture is a PNG, and equal runs give equal bytes.
for kind in bars stacked effects principles matrix strip; do
    run attr-decompose -f png --kind=$kind --rows=0:1 --methods=gxi,occ1,shapley -o $kind.png digits8.onnx digits8.npy
    is "$kind" "$status$(head -c 4 $kind.png | tail -c 3)" 0PNG
done
run attr-decompose -f png --rows=0:1 --methods=gxi,occ1,shapley -o again.png digits8.onnx digits8.npy
ok 'the strip is equal in a second run' cmp -s strip.png again.png

# Options of the methods.
explain() {
    run attr-decompose --double --alloc=none "$@" product.onnx x.csv
    jq -c '[.methods[0].attribution[] * 1e4 | round / 1e4]' "$T/out"
}
is '--ig-rule=midpoint' "$(explain --methods=ig --ig-rule=midpoint:1)" '[1,1.5]'
is '--ig-rule=gauss' "$(explain --methods=ig --ig-rule=gauss:2)" '[1,1.5]'
is '--patch=1x1' "$(explain --methods=occpatch --patch=1x1)" '[2,2.5]'
is '--stride=1: overlapping patches' "$(explain --methods=occpatch --patch=1x2 --stride=1)" '[2.5,2.5]'
is '--gxi-at=baseline' "$(explain --methods=gxi --gxi-at=baseline)" '[0,0]'
is '--background=gauss:S' "$(explain --methods=preddiff --background=gauss:1e-9 --pd-samples=4)" '[2,2.5]'
is '--eg-samples' "$(explain --methods=expgrad --eg-samples=20000 --seed=3 | jq -c 'map(. * 100 | round / 100)')" '[1,1.5]'
explain --methods=gxi --background=gauss:x >/dev/null
is '--background=gauss without a width: status' "$status" 2

# In attention, residual connections and normalisation, no part of the difference is lost.
ln -s "$DATA"/text* .
while read -r tolerance options; do
    # shellcheck disable=SC2086 # options
    run attr-decompose $options --rows=0:2 --alloc=none --players=tokens --methods=ig,deepshap,deeplift-rescale,deeplift-reveal,shapley \
        --budget=200 -i embedding=text.npy -i mask=text-mask.npy text.onnx
    is "complete within $tolerance $options" "$(jq -s "[.[].methods[] | .completeness_gap | fabs] | length, max < $tolerance" "$T/out" | paste -sd ' ')" '10 true'
    is "of one size $options" "$(jq -s '[.[].methods[] | .attribution[] | fabs] | max < 50' "$T/out")" true
done <<'END'
1e-4
1e-8 --double
1e-4 -b mean
END

# From the second sample on, feature maps come from the pass that finds the target.
for i in 0 1 2; do
    run attr-decompose --rows=$i:$((i + 1)) --alloc=none --players=patches:4x4 --methods=gradcam digits8.onnx digits8.npy
    jq -c .methods[0].attribution "$T/out"
done >alone
run attr-decompose --rows=0:3 --alloc=none --players=patches:4x4 --methods=gradcam digits8.onnx digits8.npy
is 'a sample alone and among others' "$(jq -c .methods[0].attribution "$T/out")" "$(cat alone)"

# Scores from elsewhere.
echo 1,1.5 >fair.csv
echo 9,-6.5 >unfair.csv
for scores in fair unfair; do
    run attr-decompose --methods=gxi --attr=$scores.csv --double product.onnx x.csv
    is "$scores" "$(jq -c '.methods[1] | [.name, .selectope.exists]' "$T/out")" \
        "[\"foreign\",$([ $scores = fair ] && echo true || echo false)]"
done

echo '{"index":0,"attribution":{"shape":[2],"values":[1,1.5]}}' >record
run attr-decompose --methods=gxi --attr=record --double product.onnx x.csv
is '--attr of a record' "$(jq -c '.methods[1].attribution' "$T/out")" '[1,1.5]'
run attr-decompose --methods=gxi,ig --double product.onnx x.csv
cp "$T/out" own
run attr-decompose --methods=gxi --attr=own:ig --double product.onnx x.csv
is '--attr of a method of a record' "$(jq -c '.methods[1] | [(.attribution[] * 1e9 | round / 1e9), .selectope.exists]' "$T/out")" '[1,1.5,true]'
run attr-decompose -f text --taylor=2 --methods=gxi,ig --attr=own:gxi --double product.onnx x.csv
is '-f text: a line for each method' "$status$(grep -c '^  \(gxi\|ig\|foreign\) ' "$T/out")" 03

printf '1,2\n3,4\n5,6\n' >rows3.csv
printf '2,1\n2,1\n2,1\n2,1\n' >x4.csv
run attr-decompose --methods=gxi --attr=rows3.csv --double product.onnx x4.csv
is '--attr of several rows: each sample has its own, and one more than there are fails' \
    "$status $(jq -c '.methods[1].attribution, .error.message' "$T/out" | grep -v null | paste -sd ' ')" \
    '1 [1,2] [3,4] [5,6] "rows3.csv: no scores for sample 3"'
# x0 x1 = -2 is shared equally, whatever its sign.
echo -2,1 >negative.csv
run attr-decompose --methods=ig --double product.onnx negative.csv
is 'weights of a negative effect' \
    "$(jq -c '.methods[0].allocation[] | select(.set == [0,1]) | [(.share, .weight)[] * 1e6 | round / 1e6]' "$T/out")" \
    '[-1,-1,0.5,0.5]'

# Wrong options and files are refused with one line and the right status.
wrong() {
    what=$1 wanted=$2
    shift 2
    run attr-decompose "$@" product.onnx x.csv
    is "$what" "$status $(grep -vc ": warning: " "$T/err")" "$wanted 1"
}
echo 1,2,3 >three.csv
echo '{"index":0,' >broken
echo '{"index":7,"attribution":[1,2]}' >other
wrong 'scores of another number' 1 --attr=three.csv
wrong 'a broken record' 1 --attr=broken
wrong 'no record of the sample' 1 --attr=other
wrong 'no such file' 1 --attr=nowhere.csv
wrong 'no method of the name' 1 --attr=own:shapley
wrong 'no layer' 2 --neuron=nothing:3 --methods=gxi
wrong 'too high an order' 2 --taylor=30
run attr-decompose -f png -o x.png --kind=curve product.onnx x.csv
refused 'a kind of other tools' 2 'does not fit option --kind'
run attr-decompose --methods=nothing product.onnx x.csv
is 'an unknown method: status' "$status" 2
ok 'an unknown method: message' grep -q "no method 'nothing'" "$T/err"
run attr-decompose --alloc=full --players=elements digits8.onnx digits8.npy
is '--alloc=full of too many players: status' "$status" 2

PATH=$BUILD/tests/programs:$PATH

# ---- Notes on results that mean little ----

# z = 2 - 1.999 at 1, so f is 0.001 and the input gets 2.
formula 1 'x1 2 Mul 1.999 Sub Relu' explodes.onnx
echo 1 >one.csv
run attr-decompose --methods=lrp-eps --double explodes.onnx one.csv
ok 'a warning of an lrp-eps sum that explodes' grep -q 'lrp-eps adds up to over three times f' "$T/err"
run attr-decompose --methods=lrp-eps --double --lrp-eps=abs:1 explodes.onnx one.csv
is 'a larger --lrp-eps gives no warning' "$(cat "$T/err")" ''
run attr-decompose -q --methods=lrp-eps --double explodes.onnx one.csv
is '-q: no warning' "$(cat "$T/err")" ''
run attr-decompose --methods=deeptaylor --rows=0:1 diabetes.onnx diabetes.csv
ok 'a warning of deeptaylor for negative f' grep -q 'deeptaylor is made for positive f' "$T/err"

# ---- Errors of estimates ----

run attr-decompose --methods=shapley --players=elements --budget=300 --rows=0:1 digits8.onnx digits8.npy
is 'estimated Shapley values have standard errors' "$(jq -c '.methods[0].stderr | [length, ([.[] | select(. > 0)] | length > 20)]' "$T/out")" '[64,true]'
run attr-decompose --methods=shapley,occ1 --rows=0:1 diabetes.onnx diabetes.csv
is 'exact values have no standard errors' "$(jq -c '[.methods[].stderr]' "$T/out")" '[null,null]'

formula 2 'x1 x1 Mul x2 Sub Log x2 Sqrt Add' domain.onnx
formula 2 'x1 Log x2 Add' log.onnx
echo 3,1 >v31.csv
run attr-decompose --double --methods=gxi product.onnx x.csv
is 'keys that a method does not have are not counted in nonfinite' "$(jq -c .nonfinite "$T/out")" null
echo 0.5,0.1 >near.csv
run attr-decompose --double --alloc=none --methods=ig,deeplift-reveal -b near.csv domain.onnx v31.csv
is 'deeplift-reveal: finite values if one part leaves the domain' \
    "$status $(jq -c '[.methods[].completeness_gap | fabs < 1e-6], .nonfinite' "$T/out" | tr '\n' ' ')" '0 [true,true] null '
run attr-decompose --double --alloc=none --methods=gxi,ig,shapley log.onnx v31.csv
is 'a method without finite values is null with a reason; the others have values' \
    "$status $(jq -c '[(.methods[].attribution | if . then map(if . then (. * 1e6 | round / 1e6) else . end) else . end), .methods[2].reason, .agreement.methods, .agreement.spearman, .nonfinite]' "$T/out")" \
    '0 [[1,1],[null,1],null,"no value is finite",["gxi"],[[null]],2]'

# ---- Work that is kept from sample to sample ----

# f at the baseline is computed once. The gradient comes with the scores.
for options in '--methods=gxi' '--methods=lrp-eps,deeplift-rescale' '--methods=gxi,gradcam' \
    '--methods=gxi -b 0.5' '--methods=gxi -t sum:0' '--methods=gxi,ig --ig-rule=gauss:4'; do
    # shellcheck disable=SC2086
    run attr-decompose $options --alloc=none --players=elements --rows=0:4 digits8.onnx digits8.npy
    jq -c .methods "$T/out" >together
    for row in 0 1 2 3; do
        # shellcheck disable=SC2086
        attr-decompose $options --alloc=none --players=elements --rows=$row:$((row + 1)) digits8.onnx digits8.npy
    done | jq -c .methods >alone
    ok "samples do not depend on those before: $options" cmp -s together alone
done
attr-decompose --methods=gxi,ig --ig-rule=gauss:4 --alloc=none --players=elements --rows=0:4 digits8.onnx digits8.npy |
    jq -c '.methods[0].attribution' >with
attr-decompose --methods=gxi --alloc=none --players=elements --rows=0:4 digits8.onnx digits8.npy |
    jq -c '.methods[0].attribution' >ahead
is 'gxi: the same gradient alone and beside ig' \
    "$(jq -c -s '[.[:4], .[4:]] | transpose | map(transpose | map(.[0] - .[1] | fabs) | max < 1e-5)' with ahead)" \
    '[true,true,true,true]'
end

#!/bin/sh
# attr-decompose.t - the tool: closed forms, records, arrays, judging, misuse.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
"$BUILD/tests/programs/models" . >/dev/null || exit 1
ln -s "$DATA"/digits8.* .

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
run attr-decompose --methods=ig,gxi --taylor=2 --double product.onnx x.csv
is 'effects' "$(jq -c '[.effects[] | [.set, .J]]' "$T/out")" '[[[0],0],[[1],0.5],[[0,1],2]]'
is 'terms' "$(jq -c '[.taylor.terms[] | select(.I * 1e9 | round != 0) | [.kappa, (.I * 1e6 | round / 1e6)]]' "$T/out")" \
    '[[[0,2],0.5],[[1,1],2]]'
is 'converged' "$(jq -c .taylor.converged "$T/out")" true
is 'principles' "$(jq -c '[.methods[] | [.name, .principles[].holds]]' "$T/out")" \
    '[["gxi",false,true,false],["ig",true,true,true]]'

# A convolutional network: everything, complete where that is promised.
run attr-decompose --rows=0:1 digits8.onnx digits8.npy
is 'fourteen methods' "$(jq '.methods | length' "$T/out")$status" 140
is 'complete' "$(jq -c '[.methods[] | select(.completeness_gap != null) |
    (.completeness_gap | fabs) < 1e-4] | all' "$T/out")" true
run attr-decompose --rows=0:1 --double digits8.onnx digits8.npy
is 'complete in float64' "$(jq -c '[.methods[] | select(.completeness_gap != null) |
    (.completeness_gap | fabs) < 1e-8] | all' "$T/out")" true
run attr-decompose --rows=0:2 --alloc=none --methods=gxi,ig -f npy -o a.npy digits8.onnx digits8.npy
is 'an array' "$status$(head -c 128 a.npy | grep -a -o '(2, 2, 16)')" '0(2, 2, 16)'

# Scores from elsewhere.
echo 1,1.5 >fair.csv
echo 9,-6.5 >unfair.csv
for scores in fair unfair; do
    run attr-decompose --methods=gxi --attr=$scores.csv --double product.onnx x.csv
    is "$scores" "$(jq -c '.methods[1] | [.name, .selectope.exists]' "$T/out")" \
        "[\"foreign\",$([ $scores = fair ] && echo true || echo false)]"
done

run attr-decompose --methods=nothing product.onnx x.csv
is 'unknown method' "$status" 2
ok 'says so' grep -q "no method 'nothing'" "$T/err"
run attr-decompose --alloc=full --players=elements digits8.onnx digits8.npy
is 'too many sets' "$status" 2
end

#!/bin/sh
# taylorcam.t - relations of places: closed forms, formats, refusals, contents of records.
. tests/tap.sh

work "$DATA"/digits8.*

# ---- Closed forms: f = x1 x4 + x2^2 / 2 at (1, 2, 3, 4), places of a 2 x 2 map ----

echo 1,2,3,4 >x.csv
echo 0.5,1,1.5,2 >half.csv
while read -r wanted options; do
    # shellcheck disable=SC2086 # options
    run taylorcam --score=raw --double $options places.onnx x.csv
    is "pairs, marginal $options" \
        "$(jq -c 'def near: . * 1e9 | round / 1e9;
            [[.pairs[] | [.a, .b, (.strength, .signed | near)]], (.marginal.values | map(near))]' \
            "$T/out")$(cat "$T/err")" \
        "$wanted"
done <<'END'
[[[[0,0],[1,1],17,5]],[17,0,0,17]]
[[[[0,0],[1,1],17,5],[[0,1],[0,1],8,4]],[17,8,0,17]] --diag=keep
[[[[0,0],[1,1],4,4]],[4,0,0,4]] --form=taylor
[[[[0,0],[1,1],4,4]],[4,0,0,4]] --form=occlusion
[[[[0,0],[1,1],5,5]],[5,0,0,5]] --signed
[[[[0,0],[1,1],1,1]],[1,0,0,1]] --form=ih
[[[[0,0],[1,1],0.25,0.25]],[0.25,0,0,0.25]] --form=ih -b half.csv
[[[[0,0],[1,0],17,5]],[17,17]] --grid=2x1
[[[[0,0],[0,1],17,5]],[17,17]] --axes=2:1,3
[[[[0,0],[0,1],17,5]],[17,17]] --axes=3
END
run taylorcam --score=raw --double --order=3 --allow-zero places.onnx x.csv
is 'order 3 of a quadratic function' "$(jq -c '[.pairs, .warnings]' "$T/out")" '[[],["every strength is 0"]]'
run taylorcam --score=raw --double --order=3 places.onnx x.csv
refused 'order 3 of a quadratic function' 3 'every relation is 0 in layer'
ok 'no advice that does not apply' grep -q "'map'; try another layer, or --allow-zero$" "$T/err"

# ---- Records ----

run taylorcam --score=raw --double --cam=all --deletion --from=1,1 places.onnx x.csv
clean record
is 'layer, grid, curvature' "$(jq -c '[.layer, .grid, .curvature | del(.additive?)]' "$T/out")" \
    '[{"name":"map","shape":[1,1,2,2]},[2,2],{"logit_zero":false,"nonsmooth":[]}]'
# One of six pairs has a relation, 17. The fit of s_i + s_j leaves (20/3 of 289 x 5/6) on 5 of 11
# degrees of freedom.
is 'curvature.additive' "$(jq -c '.curvature.additive * 100 | round' "$T/out")" 12
is 'the record has occlusion beside derivatives' "$(jq -c '[.occlusion[] | [.a, .b, .strength, .signed]]' "$T/out")" \
    '[[[0,0],[1,1],4,4]]'
is 'input of the record' "$(jq -c .input "$T/out")" '{"name":"image","shape":[1,1,2,2]}'
is 'boxes of the first pair' "$(jq -c '.pairs[0] | [.box_a, .box_b, .rank]' "$T/out")" '[[0,0,1,1],[1,1,2,2],1]'
is '--from' "$(jq -c .from "$T/out")" '{"shape":[2,2],"values":[17,0,0,0]}'
is 'stats and deletion' "$(jq -c '[.stats.max, .stats.median, .deletion]' "$T/out")" '[17,0,1]'
# The gradient is (4, 2, 0, 1), which gives the factor 7 / 4. H x = (4, 2, 0, 1).
is '--cam: gradcam' "$(jq -c .gradcam.values "$T/out")" '[1.75,3.5,5.25,7]'
is '--cam: hirescam' "$(jq -c .hirescam.values "$T/out")" '[4,4,0,4]'
is '--cam: layercam' "$(jq -c .layercam.values "$T/out")" '[4,4,0,4]'
is '--cam: xgradcam' "$(jq -c '[.xgradcam.values[] * 10 | round]' "$T/out")" '[12,24,36,48]'
is '--cam: shapleycam' "$(jq -c .shapleycam.values "$T/out")" '[0.875,1.75,2.625,3.5]'
is '--cam=all: keys of the record' "$(jq -r 'keys_unsorted[] | select(test("cam"))' "$T/out" | sort | tr '\n' ' ')" \
    'gradcam gradcam++ hirescam layercam shapleycam xgradcam '

run taylorcam -f npy -o map.npy --score=raw places.onnx x.csv
clean '-f npy'
run taylorcam -f text --score=raw places.onnx x.csv
is '-f text' "$(sed 1d "$T/out" | tr -s ' ')" ' a b strength signed
 0 0 1 1 17 5'
taylorcam --rows=0:3 --double --score=logprob digits8.onnx digits8.npy >one
run taylorcam --rows=0:3 --double --score=logprob -j1 digits8.onnx digits8.npy
is 'one record for each sample' "$(jq -c .index "$T/out" | tr '\n' ' ')" '0 1 2 '
ok '-j: the same bytes' cmp one "$T/out"
is 'a warning that the softmax alone has curvature' "$(jq -r '.warnings[0][:30]' one | sort -u)" \
    'the logit has no curvature: al'
taylorcam --rows=1:2 --double --score=logprob digits8.onnx digits8.npy | jq -c .pairs >alone
jq -c 'select(.index == 1) | .pairs' one >among
ok 'samples do not depend on those before them' cmp alone among

# ---- Automatic choices ----

seq 144 | awk '{ printf "%s%.3f", (NR > 1 ? "," : ""), sin($1 * $1) } END { print "" }' >maps.csv
run taylorcam classmaps.onnx maps.csv
warned 'no options: a warning of what is chosen' 'piecewise linear: --score=logit --smooth=softplus:10 are taken' \
    '--layer=pool is taken: pairs of later layers say less'
is 'no options: layer, score and smoothing' \
    "$status $(jq -c '[.layer.name, .grid, .target.score, .params.smooth, .params.head]' "$T/out")" \
    '0 ["pool",[6,6],"logit","softplus:10","float32"]'
ok 'no options: pairs are not additive' jq -e '.curvature.additive < 0.95 and (.pairs | length) == 5' "$T/out"
ok 'no options: the record has occlusion' jq -e '(.occlusion | length) == 5' "$T/out"
jq -c '[.pairs, .occlusion]' "$T/out" >plain
run taylorcam --layer=pool --score=logit --smooth=softplus:10 classmaps.onnx maps.csv
is 'the same choices given as options: the same pairs' "$(jq -c '[.pairs, .occlusion, .warnings]' "$T/out" | jq -c '.[:2]')" \
    "$(cat plain)"
is 'the same choices given as options: no warnings' "$(jq -c .warnings "$T/out")$(cat "$T/err")" '[]'
run taylorcam --layer=maps classmaps.onnx maps.csv
refused 'a void layer' 3 'try --layer=pool, or --allow-zero'
run taylorcam --layer=maps --score=logit classmaps.onnx maps.csv
refused 'a void layer, with its score' 3 'try --layer=pool --smooth=softplus:10, or'
run taylorcam --layer=maps --score=logprob classmaps.onnx maps.csv
warned 'an additive layer' 'sums of what single places do; try --layer=pool' \
    'competition of classes in the softmax; see --smooth=softplus:10'
run taylorcam --layer=maps --score=logprob --smooth=gelu classmaps.onnx maps.csv
ok 'no advice that was followed already' not grep -q 'see --' "$T/err"
run taylorcam --layer=maps --allow-zero classmaps.onnx maps.csv
is 'a void layer with --allow-zero' "$status $(jq -c .pairs "$T/out")" '0 []'
tr -c ',\n' ' ' <maps.csv | sed 's/ *,/nan,/g; s/ *$/nan/' >nans.csv
run taylorcam classmaps.onnx nans.csv
is 'a layer with NaN is not void' "$status $(jq -c '[.layer.name, .pairs]' "$T/out")" '0 ["pool",[]]'
is 'occlusion only for few places' "$(taylorcam -q --layer=b classmaps.onnx maps.csv | jq 'has("occlusion")')" false

# ---- Boxes ----

cat >boxes.csv <<'END'
# two boxes
0,0,1,1,upper left
1,0,2,2,right
END
echo '[{"box":[0,0,1,1],"name":"upper left"},{"box":[1,0,2,2],"name":"right"}]' >boxes.json
for file in boxes.csv boxes.json; do
    run taylorcam --score=raw --boxes=$file places.onnx x.csv
    clean $file
    is "$file: relations" "$(jq -c '[.object_pairs, .objects[0].name, .pairs[0].name_b]' "$T/out")" \
        '[[{"a":0,"b":1,"strength":8.5,"signed":2.5}],"upper left","right"]'
done
echo 0,0,1,1,corner >one.csv
run taylorcam --score=raw --boxes=one.csv places.onnx x.csv
is 'a place in no box has no name' "$(jq -c '.pairs[0] | [.name_a, .name_b]' "$T/out")" '["corner",null]'
for bad in '[[1,2]]' '{"objects":3}' '[[1,1,0,0]]' '1,2,3' '[' ''; do
    echo "$bad" >bad
    run taylorcam --score=raw --boxes=bad places.onnx x.csv
    is "boxes '$bad': status" "$status" 1
    ok "boxes '$bad': says where" grep -q 'taylorcam: bad: ' "$T/err"
done

# ---- Pictures ----

for chart in auto network overlay strip matrix sheet; do
    run taylorcam -f png -o $chart.png --kind=$chart --gradcam --double --rows=0:1 digits8.onnx digits8.npy
    clean "$chart" 'piecewise linear'
    is "$chart is a PNG" "$(head -c 4 $chart.png | tail -c 3)" PNG
done
run taylorcam -f png -o again.png --sheet --gradcam --double --rows=0:1 digits8.onnx digits8.npy
ok '--sheet: equal bytes' cmp sheet.png again.png
run taylorcam -f png -o boxes.png --pad=18 --overlay=0.5 --cmap=viridis --boxes=boxes.csv \
    --score=raw places.onnx x.csv
clean '-f png with --boxes'

# ---- Refusals ----

run taylorcam --score=logit digits8.onnx digits8.npy
refused 'logit of a ReLU network' 3 '--smooth'
run taylorcam --score=logit --smooth=softplus:10 --rows=0:1 digits8.onnx digits8.npy
clean 'logit of a smooth network'
is '--smooth: only pools stay piecewise linear' "$(jq -c '.curvature.logit_zero' "$T/out")" false
run taylorcam --score=raw --layer=nothing places.onnx x.csv
refused 'a layer that does not exist' 2 "'nothing'"
run taylorcam --score=raw --layer=f places.onnx x.csv
refused 'a layer of one place' 2 'as map'
run taylorcam --score=raw --grid=3x3 places.onnx x.csv
refused 'a grid too fine' 2 'finer'
for from in 5,5 2,0 0,2; do
    run taylorcam --score=raw --from=$from places.onnx x.csv
    refused "--from=$from of a place that does not exist" 2 "none at $from"
done
run taylorcam --order=4 places.onnx x.csv
is '--order=4' "$status $(head -n 1 "$T/err")" \
    "2 taylorcam: '4' does not fit option --order: a whole number from 2 to 3"
run taylorcam --smooth=wrong places.onnx x.csv
refused '--smooth of an unknown mode' 2 softplus
run taylorcam --cam=wrong places.onnx x.csv
is '--cam of an unknown map: status' "$status" 2
for layer in '' image/nothing; do
    run taylorcam --score=raw --layer=$layer places.onnx x.csv
    refused "layer '$layer'" 2 'no tensor named'
done
run taylorcam --score=raw --axes=9 places.onnx x.csv
refused '--axes beyond the rank' 2 'axis 9'
run taylorcam --score=raw --axes=3,2 places.onnx x.csv
refused 'axes in the wrong order' 2 'increasing'
run taylorcam --score=raw --order=3 --form=occlusion places.onnx x.csv
refused 'occlusion with --order=3' 2 'order 3'
run taylorcam --score=raw -f png --kind=matrix --order=3 places.onnx x.csv
refused '--kind=matrix with --order=3' 2 matrix
run taylorcam --score=raw --deletion -b nowhere places.onnx x.csv
refused '--baseline of a missing file' 2 nowhere
run taylorcam --score=raw --boxes=nowhere places.onnx x.csv
refused '--boxes of a missing file' 1 nowhere
run taylorcam --score=raw -i nothing=x.csv places.onnx x.csv
refused '-i of an input that does not exist' 2 nothing
echo '5,5,9,9,far' >far.csv
run taylorcam -q --score=raw --boxes=far.csv places.onnx x.csv
refused '--boxes outside the picture' 1 'box 1 lies outside'
for box in nan,0,1,1 0,0,inf,1 0,0,1e999,1 2,2,1,1 '[[0,0,1]]' '{"objects":[{"name":"a"}]}'; do
    echo "$box" >bad
    run taylorcam --score=raw --boxes=bad places.onnx x.csv
    refused "box $box" 1 'taylorcam: bad: '
done
while read -r option; do
    run taylorcam --score=raw "$option" places.onnx x.csv
    is "$option: status" "$status" 2
    is "$option: nothing is written" "$(cat "$T/out")" ''
    is "$option: one line and a hint" "$(wc -l <"$T/err") $(tail -n 1 "$T/err")" \
        "2 Try 'taylorcam --help'"
done <<'END'
--order=0
--form=cubic
--pairs=0
--pairs=many
--grid=0x2
--grid=2
--axes=x
--axes=
--from=1
--from=-1,0
--diag=maybe
--cam=gradcam,nothing
--kind=circle
--steps=1000000
--overlay=2
--cmap=mud
--pad=-1
END
echo nan,2,3,4 >nan.csv
run taylorcam --score=raw --deletion --cam=all places.onnx nan.csv
is 'relations that are not finite' "$status $(jq -c '[.pairs, .deletion, .marginal.values[0], (.nonfinite > 9), .warnings]' "$T/out")" \
    '0 [[],null,null,true,["1 missing cell is NaN","some strengths are not finite"]]'
run taylorcam -f png -o nan.png --sheet --score=raw places.onnx nan.csv
clean 'a picture of relations that are not finite' 'not finite' 'missing cell'
run taylorcam --layer=list places.onnx
is '--layer=list' "$(head -n 2 "$T/out" | tr '\n' '/')" 'image  1x1x2x2  Input/map  1x1x2x2  Conv/'
end

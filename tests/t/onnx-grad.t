#!/bin/sh
# onnx-grad.t - derivatives as files: equal to ggig and xderiv, and to each other; read as models
# again.
. tests/tap.sh

work "$DATA"/diabetes* "$DATA"/cnn8.onnx "$DATA"/digits8.* "$DATA"/mnist8.* "$DATA"/text* "$DATA"/review.* "$DATA"/speech.* "$DATA"/squeezenet.onnx

# Prints the values of an output in the records of $1.
output() {
    jq -c --arg name "$2" '[.outputs[] | select(.name == $name) | .values] | flatten' "$1"
}

jq -nr 'range(4) as $k | [range(72) | . * . + 29 * $k | sin] | @csv' >depthwise.csv

# ---- Gradients equal those of ggig ----

while read -r model input name target; do
    run onnx-grad -t "$target" -o g.onnx "$model".onnx
    clean "$model: gradient"
    onnx-run --rows=0:4 g.onnx "$input" >g.json
    ggig --method=grad --score=raw -t "$target" --rows=0:4 "$model".onnx "$input" |
        jq -c .attribution.values >want
    output g.json "grad_$name" >got
    near "$model: the gradient of ggig" got want 1e-5
    onnx-run --rows=0:4 "$model".onnx "$input" | jq -c '[.outputs[0].values] | flatten' >want
    jq -c '[.outputs[0].values] | flatten' g.json >got
    near "$model: the output of the model" got want 1e-5
done <<'END'
diabetes diabetes.csv x 0
diabetes-relu diabetes.csv x 0
digits8 digits8.npy image 3
digits8 digits8.npy image -1
cnn8 digits8.npy image 2
mnist8 mnist8.npy Input3 5
depthwise depthwise.csv image 7
END

# ---- Second order: in one step, in two, and by directions ----

onnx-grad --order=2 -o hess.onnx diabetes.onnx
onnx-grad -o g1.onnx diabetes.onnx
onnx-run --rows=0:3 hess.onnx diabetes.csv >h.json
output h.json hess_x >got
is 'a Hessian has n x n elements' "$(head -n 1 got | jq length)" 100
onnx-grad diabetes.onnx | onnx-grad --of=grad_x --jacobian -o again.onnx -
onnx-run --rows=0:3 again.onnx diabetes.csv >again.json
output again.json jac_grad_x_x >want
near 'the Jacobian of the gradient is the Hessian' got want 1e-5
is 'the outputs of the model stay the first ones' "$(jq -c '[.outputs[].name]' again.json | uniq)" \
    '["y","grad_x","jac_grad_x_x"]'

onnx-grad --hvp -o hvp.onnx diabetes.onnx
echo 1,0,0,0,0,0,0,0,0,0 >e1.csv
onnx-run -i dir_x=e1.csv hvp.onnx diabetes.csv --rows=0:1 >v.json
output v.json hvp_x >got
output h.json hess_x | head -n 1 | jq -c '.[:10]' >want
near 'the Hessian times a unit vector is a row of it' got want 1e-5

onnx-grad --order=3 -o d3.onnx diabetes.onnx
is 'the shape of third derivatives' "$(onnx-run --rows=0:1 d3.onnx diabetes.csv | jq -c '.outputs[1].shape')" \
    '[1,10,10,10]'

# ---- Forward is the transpose of reverse ----

onnx-grad --jacobian -o jac.onnx digits8.onnx
onnx-run --rows=0:1 jac.onnx digits8.npy >j.json
is 'the shape of a Jacobian' "$(jq -c '.outputs[1] | [.name, .shape]' j.json)" \
    '["jac_logits_image",[1,10,64]]'
onnx-grad --mode=reverse -o vjp.onnx digits8.onnx
echo 0,0,0,1,0,0,0,0,0,0 >seed.csv
onnx-run -i seed_logits=seed.csv --rows=0:1 vjp.onnx digits8.npy >v.json
output v.json vjp_image >got
output j.json jac_logits_image | jq -c '.[192:256]' >want
near 'a seed picks a row of the Jacobian' got want 1e-6
onnx-grad --mode=forward -o jvp.onnx digits8.onnx
jq -nc '[range(64) | if . == 20 then 1 else 0 end] | @csv' -r >dir.csv
onnx-run -i dir_image=dir.csv --rows=0:1 jvp.onnx digits8.npy >v.json
output v.json jvp_logits >got
output j.json jac_logits_image | jq -c '[.[range(20; 640; 64)]]' >want
near 'a direction picks a column' got want 1e-6

# ---- CasADi's form: seeds side by side in a matrix, by direction first ----

mkdir c
run onnx-grad --casadi -o c/f.onnx diabetes.onnx
clean '--casadi'
is '--casadi: three files' "$(cd c && echo *)" 'adj_f.onnx f.onnx fwd_adj_f.onnx'
printf '1,10\n' >two.csv
head -n 2 diabetes.csv >row.csv
onnx-run --no-batch -i adj_y=two.csv c/adj_f.onnx row.csv >a.json
is 'adj_f has the derivatives alone' "$(jq -c '[.outputs[] | [.name, .shape]]' a.json)" \
    '[["adj_x",[1,20]]]'
output a.json adj_x >got
onnx-run --rows=0:1 g1.onnx diabetes.csv >g.json
output g.json grad_x | jq -c '. + map(10 * .)' >want
near '--casadi: seeds lie side by side' got want 1e-6
echo 1 >one.csv
onnx-run --no-batch -i adj_y=one.csv -i fwd_x=e1.csv c/fwd_adj_f.onnx row.csv >a.json
output a.json fwd_adj_x >got
output h.json hess_x | head -n 1 | jq -c '.[:10]' >want
near '--casadi: a row of the Hessian' got want 1e-5
run onnx-grad --casadi diabetes.onnx
refused '--casadi without -o' 2 'name the first with -o'

# ---- Forward against reverse: <u, J v> = <J'u, v> in double, for any u and v ----

# Prints the sum of an output times sin 1, sin 2, ..
along() {
    output "$1" "$2" | jq -c '[to_entries[] | .value * (.key + 1 | sin)] | [add]'
}
while read -r model input x n y m; do
    onnx-grad --double -q --mode=forward -o f.onnx "$model".onnx
    onnx-grad --double -q --mode=reverse -o r.onnx "$model".onnx
    jq -nr "[range($n) | . + 1 | sin] | @csv" >dx.csv
    jq -nr "[range($m) | . + 1 | sin] | @csv" >dy.csv
    onnx-run --double --rows=0:1 -i "dir_$x=dx.csv" f.onnx "$input" >f.json
    onnx-run --double --rows=0:1 -i "seed_$y=dy.csv" r.onnx "$input" >r.json
    along f.json "jvp_$y" >got
    along r.json "vjp_$x" >want
    near "$model: forward is the transpose of reverse" got want 1e-6
done <<'END'
diabetes diabetes.csv x 10 y 1
digits8 digits8.npy image 64 logits 10
cnn8 digits8.npy image 64 logits 5
mnist8 mnist8.npy Input3 784 Plus214_Output_0 10
depthwise depthwise.csv image 72 y 54
END

# ---- Nodes: groups of core operators become one operator of ONNX ----

nodes() {
    onnx-run --list "$1" | jq -r 'select(.op != "Input" and .op != "Constant") | .op' | wc -l
}
while read -r model most; do
    onnx-grad -q -o g.onnx "$model".onnx
    got=$(nodes g.onnx) was=$(nodes "$model".onnx)
    ok "$model: $got nodes for $was" [ $((got * 100)) -le $((was * most)) ]
done <<'END'
text 220
review 220
speech 260
squeezenet 280
END
while read -r model ops; do
    onnx-grad -q -o g.onnx "$model".onnx
    onnx-run --list g.onnx | jq -r .op | sort | uniq -c | awk '{ print $2, $1 }' >list
    for op in $ops; do
        is "$model: ${op%:*}" "$(awk -v op="${op%:*}" '$1 == op { n = $2 } END { print n + 0 }' list)" "${op#*:}"
    done
done <<'END'
speech AveragePool:2 ReduceMean:0 Less:5 Where:5
digits8 MaxUnpool:2 Mod:0 ScatterElements:0
depthwise Conv:4 ConvTranspose:0 Less:1 Where:1 Split:2 MaxUnpool:1
mnist8 Conv:4 ConvTranspose:0
END

# ---- Masks behind a max pool are of its results ----

while read -r model shapes; do
    onnx-grad -q -o g.onnx "$model".onnx
    is "$model: shapes of comparisons" \
        "$(onnx-run --list g.onnx | jq -c 'select(.op == "Less") | .shape' | sort | tr -d '\n')" "$shapes"
done <<'END'
depthwise [1,6,3,3]
digits8 [1,16,4,4][1,32,2,2][1,48]
cnn8 [1,6,8,8][1,8,4,4]
END

# ---- Integer ids: derivatives by the embedding ----

run onnx-grad -t 1 -o ids.onnx review.onnx
is 'by the embedding: no warnings' "$status $(cat "$T/err")" '0 '
name=$(onnx-run --rows=0:1 ids.onnx review.npy | jq -r '[.outputs[].name] | last')
onnx-run --rows=0:2 ids.onnx review.npy >g.json
output g.json "$name" >got
ggig --method=grad --score=raw -t 1 --wrt="${name#grad_}" --rows=0:2 review.onnx review.npy |
    jq -c .attribution.values >want
near 'by the embedding: the gradient of ggig' got want 1e-5
onnx-grad -t 1 --wrt=auto -o auto.onnx review.onnx
ok '--wrt=auto is the default' cmp auto.onnx ids.onnx

# ---- Weights in another file stay there ----

mkdir a b
"$BUILD"/tests/programs/outside diabetes.onnx a/m.onnx w.bin
(cd a && onnx-grad -o g.onnx m.onnx)
is 'a file beside external weights copies nothing' "$(cd a && echo *)" 'g.onnx m.onnx w.bin'
onnx-grad -o b/g.onnx a/m.onnx
is 'a file in another directory has its weights in .data' "$(cd b && echo *)" 'g.onnx g.onnx.data'
onnx-grad a/m.onnx >inside.onnx
onnx-grad -o whole.onnx diabetes.onnx
for f in a/g.onnx b/g.onnx inside.onnx; do
    onnx-run --rows=0:2 "$f" diabetes.csv | jq -c .outputs >got
    onnx-run --rows=0:2 whole.onnx diabetes.csv | jq -c .outputs >want
    ok "$f: the same numbers" cmp got want
done
onnx-grad --of=grad_x --jacobian -o a/again.onnx a/g.onnx
is 'the derivative of a derivative refers to external weights' "$(cd a && echo *)" 'again.onnx g.onnx m.onnx w.bin'

mkdir large
"$BUILD"/tests/programs/outside mnist8.onnx large/m.onnx w.bin
onnx-grad -o large/g.onnx large/m.onnx
is 'the reversed weights of convolutions are not copied' \
    "$(onnx-run --list large/g.onnx | jq -r .op | grep -c ConvTranspose)" 2
onnx-grad -o g.onnx mnist8.onnx
onnx-run --rows=0:2 large/g.onnx mnist8.npy | jq -c '[.outputs[1].values] | flatten' >got
onnx-run --rows=0:2 g.onnx mnist8.npy | jq -c '[.outputs[1].values] | flatten' >want
near 'external weights: the derivative is the same' got want 1e-5

# ---- Open dimensions, types, options ----

is 'the batch stays open' "$(onnx-run g1.onnx diabetes.csv | jq -s length)" \
    "$(onnx-run diabetes.onnx diabetes.csv | jq -s length)"
run onnx-grad --seeds=K -o k.onnx diabetes.onnx
clean '--seeds=NAME'
run onnx-grad --double -o d.onnx diabetes.onnx
clean 'doubles'
is '--double: the file computes in float64' "$(onnx-run --rows=0:1 d.onnx diabetes.csv | jq -r .params.precision)" float64
run onnx-grad -o open.onnx unnamed.onnx
clean 'open axes without a name'
is 'axes without a name: the first is N, others are those of the input' \
    "$(grep -ao 'x_[01]' open.onnx | sort -u)" x_1
"$BUILD/tests/programs/growth" >/dev/null
for n in 10 60 300; do
    run onnx-grad -o many.onnx "Concat-1$(printf %03d "$n").onnx"
    clean "$n times the same operand"
done
run onnx-grad --of=z diabetes.onnx
refused 'a tensor that does not exist' 2 "no tensor named 'z'"
run onnx-grad -t 1 diabetes.onnx
refused 'an element that does not exist' 2 "target '1' is not one of the 1"
run onnx-grad --hvp --jacobian diabetes.onnx
refused 'two kinds of derivatives at once' 2 'is enough'
run onnx-grad --seeds=0 diabetes.onnx
refused '--seeds=0' 2 "seeds"
end

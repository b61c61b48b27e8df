#!/bin/sh
# onnx-grad.t - derivatives as files: equal to ggig and xderiv, to each other, and read again.
. tests/tap.sh

work "$DATA"/diabetes* "$DATA"/cnn8.onnx "$DATA"/digits8.* "$DATA"/mnist8.* "$DATA"/text*

# The values of an output in the records of $1.
output() {
    jq -c --arg name "$2" '[.outputs[] | select(.name == $name) | .values] | flatten' "$1"
}

# ---- Gradients are those of ggig ----

while read -r model input name target; do
    run onnx-grad -t "$target" -o g.onnx "$model".onnx
    clean "$model: gradient"
    onnx-run --rows=0:4 g.onnx "$input" >g.json
    ggig --method=grad --score=raw -t "$target" --rows=0:4 "$model".onnx "$input" |
        jq -c .attribution.values >want
    output g.json "grad_$name" >got
    near "$model: as ggig has it" got want 1e-5
    onnx-run --rows=0:4 "$model".onnx "$input" | jq -c '[.outputs[0].values] | flatten' >want
    jq -c '[.outputs[0].values] | flatten' g.json >got
    near "$model: and its own output" got want 1e-5
done <<'END'
diabetes diabetes.csv x 0
diabetes-relu diabetes.csv x 0
digits8 digits8.npy image 3
digits8 digits8.npy image -1
cnn8 digits8.npy image 2
mnist8 mnist8.npy Input3 5
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
is 'the outputs before stay' "$(jq -c '[.outputs[].name]' again.json | uniq)" \
    '["y","grad_x","jac_grad_x_x"]'

onnx-grad --hvp -o hvp.onnx diabetes.onnx
echo 1,0,0,0,0,0,0,0,0,0 >e1.csv
onnx-run -i dir_x=e1.csv hvp.onnx diabetes.csv --rows=0:1 >v.json
output v.json hvp_x >got
output h.json hess_x | head -n 1 | jq -c '.[:10]' >want
near 'the Hessian times a unit vector is a row of it' got want 1e-5

onnx-grad --order=3 -o d3.onnx diabetes.onnx
is 'third order' "$(onnx-run --rows=0:1 d3.onnx diabetes.csv | jq -c '.outputs[1].shape')" \
    '[1,10,10,10]'

# ---- Forward is the transpose of reverse ----

onnx-grad --jacobian -o jac.onnx digits8.onnx
onnx-run --rows=0:1 jac.onnx digits8.npy >j.json
is 'a Jacobian' "$(jq -c '.outputs[1] | [.name, .shape]' j.json)" \
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

# ---- What CasADi looks for: seeds side by side in a matrix, by direction first ----

mkdir c
run onnx-grad --casadi -o c/f.onnx diabetes.onnx
clean 'for CasADi'
is 'three files' "$(cd c && echo *)" 'adj_f.onnx f.onnx fwd_adj_f.onnx'
printf '1,10\n' >two.csv
head -n 2 diabetes.csv >row.csv
onnx-run --no-batch -i adj_y=two.csv c/adj_f.onnx row.csv >a.json
is 'the derivatives alone' "$(jq -c '[.outputs[] | [.name, .shape]]' a.json)" \
    '[["adj_x",[1,20]]]'
output a.json adj_x >got
onnx-run --rows=0:1 g1.onnx diabetes.csv >g.json
output g.json grad_x | jq -c '. + map(10 * .)' >want
near 'seeds lie side by side' got want 1e-6
echo 1 >one.csv
onnx-run --no-batch -i adj_y=one.csv -i fwd_x=e1.csv c/fwd_adj_f.onnx row.csv >a.json
output a.json fwd_adj_x >got
output h.json hess_x | head -n 1 | jq -c '.[:10]' >want
near 'a row of the Hessian' got want 1e-5
run onnx-grad --casadi diabetes.onnx
refused 'three files need a name' 2 'name the first with -o'

# ---- Open dimensions, types, options ----

is 'the batch stays open' "$(onnx-run g1.onnx diabetes.csv | jq -s length)" \
    "$(onnx-run diabetes.onnx diabetes.csv | jq -s length)"
run onnx-grad --seeds=K -o k.onnx diabetes.onnx
clean 'an open number of seeds'
run onnx-grad --double -o d.onnx diabetes.onnx
clean 'doubles'
is 'are doubles' "$(onnx-run --rows=0:1 d.onnx diabetes.csv | jq -r .params.precision)" float64
run onnx-grad --of=z diabetes.onnx
refused 'no such tensor' 2 "no tensor named 'z'"
run onnx-grad -t 1 diabetes.onnx
refused 'no such element' 2 "target '1' is not one of the 1"
run onnx-grad --hvp --jacobian diabetes.onnx
refused 'two kinds' 2 'is enough'
run onnx-grad --seeds=0 diabetes.onnx
refused 'no seeds' 2 "seeds"
end

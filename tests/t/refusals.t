#!/bin/sh
# refusals.t - what is refused, one line each: the exit status, a piece of the message, the command.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/diabetes.* "$DATA"/f1.*
flint-fit -q digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
    --epochs=1 -o fitted.onnx >/dev/null || exit 1

printf '0 1\n' >pair; printf '0 0\n' >twice; printf '0 x\n' >letters; printf '0 99\n' >far
printf '[[0,1],[1,1]]' >twice.json; printf '[[0,-1]]' >minus.json
printf '1,2\n' >short.csv; printf 'x,1,2,3\n' >box.csv; printf '1,2,inf,4\n' >endless.csv; printf '[[1,2,3]]' >box.json
printf '{"players":2}\n{"present":[0],"value":1}\n{"present":[5],"value":1}\n' >game
printf '{"players":2}\n{"present":[0,0],"value":1}\n' >game2
printf '{"tool":"x"\n' >record
printf '0,900\n' >edges

refuse() {
    # shellcheck disable=SC2086 # a command line
    run $3
    is "$3: status" "$status" "$1"
    ok "$3: says '$2'" grep -q -F -e "$2" "$T/err"
}
while IFS='	' read -r status_wanted text command; do
    refuse "$status_wanted" "$text" "$command"
done <<'END'
2	which MODEL?	onnx-run
2	which samples? (-x FILE)	flint-fit digits8.onnx
2	either --logits or --probs	flint-fit -o no.onnx -x digits8.npy --logits=a --probs=b digits8.onnx
2	--val-y goes with --val-x	flint-fit -o no.onnx -x digits8.npy --val-y=digits8.npy digits8.onnx
2	which checkpoint? (--checkpoint=FILE)	flint-fit -o no.onnx -x digits8.npy --resume digits8.onnx
2	--reinit is for --mode=joint	flint-fit -o no.onnx -x digits8.npy --reinit digits8.onnx
2	one number, a regression	flint-fit -o no.onnx -x diabetes.csv diabetes.onnx
2	flip, shift:N or flip,shift:N	flint-fit -x digits8.npy --augment=turn digits8.onnx
2	rates are positive	flint-fit -x digits8.npy --lr=-1 digits8.onnx
2	a whole number of at least 1	flint-fit -x digits8.npy --cache-mb=0.5 digits8.onnx
2	a whole number of at least 1	flint-fit -x digits8.npy --cache-mb=1.5 digits8.onnx
2	MIN,MAX, MIN below MAX	flint-visualize --am --range=2,1 fitted.onnx digits8.npy
2	gauss:N or midpoint:N, N from 1 to 4096	attr-decompose --ig-rule=gauss:5000 digits8.onnx digits8.npy
2	zplus, wsquare or zB:LO,HI	attr-decompose --deeptaylor=zB:1 digits8.onnx digits8.npy
2	FILE, or gauss:S, S above 0	attr-decompose --background=gauss:0 digits8.onnx digits8.npy
2	LAYER or LAYER:ELEMENT	attr-decompose --neuron= digits8.onnx digits8.npy
2	is no HxW of patches:HxW	shapley-int --players=patches:4 digits8.onnx digits8.npy
2	is no SIGMA of blur:SIGMA	ggig --method=ig -b blur:x digits8.onnx digits8.npy
2	blur wants a sigma from 0 to 1000	ggig --method=ig -b blur:2000 --rows=0:1 digits8.onnx digits8.npy
2	3 indices for 2 axes	ggig --method=grad -t 1,2,3 --rows=0:1 digits8.onnx digits8.npy
2	no map 'nocam'; nearest: gradcam	taylorcam --cam=nocam digits8.onnx digits8.npy
2	not 'pink'	ggig --method=grad -f png --cmap=pink --rows=0:1 digits8.onnx digits8.npy
2	--from is no feature	xderiv --from=x --rows=0:1 diabetes.onnx diabetes.csv
2	--from is no feature	xderiv --from=10 --rows=0:1 diabetes.onnx diabetes.csv
1	names feature 0 twice	xderiv --pairs=twice --rows=0:1 diabetes.onnx diabetes.csv
1	names feature 1 twice	xderiv --pairs=twice.json --rows=0:1 diabetes.onnx diabetes.csv
1	features are integers from 0	xderiv --pairs=letters --rows=0:1 diabetes.onnx diabetes.csv
1	features are integers from 0	xderiv --pairs=minus.json --rows=0:1 diabetes.onnx diabetes.csv
2	feature 99 of 10	xderiv --truth=far --rows=0:1 diabetes.onnx diabetes.csv
1	box 1 is not [x0,y0,x1,y1]	taylorcam --smooth=softplus:5 --boxes=box.json --rows=0:1 digits8.onnx digits8.npy
1	has no finite sides	taylorcam --smooth=softplus:5 --boxes=endless.csv --rows=0:1 digits8.onnx digits8.npy
1	line 3	shapley-int --index=sv --load-game=game
1	line 2	shapley-int --index=sv --load-game=game2
1	not of two of	shapley-int --index=sii --players=patches:4x4 -f png --kind=network --edges=edges --rows=0:1 digits8.onnx digits8.npy
1	not JSON	attr-score --map=record --rows=0:1 digits8.onnx digits8.npy
END
end

#!/bin/sh
# refusals.t - refused commands. Each line has: exit status, part of the message, command.
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
printf '{"id":"x.npy","index":0}\n' >record2
seq 11 >many
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
2	two whole numbers, M,K	flint-fit -x digits8.npy --dec-maps=2.5,3 digits8.onnx
2	two whole numbers, M,K	flint-fit -x digits8.npy --dec-maps=2,3.5 digits8.onnx
2	two whole numbers, M,K	flint-fit -x digits8.npy --dec-maps=0,3 digits8.onnx
2	two whole numbers, M,K	flint-fit -x digits8.npy --dec-maps=3,1000001 digits8.onnx
2	epochs from 2 on and in order	flint-fit -x digits8.npy --lr-at=2.5:1e-4 digits8.onnx
2	epochs from 2 on and in order	flint-fit -x digits8.npy --lr-at=1:1e-4 digits8.onnx
2	epochs from 2 on and in order	flint-fit -x digits8.npy --lr-at=3:1e-4 --lr-at=3:1e-5 digits8.onnx
2	epochs from 2 on and in order	flint-fit -x digits8.npy --lr-at=3:0 digits8.onnx
2	--reinit is for --mode=joint	flint-fit -o no.onnx -x digits8.npy --reinit digits8.onnx
2	one number, a regression	flint-fit -o no.onnx -x diabetes.csv diabetes.onnx
2	flip, shift:N or flip,shift:N	flint-fit -x digits8.npy --augment=turn digits8.onnx
2	rates are positive	flint-fit -x digits8.npy --lr=-1 digits8.onnx
2	a whole number of at least 1	flint-fit -x digits8.npy --cache-mb=0.5 digits8.onnx
2	a whole number of at least 1	flint-fit -x digits8.npy --cache-mb=1.5 digits8.onnx
2	MIN,MAX, MIN below MAX	flint-visualize --am --range=2,1 fitted.onnx digits8.npy
2	MIN,MAX, MIN below MAX	flint-visualize --am --range=1,1 fitted.onnx digits8.npy
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
1	it is empty; MODEL takes 'image', float [N,1,8,8]	onnx-run digits8.onnx
2	a label (none are given: --labels=FILE); valid: 0 to 9	xderiv -t tabby digits8.onnx digits8.npy
2	target 3 is not the only output, which is 0	taylorcam -t 3 --layer=x diabetes.onnx diabetes.csv
2	--layer is of class activation maps	ggig --layer=relu digits8.onnx digits8.npy
2	nearest: /2/Relu_output_0, /6/Relu_output_0	ggig --layer=relu --method=gradcam digits8.onnx digits8.npy
2	nearest: /2/Relu_output_0, /6/Relu_output_0	taylorcam --layer=relu digits8.onnx digits8.npy
2	a row of 10 numbers is none	ggig --method=occlusion --players=patches:2x2 diabetes.onnx diabetes.csv
2	a row of 10 numbers is none	shapley-int --players=grid:2x2 diabetes.onnx diabetes.csv
2	a row of 10 numbers is none	xderiv --players=superpixels:3 diabetes.onnx diabetes.csv
2	--tokens: digits8.onnx takes no text	attr-decompose --tokens=pair digits8.onnx digits8.npy
2	--vocab: diabetes.onnx takes no token ids	ggig --vocab=pair diabetes.onnx diabetes.csv
2	--names has 11 names, and the input 10 elements	ggig --names=many diabetes.onnx diabetes.csv
2	blur:S, a number or a file; nearest: white	attr-decompose -b whit digits8.onnx digits8.npy
1	whit.npy: No such file or directory	taylorcam -b whit.npy digits8.onnx digits8.npy
2	no option '-t': onnx-run has no use for it	onnx-run -t 3 digits8.onnx digits8.npy
2	|matrix|tokens|signal|sheet; nearest:	ggig --kind=upset -f png digits8.onnx digits8.npy
2	does not fit option --kind: auto	flint-explain --kind=bars -f png fitted.onnx digits8.npy
2	a whole number of at least 1	onnx-run --top=x digits8.onnx digits8.npy
2	a number	flint-fit -x digits8.npy --checkpoint-secs=x digits8.onnx
2	--pair: 2:99 is none of classes 0 to 9 and attributes 0 to 15	flint-visualize --pair=2:99 fitted.onnx digits8.npy
2	records come from standard input: attr-plot < record	attr-plot record
1	is no stream of records	attr-score --map=digits8.npy digits8.onnx digits8.npy
1	record2 has no map of digits8.npy, but of x.npy	attr-score --map=record2 digits8.onnx digits8.npy
1	diabetes.csv: 200 labels for 20 samples	flint-global -y diabetes.csv fitted.onnx digits8.npy
2	MODEL is all that is read	onnx-grad digits8.onnx digits8.npy
2	MODEL is all that is read	onnx-perturb --noise=1 digits8.onnx digits8.npy
2	not one of the 10 elements, 0 to 9	onnx-grad -t 10 digits8.onnx
END
end

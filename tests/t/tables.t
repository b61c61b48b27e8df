#!/bin/sh
# tables.t - records as tables: -f csv and tsv of every tool, and --long.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv"
# line N: of the output.
line() {
    sed -n "$1p" "$T/out"
}

run ggig --method=grad,inputxgrad -f csv --rows=0:2 diabetes.onnx diabetes.csv
is 'a column a feature' "$status $(line 1)" '0 id,index,method,age,sex,bmi,bp,s1,s2,s3,s4,s5,s6'
is 'a row a method and sample' "$(cut -d , -f 1-3 "$T/out" | sed 1d | tr '\n' ' ')" \
    'diabetes.csv,0,grad diabetes.csv,0,inputxgrad diabetes.csv,1,grad diabetes.csv,1,inputxgrad '
cp "$T/out" csv
run ggig --method=grad,inputxgrad --rows=0:2 diabetes.onnx diabetes.csv
is 'the numbers of the records' "$(sed 1d csv | cut -d , -f 4- | tr '\n' ',')" \
    "$(jq -r '.attribution.values[]' "$T/out" | tr '\n' ',')"
is 'names and values' "$(head -n 1 "$T/out" | jq -c '[.names[2], (.x | length)]')" '["bmi",10]'
run ggig --method=grad -f tsv --long --rows=0:1 diabetes.onnx diabetes.csv
is 'a row an element' "$(line 1) $(line 4 | cut -f 1-4)" "$(printf 'id\tindex\tmethod\telement\tvalue diabetes.csv\t0\tgrad\tbmi')"
is 'ten of them' "$(wc -l <"$T/out")" 11
run ggig --method=grad -f csv --rows=0:1 digits8.onnx digits8.npy
is 'places' "$(line 1 | cut -d '"' -f 1-4)" 'id,index,method,"0,0","0,1'

run onnx-run -f csv --rows=0:2 digits8.onnx digits8.npy
is 'outputs' "$(line 1) $(wc -l <"$T/out")" 'id,index,0,1,2,3,4,5,6,7,8,9 3'
run onnx-run --top=2 -f csv --rows=0:1 digits8.onnx digits8.npy
is 'classes' "$(line 1) $(line 2 | cut -d , -f 5)" 'id,index,prob,value,index,label 2'
run shapley-int --index=sii --order=2 -f csv --rows=0:1 diabetes.onnx diabetes.csv
is 'terms' "$(line 1) $(sed -n '/,0 1,/p' "$T/out" | cut -d , -f 1-4)" 'id,index,set,names,value,stderr diabetes.csv,0,0 1,age;sex'
run xderiv -f csv --rows=0:1 diabetes.onnx diabetes.csv
is 'interactions' "$status $(line 1)" '0 id,index,method,set,names,value,stderr,mean'
run taylorcam -f csv --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
is 'pairs' "$status $(line 1)" '0 id,index,a,b,strength,signed'
run attr-decompose -f csv --methods=gxi,ig --players=patches:4x4 --rows=0:1 digits8.onnx digits8.npy
is 'methods' "$(line 1) $(cut -d , -f 3 "$T/out" | tr '\n' ' ')" 'id,index,method,0,1,2,3 method gxi ig '

# A sample that fails is a row without values.
printf '1,2,3,4,5,6,7,8,9,10\n1,2,x,4,5,6,7,8,9,10\n1,2,3,4,5,6,7,8,9,10\n' >bad.csv
run ggig --method=grad -f csv --header=no diabetes.onnx bad.csv
is 'rows stay with their samples' "$status $(cut -d , -f 1-4 "$T/out" | sed 's/,[-0-9.e]*$/,/' | tr '\n' ' ')" \
    '1 id,index,method, bad.csv,0,grad, bad.csv,1,, bad.csv,2,grad, '
end

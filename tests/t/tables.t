#!/bin/sh
# tables.t - records as tables: -f csv and tsv of every tool, and --long. Also tables of real users.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv" "$DATA"/series.*
# line N: prints a line of the output.
line() {
    sed -n "$1p" "$T/out"
}

run ggig --method=grad,inputxgrad -f csv --rows=0:2 diabetes.onnx diabetes.csv
is '-f csv: a column for each feature' "$status $(line 1)" '0 id,index,method,age,sex,bmi,bp,s1,s2,s3,s4,s5,s6'
is '-f csv: a row for each sample and method' "$(cut -d , -f 1-3 "$T/out" | sed 1d | tr '\n' ' ')" \
    'diabetes.csv,0,grad diabetes.csv,0,inputxgrad diabetes.csv,1,grad diabetes.csv,1,inputxgrad '
cp "$T/out" csv
run ggig --method=grad,inputxgrad --rows=0:2 diabetes.onnx diabetes.csv
is '-f csv: the values of the records' "$(sed 1d csv | cut -d , -f 4- | tr '\n' ',')" \
    "$(jq -r '.attribution.values[]' "$T/out" | tr '\n' ',')"
is 'records have names and values of features' "$(head -n 1 "$T/out" | jq -c '[.names[2], (.x | length)]')" '["bmi",10]'
run ggig --method=grad -f tsv --long --rows=0:1 diabetes.onnx diabetes.csv
is '--long: a row for each element' "$(line 1) $(line 4 | cut -f 1-4)" "$(printf 'id\tindex\tmethod\telement\tvalue diabetes.csv\t0\tgrad\tbmi')"
is '--long: ten rows of one sample' "$(wc -l <"$T/out")" 11
run ggig --method=grad -f csv --rows=0:1 digits8.onnx digits8.npy
is '-f csv of a picture: columns are named by places' "$(line 1 | cut -d '"' -f 1-4)" 'id,index,method,"0,0","0,1'

run onnx-run -f csv --rows=0:2 digits8.onnx digits8.npy
is '-f csv of onnx-run: outputs' "$(line 1) $(wc -l <"$T/out")" 'id,index,0,1,2,3,4,5,6,7,8,9 3'
run onnx-run --top=2 -f csv --rows=0:1 digits8.onnx digits8.npy
is '-f csv of onnx-run --top: classes' "$(line 1) $(line 2 | cut -d , -f 5)" 'id,index,prob,value,index,label 2'
run shapley-int --index=sii --order=2 -f csv --rows=0:1 diabetes.onnx diabetes.csv
is '-f csv of shapley-int: a row for each set' "$(line 1) $(sed -n '/,0 1,/p' "$T/out" | cut -d , -f 1-4)" 'id,index,set,names,value,stderr diabetes.csv,0,0 1,age;sex'
run xderiv -f csv --rows=0:1 diabetes.onnx diabetes.csv
is '-f csv of xderiv: interactions' "$status $(line 1)" '0 id,index,method,set,names,value,stderr,mean'
run taylorcam -f csv --smooth=softplus:5 --rows=0:1 digits8.onnx digits8.npy
is '-f csv of taylorcam: pairs' "$status $(line 1)" '0 id,index,a,b,strength,signed'
run attr-decompose -f csv --methods=gxi,ig --players=patches:4x4 --rows=0:1 digits8.onnx digits8.npy
is '-f csv of attr-decompose: methods' "$(line 1) $(cut -d , -f 3 "$T/out" | tr '\n' ' ')" 'id,index,method,0,1,2,3 method gxi ig '

# A sample that fails is a row without values.
printf '1,2,3,4,5,6,7,8,9,10\n1,2,x,4,5,6,7,8,9,10\n1,2,3,4,5,6,7,8,9,10\n' >bad.csv
run ggig --method=grad -f csv --header=no diabetes.onnx bad.csv
is 'rows are in the order of samples' "$status $(cut -d , -f 1-4 "$T/out" | sed 's/,[-0-9.e]*$/,/' | tr '\n' ' ')" \
    '1 id,index,method, bad.csv,0,grad, bad.csv,1,, bad.csv,2,grad, '

# ---- Tables of real users ----

# The columns in reverse order, with an id, a text and an outcome.
sed 1q diabetes.csv | tr , '\n' | sed '1!G;h;$!d' | paste -sd , | sed 's/.*/who,note,&,outcome/' >export.csv
sed -n '2,4p' diabetes.csv | awk -F , -v OFS=, '{
    row = "p/" NR ",\"a \"\"b\"\", c\""
    for (i = NF; i > 0; i--) row = row OFS $i
    print row, NR == 2 ? "high" : 100 + NR / 2 }' >>export.csv
printf 'age,sex,bmi,bp,s1,s2,s3,s4,s5,s6\n' >names
run ggig --method=grad -f csv --rows=0:3 diabetes.onnx diabetes.csv
cut -d , -f 3- "$T/out" >want
run ggig --method=grad -f csv --columns="$(cat names)" diabetes.onnx export.csv
ok '--columns by name, in another order' sh -c "cut -d , -f 3- '$T/out' | cmp - want"
run ggig --method=grad -f csv --columns=11,10,9,8,7,6,5,4,3,2 diabetes.onnx export.csv
ok '--columns by number' sh -c "cut -d , -f 3- '$T/out' | cmp - want"
run ggig --method=grad --id-column=who --target-column=outcome --drop=note diabetes.onnx export.csv
clean '--drop, --id-column and --target-column'
is '--id-column: id, and index in the file' "$(jq -c '[.id, .index]' "$T/out" | tr '\n' ' ')" '["p/1",0] ["p/2",1] ["p/3",2] '
is '--target-column: a number or a text' "$(jq -c .truth "$T/out" | tr '\n' ' ')" '100.5 "high" 101.5 '
is 'truth comes after target' "$(head -n 1 "$T/out" | jq -c 'keys_unsorted | index("truth") - index("target")')" 1
is '--drop: names and values in the order of the table' "$(head -n 1 "$T/out" | jq -c '[.names[0], .names[9], .x[9]]')" \
    "[\"s6\",\"age\",$(sed -n 2p diabetes.csv | cut -d , -f 1)]"
is '--drop is a param' "$(head -n 1 "$T/out" | jq -c .params.drop)" '"note"'
run onnx-run --id-column=who --drop=note,outcome -o 'ids/{id}.json' diabetes.onnx export.csv
is '-o PATTERN with --id-column: files are named by the id' "$status $(cd ids && echo ./*)" '0 ./p_1.json ./p_2.json ./p_3.json'
printf 'p/1\np/3\t0\n' >skip
run onnx-run --id-column=who --drop=note,outcome --skip-ids=skip diabetes.onnx export.csv
is '--skip-ids with --id-column' "$(jq -r .id "$T/out" | tr '\n' ' ')" 'p/2 p/3 '
run onnx-run diabetes.onnx export.csv
refused 'too many columns' 1 '13 columns where the model takes 10: --drop=who,note,outcome'
is 'too many columns: one error record' "$(jq -c '[.id, .index]' "$T/out")" '["export.csv",0]'
awk -F , -v OFS=, '{ print NR == 1 ? "" : NR - 2, $0, "" }' "$DATA/diabetes.csv" >indexed.csv
run onnx-run diabetes.onnx indexed.csv
refused 'a column of row numbers, and an empty last column' 1 '12 columns where the model takes 10: --drop=0,11 '
printf '# written by hand, today\n' | cat - "$DATA/diabetes.csv" | sed 2d | head -n 2 >remark.csv
run onnx-run -f json diabetes.onnx remark.csv
is 'a comment is no header' "$status $(wc -l <"$T/out")" '0 1'
printf '1,5;2;3;4;5;6;7;8;9;10\n' >commas.csv
run onnx-run diabetes.onnx commas.csv
refused 'decimal commas' 1 "'1,5', is not a number: numbers have a point"
run onnx-run --drop=who,nte,outcome diabetes.onnx export.csv
refused '--drop: a name that does not exist' 2 "no column 'nte'; nearest: note"
run onnx-run --columns=age,bmi diabetes.onnx export.csv
refused '--columns: too few' 1 'does not fit'
run onnx-run --columns=age,age diabetes.onnx export.csv
refused '--columns: a name twice' 2 "column 'age' is named twice"
run onnx-run --id-column=who digits8.onnx digits8.npy
refused '--id-column of an array' 1 'it is no table'
sed '2s/,[^,]*,\([^,]*\)$/,oops,\1/' export.csv >worse.csv
run onnx-run --id-column=who --drop=note,outcome diabetes.onnx worse.csv
is 'a failed sample has the id of its row' "$status $(jq -r 'select(.error) | .id' "$T/out" | head -n 1)" '1 p/1'
run ggig --method=expected --samples=2 --columns="$(cat names)" --background=export.csv diabetes.onnx export.csv
is '--background with the same --columns' "$status" 0

# A model with an input for each column.
printf 'visits,name,bmi,age\n3,"x, y",20,40\n1,z,30,50\n1.5,w,1,1\n' >frame.csv
run onnx-run columns.onnx frame.csv
is 'a model with an input for each column' "$status $(jq -c '.outputs[0].values' "$T/out" | tr '\n' ' ')" '1 [423] [531] null '
refused 'a fraction for an integer input' 1 'line 4'
run onnx-run columns.onnx - <frame.csv
printf '40,20,3\n' >bare.csv
run onnx-run columns.onnx bare.csv
is 'columns without names are in the order of inputs' "$(jq -c '.outputs[0].values' "$T/out")" '[423]'
echo 7 >visits.csv
run onnx-run -i visits=visits.csv --drop=visits,name columns.onnx frame.csv
is '-i replaces one of the columns' "$(head -n 1 "$T/out" | jq -c '.outputs[0].values')" '[427]'

# Its real inputs are explained together.
sed -n 1,3p frame.csv >two.csv
run ggig --method=grad,inputxgrad columns.onnx two.csv
is 'inputs of one number each are explained together' "$(head -n 2 "$T/out" | jq -c '[.input.name, .input.shape, .names, .x, .attribution.values]' | tr '\n' ' ')" \
    '["columns",[1,2],["age","bmi"],[40,20],[10,1]] ["columns",[1,2],["age","bmi"],[40,20],[400,20]] '
is 'a warning of columns that are not explained' "$status $(grep -c "columns that hold no real numbers are not explained: 'visits'" "$T/err")" '0 1'
run ggig --method=grad -f csv columns.onnx two.csv
is '-f csv: names of the inputs' "$(sed 1q "$T/out")" 'id,index,method,age,bmi'
run ggig --method=grad --wrt=bmi columns.onnx two.csv
is '--wrt of one of the inputs' "$(head -n 1 "$T/out" | jq -c '[.input, .attribution.values]')" '[{"name":"bmi","shape":[1,1]},[1]]'
run shapley-int --index=sv --order=1 -b two.csv columns.onnx two.csv
is 'shapley-int of columns with a table as background' "$(tail -n 1 "$T/out" | jq -c '[.interactions[] | [.names[0], .value]]')" '[["age",100],["bmi",10]]'
run attr-decompose --methods=gxi,shapley columns.onnx two.csv
is 'attr-decompose of columns' "$(head -n 1 "$T/out" | jq -c '[.methods[].attribution]')" '[[400,20],[400,20]]'
run xderiv --allow-zero columns.onnx two.csv
is 'xderiv of columns' "$status $(head -n 1 "$T/out" | jq -c '.interactions[0].names')" '0 ["age","bmi"]'
ggig --method=inputxgrad columns.onnx two.csv >maps 2>"$T/ignored"
run attr-score --map=maps --steps=2 columns.onnx two.csv
is 'attr-score of columns' "$status $(jq -c '.scores | keys' "$T/out" | head -n 1)" '0 ["deletion","insertion"]'
run ggig --method=geg-max --samples=2 columns.onnx two.csv
is 'onnx-perturb of a model of columns' "$status" 0

# The model has names of columns.
printf 'b mi,id,age\n1,9,2\n' >named.csv
for model in named commas; do
    run ggig --method=grad $model.onnx named.csv
    is "$model: columns by the metadata" "$(jq -c '[.names, .x, .target.value]' "$T/out")" '[["age","b mi"],[2,1],21]'
done
printf '2,1\n' >bare.csv
run ggig --method=grad named.onnx bare.csv
is 'columns without feature_names' "$(jq -c .names "$T/out")" '["age","b mi"]'
printf 'first\nsecond\n' >two.txt
run ggig --method=grad -f csv --names=two.txt named.onnx named.csv
is '--names' "$(line 1)" 'id,index,method,first,second'

# ---- Cells with line breaks ----

printf 'age,"in\nwords","b mi"\n1,"first\r\nsecond ""x""",2\n3,plain,4\n' >broken.csv
run ggig --method=grad --drop=1 named.onnx broken.csv
is 'a quoted cell may contain a line break' "$status $(jq -sc 'map(.x)' "$T/out")" '0 [[1,2],[3,4]]'
printf '1,"2\n3,4\n' >open.csv
run ggig --method=grad --header=no named.onnx open.csv
is 'a quote that is not closed fails its line' "$status $(jq -sc 'map(.x)' "$T/out")" '1 [null,[3,4]]'
grep -q 'line 1' "$T/err"
is 'a quote that is not closed: the line is named' $? 0

# ---- --top ----

run ggig --method=grad --top=3 --rows=0:1 diabetes.onnx diabetes.csv
is '--top: names of the strongest elements' "$(jq -c '[.top[] | .name]' "$T/out")" \
    "$(jq -c '[.names, .attribution.values] | transpose | sort_by(- (.[1] | fabs)) | .[:3] | map(.[0])' "$T/out")"
is '--top: values of the strongest elements' "$(jq -c '[.top[] | .value]' "$T/out")" "$(jq -c '. as $r | [.top[].index | $r.attribution.values[.]]' "$T/out")"
is '--top: the attribution keeps all elements' "$(jq '.attribution.values | length' "$T/out")" 10
run ggig --method=grad --top=2 -f text --rows=0:1 diabetes.onnx diabetes.csv
is '--top -f text: three lines' "$(wc -l <"$T/out")" 3
run ggig --method=grad --top=100 --rows=0:1 digits8.onnx digits8.npy
is '--top above the number of elements; elements without names' "$(jq -c '[(.top | length), .top[0].name]' "$T/out")" '[64,null]'
run attr-decompose --methods=gxi --rows=0:1 diabetes.onnx diabetes.csv
is 'names and values in shapley-int' "$(jq -c '[(.names | length), (.x | length)]' "$T/out")" '[10,10]'
run shapley-int --index=sv --order=1 --rows=0:1 diabetes.onnx diabetes.csv
is 'names and values in attr-decompose' "$(jq -c '[.names[2], (.x | length)]' "$T/out")" '["bmi",10]'
# A table is one sample, so its columns do not name its elements.
run ggig series.onnx series.csv
refused 'lines of one sample' 1 \
    "does not fit the model's input .24,2.; --no-batch takes all lines as one sample"
run xderiv --no-batch --top=1 series.onnx series.csv
is 'a table as one sample' "$(jq -c '.interactions[0] | [.set, .names]' "$T/out")" '[[46,47],["46","47"]]'
run shapley-int --no-batch --players=columns --index=sv series.onnx series.csv
is '--players=columns of a table that is one sample' "$(jq -c '[.interactions[].names[0]]' "$T/out")" '["load","temperature"]'
end

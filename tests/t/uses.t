#!/bin/sh
# uses.t - streams that are read once, files that would be overwritten, closed streams.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv"
head -n 2 diabetes.csv | tail -n 1 >point.csv

# ---- Streams ----

for tool in 'ggig --method=ig' 'shapley-int --index=sv --order=1' 'attr-decompose --methods=occ1' \
    'xderiv --method=archdetect'; do
    run $tool -q --rows=0:3 -b point.csv diabetes.onnx diabetes.csv
    sed 's/"baseline":"[^"]*"/"baseline":""/' "$T/out" >want
    $tool -q --rows=0:3 -b - diabetes.onnx diabetes.csv <point.csv | sed 's/"baseline":"[^"]*"/"baseline":""/' >got
    ok "$tool: a baseline from a pipe serves every sample" cmp got want
    mkfifo fifo 2>/dev/null
    cat point.csv >fifo &
    timeout 20 $tool -q --rows=0:3 -b fifo diabetes.onnx diabetes.csv | sed 's/"baseline":"[^"]*"/"baseline":""/' >got
    ok "$tool: a baseline from a named pipe" cmp got want
done
run ggig --method=expected --samples=3 --rows=0:3 --background=diabetes.csv diabetes.onnx diabetes.csv
sed 's/"background":"[^"]*"//' "$T/out" >want
ggig --method=expected --samples=3 --rows=0:3 --background=- diabetes.onnx diabetes.csv <diabetes.csv |
    sed 's/"background":"[^"]*"//' >got
ok 'a background from a pipe' cmp got want
for twice in '- -' '-i image=- digits8.onnx -' '-i image=- -' '--labels=- digits8.onnx -' '--files-from=- -' \
    '-b - digits8.onnx -' '--background=- -b - digits8.onnx digits8.npy'; do
    run ggig $twice
    refused "standard input twice: $twice" 2 'standard input can be only one of'
done
ggig - <digits8.onnx >"$T/out" 2>"$T/err"
status=$?
refused 'MODEL on standard input, and no INPUT' 2 'no INPUT'
onnx-run --list - <digits8.onnx >"$T/out"
is '--list of MODEL on standard input' "$(wc -l <"$T/out" | awk '{ print ($1 > 3) }')" 1

# ---- Outputs ----

cp digits8.npy x.npy
cp digits8.onnx m.onnx
ln x.npy link.npy
over() {
    what=$1
    shift
    run "$@"
    refused "$what" 2 "$text"
}
text='write over'
over 'an INPUT' onnx-run -f npy -o x.npy m.onnx x.npy
over 'by another name' onnx-run -f npy -o link.npy m.onnx x.npy
over 'MODEL' onnx-run -o m.onnx m.onnx x.npy
over 'what -i feeds' onnx-run -o x.npy -i image=x.npy m.onnx
over 'labels' onnx-run -o x.npy --labels=x.npy m.onnx digits8.npy
over 'a baseline' ggig -o x.npy -b x.npy m.onnx digits8.npy
over 'a saved game' shapley-int --save-game=m.onnx m.onnx x.npy
over 'a file of a pattern' onnx-run -f npy -o '{stem}.npy' m.onnx link.npy
echo x.npy >list
run onnx-run -o x.npy --files-from=list m.onnx
refused 'an INPUT of a list' 2 'is what -o writes'
ok 'a refused output leaves INPUT as it is' cmp x.npy digits8.npy
ok 'a refused output leaves MODEL as it is' cmp m.onnx digits8.onnx
text='write to one place'
over 'two outputs' shapley-int --save-game=g -o g --players=patches:4x4 m.onnx x.npy
over 'on one stream' shapley-int --save-game=- -o - --players=patches:4x4 m.onnx x.npy
text='standard output both'
over 'a game beside records' shapley-int --save-game=- -f json --players=patches:4x4 m.onnx x.npy
run onnx-run -f npy -o /dev/null m.onnx x.npy
clean '/dev/null as output'

# ---- Closed streams ----

onnx-run -o closed m.onnx x.npy 2>&-
is 'standard error closed: status and records' "$? $(wc -l <closed)" '0 20'
onnx-run -o closed m.onnx x.npy none.npy 2>&-
is 'standard error closed, a failed sample: status and records' "$? $(grep -c . closed) $(grep -c '^{' closed)" '1 21 21'
onnx-run -o closed m.onnx x.npy >&- 2>&- <&-
is 'all streams closed: status and records' "$? $(grep -c '^{' closed)" '0 20'
onnx-run m.onnx x.npy >&- 2>err
is 'standard output closed: status and message' "$? $(grep -c 'standard output' err)" '5 1'
onnx-run m.onnx - <&- >out 2>err
is 'standard input closed: status and record' "$? $(jq -c .error.status out)" '1 1'
end

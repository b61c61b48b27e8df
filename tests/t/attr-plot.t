#!/bin/sh
# attr-plot.t - pictures of records, tested by the structure of their SVG.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv" "$DATA/dog.png"
plot() {
    attr-plot "$@" >"$T/out" 2>"$T/err"
    status=$?
}
# has WHAT TEXT...: the SVG lists each text on its own line.
has() {
    what=$1
    shift
    sed 's/^<desc>//' "$T/out" >"$T/texts"
    for text; do
        ok "$what: $text" grep -qxFe "$text" "$T/texts"
    done
}
# Prints the size in a PNG's header.
size_of() {
    od -A n -t u1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'
}

ggig --method=ig --times-input diabetes.onnx diabetes.csv >rows
head -n 1 rows >row
ggig --method=grad,ig --rows=0:2 digits8.onnx digits8.npy >maps
shapley-int --index=ksii --order=2 --rows=0:1 diabetes.onnx diabetes.csv >pairs
shapley-int --index=ksii --order=3 --rows=0:1 diabetes.onnx diabetes.csv >threes
shapley-int --window=4 --rows=0:1 diabetes.onnx diabetes.csv >partition
attr-decompose --methods=gxi,ig,lrp-eps --rows=0:1 diabetes.onnx diabetes.csv >methods 2>/dev/null
taylorcam --smooth=softplus:5 --score=logit --double --rows=3:4 digits8.onnx digits8.npy >places
attr-score --map=maps --rows=0:1 digits8.onnx digits8.npy >scores
jq -nc '{tool: "ggig", id: "a/b/review.txt", index: 0, target: {index: 1, label: "gut & <b>", score: "logit", value: 2},
    params: {players: "tokens", times_input: true}, names: ["Der", "Film", "ist", "großartig", "素晴らしい", "!"],
    method: "ig", attribution: {shape: [6], values: [0, 0.25, -0.5, 1, 2, null]}}' >sentence

# ---- Kinds ----

# ink PATTERN: counts lines of drawing with this style. cairo 1.16 writes styles, 1.18 attributes.
ink() {
    sed 's/="/:/g; s/, /,/g' "$T/out" | grep -c "$1"
}

plot -f svg <row
clean 'a row of a table'
has 'a waterfall' 'diabetes.csv: ig of output 0' 'output −0.6714' 'base −0.1021' 's5 = −0.8429' 'logit'
plot -f svg --kind=bars <row
has 'bars' 'contribution to the logit' 'bmi = −0.5627' '−0.2404'
is 'bars: two colours' "$(ink 'fill:rgb(83\.[0-9]*%,36\.[0-9]*%,0%)') $(ink 'fill:rgb(0%,44\.[0-9]*%,69\.[0-9]*%)')" '3 7'
plot -f svg --kind=bars --top=3 <row
has '--top of bars' '7 others together'
plot -f svg --kind=force <row
has 'a force plot' 'output −0.6714' 'base −0.1021' 'age = 1.685'
plot -f svg <rows
has 'a swarm' '20 samples: ig' 'value of the feature' 's5'
clean 'a swarm'
plot -f svg --kind=scatter --top=2 <rows
has 'a scatter' 's5' 'bp'
plot -f svg <pairs
has 'a matrix' 'diabetes.csv: ksii of output 0' 'interaction' 'age' '−0.014'
plot -f svg --kind=matrix <pairs
ok 'a matrix: single players are framed' grep -q '^Framed: single players' "$T/out"
xderiv --rows=0:1 diabetes.onnx diabetes.csv | attr-plot -f svg --kind=matrix >"$T/out" 2>"$T/err"
ok 'a matrix without single players has no frame' not grep -q '^Framed' "$T/out"
ok 'a matrix without single players is drawn' grep -q '<svg' "$T/out"
jq -nc '{tool: "xderiv", id: "sound", index: 0, interactions: [range(256) | {set: [., . + 1], value: (. + 1)}]}' |
    attr-plot -f svg >"$T/out" 2>"$T/err"
has 'pairs of more players than a matrix has rows are sets' 'The strongest 20 of 256 sets.'
plot -f svg --kind=network <pairs
has 'a network' 'negative' 's6'
is 'a network: a line for each pair' "$(ink 'stroke-opacity:0\.')" 45
printf '0,1\n1,2\n2,3\n3,4\n4,5\n5,6\n6,7\n7,8\n8,9\n' >chain
plot -f svg --kind=network --edges=chain <pairs
is '--edges: the lines of the graph' "$status $(ink 'rgb(73\.[0-9]*%,73\.[0-9]*%,73\.[0-9]*%)')" '0 9'
printf '%s\n' 0,1 1,2 2,3 3,4 4,5 5,0 5,6 >ring
plot -f svg --kind=network --edges=ring <pairs
has '--edges: a ring' 'age' 's6'
jq -nc '{tool: "shapley-int", id: "chain", index: 0, params: {}, players: 40,
    names: [range(40) | "residue \(.)"],
    interactions: [range(39) | {set: [., . + 1], value: (. % 7 - 3)}]}' >long
jq -nr 'range(39) | "\(.),\(. + 1)"' >edges
plot -f svg --kind=network --edges=edges <long
has '--edges: a long chain' 'residue 0' 'residue 39'
wide=$(sed -n 's/.*<svg.* width="\([0-9]*\).*/\1/p' "$T/out" | head -n 1)
ok 'a long chain is folded into rows' [ "$wide" -lt 1200 ]
plot -f svg <threes
has 'sets' 'The strongest 20 of 175 sets.' 'interaction'
plot -f svg --kind=stacked <threes
has 'stacks' 'alone' 'in pairs' 'in threes'
plot -f svg <partition
has 'a partition' 'age' 'above: blocks that together add most, B_max = 0.007035'
plot -f svg <methods
has 'methods' 'gxi' 'ig' 'lrp-eps' 'Every method has a scale of its own.'
plot -f svg --kind=principles <methods
has 'principles' '1: own effects' '✓ holds, ✗ does not, by this much'
plot -f svg --kind=effects <methods
has 'effects' 'effect'
# Without the picture, because cairo 1.18 draws no separate lines over it.
jq -c '.id = "elsewhere"' places >bare
plot -f svg <bare
is 'places: lines go from centre to centre' "$(tr -d '\n' <"$T/out" | sed 's/<path/\n&/g; s/="/:/g' | awk '
    /fill:none/ {
        sub(/.* d:M /, "")
        split($0, d, " ")
        if (d[3] == "L" && d[6] == "L") centre[(d[1] + d[4]) / 2 " " (d[2] + d[8]) / 2]
        if (d[3] == "C") { lines++; from[lines] = d[1] " " d[2]; to[lines] = d[8] " " d[9] + 0 }
    }
    END { for (i in from) off += !(from[i] in centre) + !(to[i] in centre); print (lines > 0), off + 0 }')" '1 0'
plot -f svg <places
has 'places' 'places and strength' '(0, 0) – (1, 1)   0.3386'
plot -f svg <scores
has 'curves' 'insertion' 'deletion' 'share shown'
seq 1 70 | jq -sc '{tool: "ggig", id: "sound.npy", index: 0, input: {shape: [1, 70]}, target: {index: 1},
    method: ("grad", "ig"), attribution: {shape: [70], values: map(. * . / 100 - 20)}}' >sound
plot -f svg <sound
has 'a signal' 'sound.npy: grad, ig of output 1' 'grad' 'ig' 'element' '50' '−10'
ok 'a signal: all of it' not grep -q 'others together' "$T/out"
jq -c '.input.shape = [1, 2, 70] | .attribution |= {shape: [2, 70], values: (.values + .values)}' sound >two
plot -f svg <two
has 'a signal of two channels' 'channel 0' 'channel 1'
plot -f svg --kind=signal <maps
refused 'a picture is no signal' 1 'no signal'
plot -f svg <sentence
has 'a sentence' 'review.txt: ig of gut &amp; &lt;b&gt;' 'großartig' '素晴らしい'
plot -f svg <maps
has 'a strip' 'picture' 'grad' 'ig' '|attribution| / its largest'
ok 'a strip: a warning of records that are left out' grep -q 'only the first 2 of 4 records are drawn' "$T/err"
plot -f svg --sheet <maps
has 'a sheet' '2 samples: grad, ig' 'digits8.npy [1]: grad, ig of output 5'
is 'a sheet: the maps of a sample are one cell' "$(grep '^digits8.npy.* of output' "$T/out" | sed 's/.*: //')" 'grad, ig of output 2
grad, ig of output 5'
# names KEY: the images that attributes KEY of an SVG name, as versions of cairo call them.
names() {
    grep -o "$1=\"#*\(image\|source-\)[0-9]*\"" "$T/out" | sed 's/.*="#*//' | sort
}
ok 'a sheet has images' test -n "$(names id)"
is 'a sheet: each image is defined and shown once' "$(names id)" "$(names href | sort -u)"
is 'a sheet: no warning' "$status $(cat "$T/err")" '0 '
plot -f svg --sheet --kind=overlay <maps
is 'a sheet of a kind: a cell for each record' \
    "$status $(cat "$T/err")$(grep -c '^digits8.npy.*: \(grad\|ig\) of output' "$T/out")" '0 4'
plot -f svg --sheet --kind=force <rows
has 'a sheet of force plots' '20 samples: ig' 'diabetes.csv [19]: ig of output 0'
onnx-run --top=3 --rows=0:1 digits8.onnx digits8.npy >top
plot -f svg --kind=bars <top
is 'bars of classes without labels: their indices' "$(grep -x '[2-9]' "$T/out" | tr '\n' ' ')" \
    "$(jq -r '.top[].index' top | tr '\n' ' ')"
plot -f svg --kind=overlay --no-bar --no-title <maps
is '--no-title --no-bar' "$(sed -n '/<desc>/,/<\/desc>/p' "$T/out" | tr '\n' ' ')" '<desc>picture map overlay </desc> '

# ---- Formats ----

plot <row
is 'a PNG of at least 600x400' "$status $(size_of "$T/out" | awk '{ print ($1 >= 600 && $2 >= 400) }')" '0 1'
size_of "$T/out" >one
plot --zoom=2 <row
is '--zoom=2' "$(size_of "$T/out")" "$(awk '{ print 2 * $1, 2 * $2 }' one)"
plot --width=1000 <row
is '--width=1000' "$(size_of "$T/out" | cut -d ' ' -f 1)" 1000
ok 'PNG: the metadata has the hash of the model' grep -aq "model.sha256: $(sha256sum diabetes.onnx | cut -d ' ' -f 1)" "$T/out"
cp "$T/out" first
plot --width=1000 <row
ok 'the same bytes again' cmp first "$T/out"
for format in svg pdf; do
    plot -f $format <row
    cp "$T/out" first
    plot -f $format <row
    ok "$format: the same bytes again" cmp first "$T/out"
done
is '-f pdf begins with %PDF-' "$(head -c 5 first)" '%PDF-'
# A PDF subject of several lines is hexadecimal UTF-16; cairo 1.18 compresses it.
if grep -aq /Subject first; then
    sed -n 's/.*\/Subject <FEFF\([0-9A-F]*\)>.*/\1/p' first | sed 's/00\(..\)/\\x\1/g' >subject
    # shellcheck disable=SC2059 # its escapes
    ok 'PDF: the metadata has the hash of the model' grep -q "^model.sha256: $(sha256sum diabetes.onnx | cut -d ' ' -f 1)" <<END
$(/usr/bin/printf "$(cat subject)")
END
else
    skip 'the subject of a PDF is compressed'
fi
plot -f svg <row
ok 'SVG: the description has the hash of the model' grep -q "model.sha256: $(sha256sum diabetes.onnx | cut -d ' ' -f 1)" "$T/out"
jq -c '.names[2] = ("a very long name of a feature " * 4)' row >long
plot -f svg <long
has 'long names are whole' "$(jq -rn '"a very long name of a feature " * 4') = −0.5627"
ok 'a figure grows with its names' test "$(sed -n 's/.*viewBox="0 0 \([0-9]*\) .*/\1/p' "$T/out")" -gt 1000
# Prints texts of an SVG as cairo writes them, by the positions of glyphs.
jq -c '.names |= map("a long name of " + .)' row >long
plot -f svg --kind=force <long
has 'a force plot of long names' 'a long name of s5 = −0.8429'
wide=$(sed -n 's/.*viewBox="0 0 \([0-9]*\) .*/\1/p' "$T/out" | head -n 1)
is 'a force plot: names do not run out of it' "$(grep -o '<use [^>]*' "$T/out" | tr ' ' '\n' |
    sed -n 's/^x="\([-0-9.]*\)"$/\1/p' | awk -v wide="$wide" '$1 < 0 || $1 > wide { n++ } END { print n + 0 }')" 0
jq -c '.names[0] = "\u05d2\u05d9\u05dc"' row >hebrew
plot -f svg --kind=bars <hebrew
has 'a name from right to left is apart from its number' \
    "$(jq -rn '"\u200e\u05d2\u05d9\u05dc\u200e = 1.685"')"
plot -o pictures/ <maps
is '-o PATTERN: a file for each record' "$status $(find pictures -name '*.png' | wc -l)" '0 4'

# ---- HTML ----

jq -c '.error = {status: 1, message: "too <small>"} | del(.attribution)' row >failed
cat sentence row maps failed | attr-plot -f html --title='A & B' >page.html 2>"$T/err"
is 'html: a row for each record' "$? $(grep -c '^<tr>' page.html)" '1 7'
ok 'html: names are escaped and text' grep -q 'title="2">素晴らしい</span>' page.html
ok 'html: the message of a failed sample' grep -q 'too &lt;small&gt;' page.html
ok 'html: --title' grep -q '<title>A &amp; B</title>' page.html
is 'html: no other file is needed' "$(grep -c 'src="http\|href="http\|@import' page.html)" 0

# ---- Pictures that records name ----

mkdir photos && cp dog.png photos
jq -c '.id = "elsewhere/dog.png" | .input.shape = [1, 1, 90, 70]' maps | head -n 1 >named
plot -f svg --image-dir=photos <named
ok '--image-dir finds a picture by the last part of its name' grep -qx overlay "$T/out"
plot -f svg <named
is 'a missing picture is not drawn' "$status $(grep -c overlay "$T/out")" '0 0'
ok 'a missing picture: a warning' grep -q 'warning: without the picture, which --image-dir' "$T/err"

# Without the module, if the system has none installed either.
mkdir -p alone/bin && cp "$BUILD/bin/attr-plot" "$BUILD/bin/ggig" alone/bin
if [ -e /usr/lib/sextant/draw.so ] || [ -e /usr/local/lib/sextant/draw.so ]; then
    skip 'no module: one is installed'
else
    run alone/bin/attr-plot -f svg
    refused 'no drawing module' 2 'drawing module'
    run alone/bin/ggig -f png --method=grad -o no.png digits8.onnx digits8.npy
    refused 'no drawing module, by another tool' 2 'drawing module'
fi
run alone/bin/ggig -f json --method=grad --rows=0:1 digits8.onnx digits8.npy
clean '-f json needs no drawing module'
is 'tools are not linked with cairo' "$(ldd "$BUILD/bin/ggig" "$BUILD/bin/attr-plot" 2>/dev/null | grep -c 'cairo\|pango\|glib')" 0

# ---- Records with wrong values ----

plot -f svg </dev/null
refused 'no input' 1 'holds no records'
echo 'no record' | attr-plot -f svg >"$T/out" 2>"$T/err"
is 'input that is no JSON: status and silence' "$? $(wc -c <"$T/out")" '1 0'
for bad in '{}' '{"attribution":{"shape":[2],"values":[1]}}' '{"interactions":[{"set":[99999999],"value":1}]}' \
    '{"names":[1,2],"attribution":{"shape":[0],"values":[]}}' '{"curves":{"a":{"x":1}},"pairs":3}' \
    '{"interactions":[{"set":[0,1],"value":null}],"players":-5}' '{"methods":[{"name":7,"attribution":[null]}]}'; do
    for kind in auto overlay bars stacked waterfall force beeswarm scatter matrix network upset tokens curve sheet effects principles strip signal; do
        echo "$bad" | attr-plot -f svg --kind=$kind >"$T/out" 2>"$T/err"
        got=$?
        [ $got -eq 0 ] || [ "$got $(wc -l <"$T/err")" = '1 1' ] || echo "$kind of $bad: $got $(cat "$T/err")"
    done
done >lies
is 'records that lie are drawn or refused' "$(head -n 5 lies)" ''
plot --kind=cake <row
refused '--kind of an unknown figure' 2 'does not fit option --kind'
plot --zoom=0 <row
refused '--zoom out of range' 2 'from 0.1'
plot --kind=network --edges=nowhere <pairs
refused '--edges of a missing file' 1 'nowhere'
end

#!/bin/sh
# html.sh BUILD - tests a page of attr-plot in headless Chromium: its content, sorting, and values
# under the pointer. Writes a screenshot, BUILD/page.png. Needs Debian's chromium.
set -eu
build=$1
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
PATH=$(cd "$build/bin" && pwd):$PATH
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo 'check-html: no chromium here' >&2
    exit 1
}
browse() {
    "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$T/profile" \
        --virtual-time-budget=5000 --window-size=1400,1600 "$@" 2>"$T/log"
}
data=tests/data
{
    ggig --method=ig --times-input --rows=0:3 $data/diabetes.onnx $data/diabetes.csv
    ggig --method=grad --rows=0:1 $data/digits8.onnx $data/digits8.npy
} | attr-plot -q -f html --title='Checked page' -o "$T/page.html"

# Acts as a reader: sorts by the column of values, twice, and moves over the map.
cat "$T/page.html" - >"$T/used.html" <<'END'
<script>
onload = () => {
    const column = () => [...document.querySelectorAll('tbody')[0].rows].map(r => parseFloat(r.cells[5].textContent))
    const sorted = (v, d) => v.every((x, i) => i == 0 || d * (x - v[i - 1]) >= 0)
    const heads = document.querySelectorAll('thead th'), canvas = document.querySelector('canvas')
    heads[5].click(); const up = sorted(column(), 1)
    heads[5].click(); const down = sorted(column(), -1)
    const box = canvas.getBoundingClientRect()
    canvas.dispatchEvent(new MouseEvent('mousemove', {clientX: box.left + 1, clientY: box.top + 1}))
    const images = [...document.querySelectorAll('img')]
    images[0].click()
    document.body.dataset.seen = JSON.stringify({up, down, hover: canvas.title, rows: column().length,
        images: images.filter(i => i.naturalWidth >= 600).length, large: images[0].className})
}
</script>
END
seen=$(browse --dump-dom "file://$T/used.html" | sed -n 's/.*data-seen="\([^"]*\)".*/\1/p' | sed 's/&quot;/"/g')
first=$(ggig --method=grad --rows=0:1 $data/digits8.onnx $data/digits8.npy | jq '.attribution.values[0]')
want="{\"up\":true,\"down\":true,\"hover\":\"row 0, column 0: $first\",\"rows\":4,\"images\":4,\"large\":\"large\"}"
browse --screenshot="$build/page.png" "file://$T/page.html" >/dev/null
if [ "$seen" != "$want" ]; then
    printf 'check-html: the page shows %s\n            instead of     %s\n' "$seen" "$want" >&2
    sed 's/^/    /' "$T/log" | head -n 5 >&2
    exit 1
fi
echo "check-html: rows, pictures, sorting and values are right; $build/page.png shows the page"

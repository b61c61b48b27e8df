#!/bin/sh
# growth.sh BUILD [WHAT...] - measures how time and memory grow with steps, samples, masks, players,
# order, width, depth and nodes. Each is measured at four sizes. It prints the fitted exponents
# (seconds of processor and megabytes ~ size^exponent), beside those that the method itself needs.
# Status 1 if one is larger.
BUILD=${1:?BUILD}
shift
case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
PATH=$BUILD/bin:$PATH
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
cd "$T" || exit 1
failed=0

grown() { # KIND N: the model KIND-N.onnx
    "$BUILD/tests/programs/grown" "$1" "$2" "$1-$2.onnx" || exit 1
}

rows() { # N COLUMNS FILE
    awk -v n="$1" -v c="$2" 'BEGIN { srand(5)
        for (i = 0; i < n; i++) {
            for (k = 0; k < c; k++) printf "%s%.4f", k ? "," : "", rand() - 0.5
            print ""
        } }' >"$3"
}

# spent SIZE COMMAND...: prints size, seconds and megabytes, the least of three runs.
spent() {
    size=$1
    shift
    for _ in 1 2 3; do
        /usr/bin/time -o time -f '%U %S %M' "$@" >out 2>err ||
            { echo "growth.sh: $*: $(tail -n 1 err)" >&2; exit 1; }
        tail -n 1 time
    done | awk -v size="$size" '{ t = $1 + $2; if (NR == 1 || t < best) best = t
        if (NR == 1 || $3 < mb) mb = $3 } END { print size, best, mb / 1024 }' >>points
}

# fit NAME TIME MEMORY: prints the measurements and their exponents, and checks these limits.
fit() {
    awk -v name="$1" -v time="$2" -v memory="$3" '
        function slope(v,  i, sx, sy, sxx, sxy) {
            sx = sy = sxx = sxy = 0
            for (i = 1; i <= NR; i++) {
                y = log(v[i] > 0.01 ? v[i] : 0.01)
                sx += x[i]; sy += y; sxx += x[i] * x[i]; sxy += x[i] * y
            }
            return (NR * sxy - sx * sy) / (NR * sxx - sx * sx)
        }
        { x[NR] = log($1); t[NR] = $2; m[NR] = $3
          cells = cells sprintf(" %10d: %7.2f s %5.0f MB", $1, $2, $3) }
        END {
            a = slope(t); b = slope(m)
            # Other processes and caches may add 0.2 to the exponent of time, pages of files 0.15 to
            # that of memory.
            bad = a > time + 0.2 || b > memory + 0.15
            printf "%-8s%s   time ^%.2f (at most %s), memory ^%.2f (at most %s)%s\n", name,
                cells, a, time, b, memory, bad ? "  TOO FAST" : ""
            exit bad
        }' points || failed=1
    rm -f points
}

steps() {
    grown wide 256
    rows 1 10 x.csv
    for n in 4000 8000 16000 32000; do
        spent $n ggig --method=ig --steps=$n -f json wide-256.onnx x.csv
    done
    fit steps 1 0
}

samples() {
    grown wide 256
    for n in 5000 10000 20000 40000; do
        rows $n 10 x.csv
        spent $n onnx-run -f json wide-256.onnx x.csv
    done
    fit samples 1 0
}

masks() {
    grown inputs 40
    rows 1 40 x.csv
    for n in 20000 40000 80000 160000; do
        spent $n ggig --method=rise --players=elements --samples=$n -f json inputs-40.onnx x.csv
    done
    fit masks 1 0
}

# The exact game evaluates all coalitions.
players() {
    for n in 12 14 16 18; do
        grown inputs $n
        rows 1 $n x.csv
        spent $((1 << n)) shapley-int --index=sv --exact -f json inputs-$n.onnx x.csv
    done
    fit players 1.15 1
}

# The derivative tensor of 8 inputs has 8^order numbers.
order() {
    grown inputs 8
    rows 20 8 x.csv
    for n in 1 2 3 4; do
        spent $((1 << (3 * n))) xderiv --order=$n -f json inputs-8.onnx x.csv
    done
    fit order 1 0.5
}

width() {
    rows 1 10 x.csv
    for n in 512 1024 2048 4096; do
        grown wide $n
        spent $n ggig --method=grad -f json wide-$n.onnx x.csv
    done
    fit width 2 2
}

depth() {
    rows 1 10 x.csv
    for n in 200 400 800 1600; do
        grown deep $n
        spent $n ggig --method=grad -f json deep-$n.onnx x.csv
    done
    fit depth 1 1
}

# Two derivatives of a chain of operators.
nodes() {
    echo 0.3,0.4 >x.csv
    for n in 2500 5000 10000 20000; do
        grown chain $n
        spent $n xderiv --order=2 -f json chain-$n.onnx x.csv
    done
    fit nodes 1 1
}

[ $# -gt 0 ] || set -- steps samples masks players order width depth nodes
for what; do
    $what
done
exit $failed

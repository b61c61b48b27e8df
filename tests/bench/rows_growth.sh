# shellcheck shell=sh
# rows_growth.sh - how time and memory grow: the exponents at four sizes, beside those of the
# method.

# grows NAME TIME MEMORY COMMAND SIZE...: TIME and MEMORY are targets. COMMAND has @ in place of the
# size.
grows() {
    name=$1 target=$2 memory=$3 command=$4
    shift 4
    wanted "growth of $name" || return 0
    : >"$T/growth"
    for size; do
        line=$(echo "$command" | sed "s/@/$size/g")
        # shellcheck disable=SC2086
        make_networks $line
        turns "$WHOLE $line" '' || echo "growth of $name: failed: $(tail -n 1 "$T/err")" >&2
        sort -g "$T/ours" | head -n 1 | sed "s/^/$size /" >>"$T/growth"
    done
    exponent 2 "growth of $name" "$target"
    exponent 3 "growth of $name, memory" "$memory"
}

# exponent FIELD NAME TARGET: fits the exponent by least squares of logarithms.
exponent() {
    awk -v field="$1" -v name="$2" -v target="$3" '
        $field > 0 { x = log($1); y = log($field); n++; sx += x; sy += y; sxx += x * x; sxy += x * y
                     list = list sprintf(" %s:%.4g", $1, $field) }
        END {
            e = "null"
            if (n > 1) e = sprintf("%.4g", (n * sxy - sx * sy) / (n * sxx - sx * sx))
            printf "{\"name\":\"%s\",\"ours\":%s,\"peer\":null,\"ratio\":null,\"target\":%s,\"share_of_limit\":null}\n",
                name, e, target
            printf "%-62s %10s %10s  %8s (at most %s) %s\n", name, e, "null", "null", target,
                list > "/dev/stderr" }' "$T/growth"
}

DIGITS="tests/data/digits8.onnx tests/data/digits8.npy"
grows 'steps of ig' 1.05 0.1 "$TOOLS/ggig -j2 --method=ig --steps=@ $DIGITS" 400 800 1600 3200
grows 'samples of ig' 1.05 0.1 "$TOOLS/ggig -j2 --method=smoothgrad --samples=@ $DIGITS" 400 800 1600 3200
grows 'masks of rise' 1.05 0.1 "$TOOLS/ggig -j2 --method=rise --samples=@ $DIGITS" 4000 8000 16000 32000
grows 'nodes, two derivatives of a chain' 1.05 1.05 \
    "$TOOLS/xderiv -j2 --order=2 $MODELS/chain@.onnx $MODELS/chain@.npy" 1250 2500 5000 10000

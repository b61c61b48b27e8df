#!/bin/sh
# bench.sh BUILD [PATTERN] - measures speed and memory, beside programs that people would run
# instead.
#
# A figure is a JSON object on a line of stdout, {"name","ours","peer","ratio","target",
# "share_of_limit"}, and a line of text on stderr.
#     ours, peer      the least of alternating runs, in seconds or megabytes
#     target          the limit of the ratio; without a peer, the limit of ours
#     share_of_limit  the share of the machine's peak arithmetic or memory rate
# PATTERN (of grep -E) chooses names.
#
# MODELS         the directory of the networks; missing ones are made (3 GB) from a fixed seed
# BENCH_SECONDS  how long ours and the peer alternate for one figure
# NODE_PATH and PYTHONPATH find the programs of peers: see peers.sh.
set -u
unset GOMP_SPINCOUNT # make sets it for tests
BUILD=$1 PATTERN=${2:-.} MODELS=${MODELS:-$1/bench}
TOOLS=$BUILD/bin TIMERS=$BUILD/tests WHOLE=$BUILD/tests/bench_whole
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
# shellcheck source-path=SCRIPTDIR/../..
. tests/bench/turns.sh
. tests/bench/peers.sh

# The peak rates with one and two threads: operations and bytes per second, in thousand millions.
# They are measured before the first figure.
find_peaks() {
    [ -z "${PEAK_1-}" ] || return 0
    PEAK_1=$("$TIMERS/bench_peak" 1) PEAK_2=$("$TIMERS/bench_peak" 2)
    echo "limits, GFLOP/s and GB/s: one thread $PEAK_1, two threads $PEAK_2" >&2
}

wanted() {
    echo "$1" | grep -Eq -e "$PATTERN"
}

# make_networks WORD...: makes the missing networks that a command names.
make_networks() {
    for word; do
        case $word in
        "$MODELS"/*.onnx)
            mkdir -p "$MODELS" && "$TIMERS/bench_models" "$MODELS" "$(basename "$word" .onnx)" || exit
            ;;
        esac
    done
}

# figure NAME TARGET FIELD PEAK REMARK: prints a figure of the last turns. Field 1 is seconds, 2
# megabytes.
figure() {
    awk -v name="$1" -v target="$2" -v field="$3" -v peak="$4" -v remark="$5" \
        -v operations="$operations" -v bytes="$bytes" '
        function text(x) { return x == "" ? "null" : sprintf("%.6g", x) }
        FILENAME ~ /ours$/ && (ours == "" || $field < ours) { ours = $field + 0 }
        FILENAME ~ /peer$/ && (peer == "" || $field < peer) { peer = $field + 0 }
        END {
            split(peak, limit)
            least = operations / 1e9 / limit[1]
            if (bytes / 1e9 / limit[2] > least) least = bytes / 1e9 / limit[2]
            if (field == 1 && least > 0 && ours > 0) share = least / ours
            if (ours != "" && peer > 0) ratio = ours / peer
            printf "{\"name\":\"%s\",\"ours\":%s,\"peer\":%s,\"ratio\":%s,\"target\":%s,\"share_of_limit\":%s}\n",
                name, text(ours), text(peer), text(ratio), target, text(share)
            printf "%-62s %10s %10s  %8s (at most %s)  %s\n", name, text(ours), text(peer),
                text(ratio), target, remark > "/dev/stderr" }' "$T/ours" "$T/peer"
}

# row NAME TARGET OURS PEER [MEMORY]: measures and prints a figure of seconds, and one of megabytes
# if MEMORY, its target, is given. OURS is the command of a timer. PEER is a name of peers.sh with
# its arguments, or empty.
row() {
    wanted "$1" || { [ -n "${5-}" ] && wanted "$1, memory"; } || return 0
    name=$1 target=$2 ours=$3 mb=${5-} remark='' peer=
    # shellcheck disable=SC2086 # a line of words
    set -- $4
    if [ $# -gt 0 ] && there "$1"; then
        peer=$(timer_of "$@")
    elif [ $# -gt 0 ]; then
        remark="no $1: $(how_to_get "$1")"
    fi
    find_peaks
    # shellcheck disable=SC2086
    make_networks $ours
    turns "$ours" "$peer" || remark="failed: $(tail -n 1 "$T/err")"
    [ -z "$peer" ] || [ -s "$T/peer" ] || remark="the peer failed: $(tail -n 1 "$T/err")"
    peak=$PEAK_2
    case $name in *'threads 1'*) peak=$PEAK_1 ;; esac
    [ "$target" = - ] || figure "$name" "$target" 1 "$peak" "$remark"
    [ -z "$mb" ] || figure "$name, memory" "$mb" 2 "$peak" "$remark"
}

. tests/bench/rows_forward.sh
. tests/bench/rows_gradients.sh
. tests/bench/rows_first.sh
. tests/bench/rows_games.sh
. tests/bench/rows_machine.sh
. tests/bench/rows_growth.sh

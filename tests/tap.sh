# shellcheck shell=sh
# tap.sh - what shell tests begin with: `. tests/tap.sh`, run from the top of the tree.
#
#   work FILE...        goes to a directory with the models of tests, and links to these files
#   run COMMAND...      runs it; leaves $status, and its output in $T/out and $T/err
#   is WHAT GOT WANT    one test: equal strings
#   ok WHAT COMMAND...  one test: the command succeeds (`not` negates)
#   clean WHAT [TEXT...]  two tests: the last run ended with status 0, and each line that it said is a
#                       warning with a TEXT
#   warned WHAT TEXT... a test for each text: it is in one line of warning, and there are as many
#   refused WHAT STATUS TEXT   three: it ended with STATUS and one line that has TEXT in it
#   golden NAME         one test: $T/out is what tests/golden/NAME holds; GOLDEN=write writes it
#   near WHAT GOT WANT TOLERANCE   one test: files of JSON numbers, equal to within TOLERANCE
#   end                 prints the plan; the script's last line
#
# $T is a directory of this script's own, $DATA is tests/data; programs of $BUILD/bin are found.
# shellcheck disable=SC2034 # used by the scripts
set -u
TOP=$(pwd)
BUILD=${BUILD:-$TOP/build}
PATH=$BUILD/bin:$PATH
DATA=$TOP/tests/data
LC_ALL=C
export PATH LC_ALL
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
tap_n=0 tap_bad=0

work() {
    mkdir "$T/work" && cd "$T/work" && "$BUILD/tests/programs/models" . >/dev/null &&
        ln -s "$@" . || exit 1
}

run() {
    "$@" >"$T/out" 2>"$T/err" </dev/null
    status=$?
}

tap_result() {
    tap_n=$((tap_n + 1))
    if [ "$1" -eq 0 ]; then
        printf '%s\n' "ok $tap_n - $2"
    else
        printf '%s\n' "not ok $tap_n - $2"
        tap_bad=$((tap_bad + 1))
    fi
}

is() {
    [ "$2" = "$3" ]
    tap_result $? "$1"
    [ "$2" = "$3" ] || printf '#   got:  %s\n#   want: %s\n' "$2" "$3" | head -c 2000
}

ok() {
    tap_what=$1
    shift
    "$@" >"$T/tap" 2>&1
    tap_status=$?
    tap_result $tap_status "$tap_what"
    [ $tap_status -eq 0 ] || sed 's/^/#   /' "$T/tap" | head -n 12
}

not() {
    ! "$@"
}

clean() {
    is "$1: status" "$status" 0
    tap_name="$1: no complaints"
    cp "$T/err" "$T/said"
    while [ $# -gt 1 ]; do
        shift
        grep -v ": warning: .*$1" "$T/said" >"$T/unsaid"
        mv "$T/unsaid" "$T/said"
    done
    is "$tap_name" "$(cat "$T/said")" ''
}

warned() {
    tap_name=$1
    shift
    is "$tap_name: warnings" "$(grep -c ': warning: ' "$T/err")" $#
    for tap_text; do
        is "$tap_name: warns: $tap_text" "$(grep -c ": warning: .*$tap_text" "$T/err")" 1
    done
}

refused() {
    is "$1: status" "$status" "$2"
    ok "$1: says why" grep -q -e "$3" "$T/err"
    is "$1: one line" "$(grep -c -v '^Try' "$T/err")" 1
}

golden() {
    [ "${GOLDEN-}" != write ] || cp "$T/out" "$TOP/tests/golden/$1"
    ok "golden/$1" diff "$TOP/tests/golden/$1" "$T/out"
}

near() {
    ok "$1" jq -en --slurpfile a "$2" --slurpfile b "$3" --argjson t "$4" '
        ([$a | .. | numbers] | length) as $n | [$a | .. | numbers] as $x | [$b | .. | numbers] as $y |
        if $n > 0 and $n == ($y | length) and ([range($n) | ($x[.] - $y[.]) | fabs] | max) <= $t
        then true else [$x[:8], $y[:8]], false end'
}

skip() {
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - # skip $1"
}

have() {
    command -v "$1" >/dev/null
}

end() {
    echo "1..$tap_n"
    [ $tap_bad -eq 0 ]
    exit
}

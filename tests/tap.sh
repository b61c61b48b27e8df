# shellcheck shell=sh
# tap.sh - the start of shell tests: `. tests/tap.sh`, run from the top of the tree.
#
#   work FILE...        makes a directory with the models of tests and links to these files, and enters it
#   run COMMAND...      runs it; sets $status, and writes its output to $T/out and $T/err
#   is WHAT GOT WANT    one test: the strings are equal
#   ok WHAT COMMAND...  one test: the command succeeds (`not` negates)
#   clean WHAT [TEXT...]  two tests: the last run ended with status 0, and each line on its stderr is
#                       a warning that contains a TEXT
#   warned WHAT TEXT... a test for each text: one line of warning contains it; and a test that there
#                       are as many warnings as texts
#   refused WHAT STATUS TEXT   three tests: the run ended with STATUS and with one line, which
#                       contains TEXT
#   golden NAME         one test: $T/out equals tests/golden/NAME; GOLDEN=write writes that file
#   near WHAT GOT WANT TOLERANCE   one test: files of JSON numbers are equal to within TOLERANCE
#   end                 prints the plan; the last line of the script
#
# $T is a directory of this script, $DATA is tests/data. PATH has the programs of $BUILD/bin.
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

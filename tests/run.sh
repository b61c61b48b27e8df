#!/bin/sh
# run.sh TEST... - runs Check programs (check_*) and TAP scripts (*.t), one line each with what
# failed below it, and ends with "N passed, N failed".
set -u
PATH=$(pwd)/$BUILD/bin:$PATH
BUILD=$(pwd)/$BUILD
export BUILD PATH
# Seconds that one program may take; sanitizers slow it down.
seconds=300
if [ -n "${SAN-}" ]; then
    seconds=1200
    CK_TIMEOUT_MULTIPLIER=10
    # What the libraries of fonts and drawing keep until the end is theirs.
    printf 'leak:lib%s\n' fontconfig pango cairo glib >"$BUILD/leaks"
    LSAN_OPTIONS=suppressions=$BUILD/leaks:print_suppressions=0
    export CK_TIMEOUT_MULTIPLIER LSAN_OPTIONS
fi
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# Sets good and bad from the line "100%: Checks: 7, Failures: 0, Errors: 0".
count_check() {
    # shellcheck disable=SC2046 # three numbers
    set -- $(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log" |
        awk '{ n += $1; f += $2; e += $3 } END { print n + 0, f + 0, e + 0 }')
    good=$(($1 - $2 - $3)) bad=$(($2 + $3))
    complaints='^[^ ]*:[0-9]*:[FE]:|ERROR|runtime error|^ *#[0-9]'
}

# Sets good and bad from TAP; a plan that does not match what came counts as a failure.
count_tap() {
    good=$(grep -c '^ok ' "$log") bad=$(grep -c '^not ok ' "$log")
    skipped=$((skipped + $(grep -ci '^ok .*# skip' "$log")))
    grep -qx "1\.\.$((good + bad))" "$log" || bad=$((bad + 1))
    complaints='^not ok|^#|ERROR|runtime error'
}

for test; do
    name=$(basename "$test")
    case $test in
    *.t) timeout $seconds sh "$test" >"$log" 2>&1 ;;
    *) timeout $seconds "./$test" >"$log" 2>&1 ;;
    esac
    status=$?
    case $test in
    *.t) count_tap ;;
    *) count_check ;;
    esac
    if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] || [ $((good + bad)) -eq 0 ]; then
        bad=$((bad + 1))
        echo "# ended with status $status" >>"$log"
    fi
    printf '%-28s %4d passed, %d failed\n' "$name" "$good" "$bad"
    [ "$bad" -eq 0 ] || { grep -E "$complaints" "$log" || tail -n 5 "$log"; } | head -n 40
    passed=$((passed + good)) failed=$((failed + bad))
done
[ "$skipped" -eq 0 ] || echo "$skipped of them skipped for want of a program"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

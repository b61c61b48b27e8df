#!/bin/sh
# run_one.sh TEST - runs one program for run.sh. Prints its line, and writes "PASSED FAILED SKIPPED"
# to $LOGS/NAME.counts. A program may take $LIMIT_SECONDS.
set -u
name=$(basename "$1")
log=$LOGS/$name.log
skipped=0

# Sets good and bad from a line such as "100%: Checks: 7, Failures: 0, Errors: 0".
count_check() {
    # shellcheck disable=SC2046 # three numbers
    set -- $(sed -n 's/^[0-9]*%: Checks: \([0-9]*\), Failures: \([0-9]*\), Errors: \([0-9]*\)$/\1 \2 \3/p' "$log" |
        awk '{ n += $1; f += $2; e += $3 } END { print n + 0, f + 0, e + 0 }')
    good=$(($1 - $2 - $3)) bad=$(($2 + $3))
    complaints='^[^ ]*:[0-9]*:[FE]:|ERROR|runtime error|^ *#[0-9]'
}

# Sets good and bad from TAP. A plan that differs from the number of results counts as a failure.
count_tap() {
    good=$(grep -c '^ok ' "$log") bad=$(grep -c '^not ok ' "$log")
    skipped=$(grep -ci '^ok .*# skip' "$log")
    grep -qx "1\.\.$((good + bad))" "$log" || bad=$((bad + 1))
    complaints='^not ok|^#|ERROR|runtime error'
}

report() {
    printf '%-28s %4d passed, %d failed\n' "$name" "$good" "$bad"
    [ "$bad" -eq 0 ] || { grep -E "$complaints" "$log" || tail -n 5 "$log"; } | head -n 40
}

# With a sanitizer, scripts outside of LEAKS run without the slow checks.
case " ${LEAKS-} $name" in
'  '* | *' check_'* | *" $name "*) ;;
*) export ASAN_OPTIONS="detect_leaks=0:malloc_context_size=1" ;;
esac
case $1 in
*.t) timeout "$LIMIT_SECONDS" sh "$1" >"$log" 2>&1 ;;
*) timeout "$LIMIT_SECONDS" "./$1" >"$log" 2>&1 ;;
esac
status=$?
case $1 in
*.t) count_tap ;;
*) count_check ;;
esac
if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] || [ $((good + bad)) -eq 0 ]; then
    bad=$((bad + 1))
    echo "# ended with status $status" >>"$log"
fi
flock "$LOGS" sh -c 'printf "%s\n" "$1"' - "$(report)"
echo "$good $bad $skipped" >"$LOGS/$name.counts"

#!/bin/sh
# run.sh TEST... - runs Check programs (check_*) and TAP scripts (*.t), one on each processor.
# Prints a line for each, with its failures below, and at the end "N passed, N failed".
set -u
PATH=$(pwd)/$BUILD/bin:$PATH
BUILD=$(pwd)/$BUILD
export BUILD PATH
# Seconds that one program may take. With sanitizers it takes longer.
LIMIT_SECONDS=300
if [ -n "${SAN-}" ]; then
    LIMIT_SECONDS=1200
    CK_TIMEOUT_MULTIPLIER=10
    # The libraries of fonts and drawing keep memory until the end, which is no leak.
    printf 'leak:lib%s\n' fontconfig pango cairo glib >"$BUILD/leaks"
    LSAN_OPTIONS=suppressions=$BUILD/leaks:print_suppressions=0
    # Looking for leaks and recording the stacks of allocations take most of the time of a short
    # run. So only the programs of Check and the scripts in LEAKS look for leaks. These scripts run
    # every tool on good and on bad input.
    LEAKS='contract.t refusals.t outputs.t'
    export LEAKS
    export CK_TIMEOUT_MULTIPLIER LSAN_OPTIONS
fi
LOGS=$(mktemp -d) || exit 1
trap 'rm -rf "$LOGS"' EXIT
export LOGS LIMIT_SECONDS
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" sh tests/run_one.sh

cat "$LOGS"/*.counts 2>"$LOGS/none" | awk -v tests=$# '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        if (skipped > 0) print skipped " of them skipped for want of a program"
        if (NR != tests) print tests - NR " tests did not end"
        print passed + 0 " passed, " failed + 0 " failed"
        exit failed > 0 || NR != tests }'

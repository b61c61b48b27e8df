#!/bin/sh
# compilers.sh COMPILER... - compiles all sources with each compiler and each set of flags that
# people build with, and counts the warnings. A compiler that is not installed is left out. The
# flags of the build are included: make check-compilers COMPILERS='gcc-13 clang-19'
set -u
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
status=0

compile() {
    compiler=$1 flags=$2
    rm -rf "$T/build"
    if ! make -k -s --no-print-directory -j"$(nproc)" BUILD="$T/build" CC="$compiler" OPT="$flags" WERROR= objects \
            >"$T/log" 2>&1; then
        status=1
        tail -n 20 "$T/log" >&2
        echo "$compiler $flags: does not build"
        return
    fi
    warnings=$(grep -c 'warning:' "$T/log")
    [ "$warnings" -eq 0 ] || { status=1; grep 'warning:' "$T/log" >&2; }
    echo "$compiler $flags: $warnings warnings"
}

for compiler in "$@"; do
    if ! command -v "$compiler" >/dev/null; then
        echo "$compiler: not installed"
        continue
    fi
    for flags in -O0 -O3 '-O2 -flto' '-O2 -march=native' '-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3'; do
        compile "$compiler" "$flags"
    done
done
exit $status

#!/bin/sh
# surroundings.t - the surroundings of a tool: no environment, no home, another locale, directories
# that cannot be written, signals at any moment.
. tests/tap.sh

work "$DATA/digits8.onnx" "$DATA/digits8.npy" "$DATA/diabetes.onnx" "$DATA/diabetes.csv"
draws=
# This variable suppresses leaks of the drawing libraries.
leaks=${LSAN_OPTIONS:+LSAN_OPTIONS=$LSAN_OPTIONS}
onnx-run -f svg digits8.onnx digits8.npy >/dev/null 2>&1 && draws='png svg pdf'

# ---- Environment ----

for format in json text csv npy $draws; do
    ggig -q -f "$format" --method=ig --steps=4 --rows=0:1 digits8.onnx digits8.npy >want
    run env -i ${leaks:+"$leaks"} "$BUILD/bin/ggig" -q -f "$format" --method=ig --steps=4 --rows=0:1 digits8.onnx digits8.npy
    is "-f $format without an environment: status" "$status" 0
    ok "-f $format without an environment: the same bytes" cmp "$T/out" want
    HOME=/nowhere XDG_CACHE_HOME=/nowhere XDG_CONFIG_HOME=/nowhere run ggig -q -f "$format" --method=ig --steps=4 \
        --rows=0:1 digits8.onnx digits8.npy
    is "-f $format without a home: status" "$status" 0
    ok "-f $format without a home: the same bytes" cmp "$T/out" want
done

# spins WORD...: prints the spin count that libgomp has. The tool passes it in the place of PATH and
# then restores PATH.
spins() {
    env "$@" OMP_DISPLAY_ENV=verbose "$BUILD/bin/onnx-run" -q digits8.onnx digits8.npy 2>&1 >/dev/null |
        sed -n "s/.*GOMP_SPINCOUNT = '\(.*\)'/\1/p"
}
ok 'threads spin for a short time' [ "$(spins -u GOMP_SPINCOUNT)" -le 16000 ]
is 'GOMP_SPINCOUNT of the user is kept' "$(spins GOMP_SPINCOUNT=77)" 77
is 'OMP_WAIT_POLICY of the user is kept' "$(spins -u GOMP_SPINCOUNT OMP_WAIT_POLICY=passive)" 0
if [ "$(nm "$BUILD/bin/onnx-run" 2>/dev/null | grep -c __asan_init)" -gt 0 ]; then
    skip 'PATH: the sanitizer is loaded first'
else
    ${CC:-cc} -shared -fPIC -x c -o "$T/path.so" - <<'END'
#include <stdio.h>
#include <stdlib.h>
static void __attribute__((destructor)) tell(void)
{
    fprintf(stderr, "%s %s\n", getenv("PATH"), getenv("GOMP_SPINCOUNT"));
}
END
    run env -u GOMP_SPINCOUNT PATH=/here:/there LD_PRELOAD="$T/path.so" "$BUILD/bin/onnx-run" -q digits8.onnx \
        digits8.npy
    is 'PATH is unchanged after the restart' "$(cat "$T/err")" '/here:/there (null)'
fi

# This locale has a decimal comma.
mkdir "$T/locales"
if have localedef && localedef -i de_DE -f UTF-8 "$T/locales/de_DE.UTF-8" 2>/dev/null; then
    for format in json text csv $draws; do
        ggig -q -f "$format" --method=ig --steps=4 --rows=0:1 diabetes.onnx diabetes.csv >want
        LOCPATH=$T/locales LC_ALL=de_DE.UTF-8 run ggig -q -f "$format" --method=ig --steps=4 --rows=0:1 \
            diabetes.onnx diabetes.csv
        is "-f $format with decimal commas: status" "$status" 0
        ok "-f $format with decimal commas: the same bytes" cmp "$T/out" want
    done
else
    skip 'no locale with decimal commas can be made'
fi

# ---- Directories ----

mkdir locked
echo old >locked/there
chmod 555 locked
chmod 755 "$T"
nobody=
[ "$(id -u)" -ne 0 ] || nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
# shellcheck disable=SC2086 # a command
if $nobody "$BUILD/bin/onnx-run" --version >/dev/null 2>&1; then
    for output in locked/x.json locked/ 'locked/{index}/x.json'; do
        run $nobody "$BUILD/bin/onnx-run" -f json -o "$output" digits8.onnx digits8.npy
        refused "-o $output" 5 'Permission denied'
    done
    run $nobody "$BUILD/bin/onnx-grad" -o locked/x.onnx diabetes.onnx
    refused 'onnx-grad' 5 'locked/x.onnx: Permission denied'
    run $nobody "$BUILD/bin/shapley-int" -f json --rows=0:1 --save-game=locked/x.npy diabetes.onnx diabetes.csv
    refused '--save-game' 5 'locked/x.npy: Permission denied'
    is 'a directory that cannot be written does not change' "$(ls -A locked) $(cat locked/there)" 'there old'
else
    skip 'read-only directories: nobody to try it as'
fi
chmod 755 locked

# ---- Signals ----

# cut FILE WHAT COMMAND...: ended at thirty moments by two signals, it leaves no file or a complete
# one.
cut() {
    file=$1 what=$2
    shift 2
    rm -f "$file"
    "$@" >/dev/null 2>&1
    mv "$file" whole
    parts=0 ended=0
    for moment in 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 18 20 22 24 26 28 30 35 40 45 50 60 70 80; do
        for signal in INT TERM; do
            timeout --preserve-status -s $signal 0.$moment "$@" >/dev/null 2>&1
            [ $? -le 128 ] || ended=$((ended + 1))
            [ ! -e "$file" ] || cmp -s "$file" whole || parts=$((parts + 1))
            rm -f "$file"
        done
    done
    is "$what: no part of a file, ended $ended times" "$parts $(find . -name '.sextant*')" '0 '
}
cut x.json 'ggig' ggig -q -f json --method=ig --steps=300 -o x.json digits8.onnx digits8.npy
cut x.npy 'onnx-run -f npy' onnx-run -f npy -o x.npy digits8.onnx digits8.npy
cut x.onnx 'onnx-grad' onnx-grad --order=2 -o x.onnx diabetes.onnx
[ -z "$draws" ] || cut x.png 'a picture' ggig -q -f png --method=ig --steps=100 -o x.png digits8.onnx digits8.npy

# ---- tests/fresh.sh, interrupted ----

mkdir fake tmp
printf '#!/bin/sh\nfor root; do [ ! -d "$root" ] || : >"$root/half"; done\n: >"$BEGAN"\nexec sleep 100\n' >fake/debootstrap
chmod 755 fake/debootstrap
if [ "$(id -u)" -eq 0 ] && have git && unshare --mount --pid --fork true 2>/dev/null; then
    (cd "$TOP" && PATH=$T/work/fake:$PATH TMPDIR=$T/work/tmp BEGAN=$T/work/began exec sh tests/fresh.sh trixie) \
        >"$T/out" 2>&1 &
    pid=$!
    n=0
    while [ ! -e began ] && [ $n -lt 100 ]; do
        sleep 0.1
        n=$((n + 1))
    done
    is 'a fresh system is being made' "$(find tmp -name half | wc -l)" 1
    kill $pid
    n=0
    while kill -0 $pid 2>/dev/null && [ $n -lt 50 ]; do
        sleep 0.1
        n=$((n + 1))
    done
    wait $pid
    is 'fresh.sh that is ended leaves nothing' "$? $(ls tmp)" '1 '
else
    skip 'a fresh system: not root, or no namespaces'
fi
end

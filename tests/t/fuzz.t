#!/bin/sh
# fuzz.t - the fuzzing targets read their kept inputs again.
. tests/tap.sh

mkdir "$T/kept" && tar xzf "$DATA/fuzz.tgz" -C "$T/kept" || exit 1
for target in model input record option graph fit; do
    # Targets read tests/data from the top directory.
    find "$T/kept/$target" -type f | sort >"$T/list"
    xargs "$BUILD/tests/fuzz/fuzz_$target" <"$T/list" >"$T/out" 2>"$T/err"
    status=$?
    is "fuzz_$target ends well" "$status $(head -n 3 "$T/err")" '0 '
    is "fuzz_$target has read all inputs" "$(sed 's/ files//' "$T/out" | awk '{ n += $1 } END { print n + 0 }')" \
        "$(wc -l <"$T/list")"
done
end

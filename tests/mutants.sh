#!/bin/sh
# mutants.sh [LIST [FIRST [LAST]]] - puts small faults into the sources, one at a time, and sees
# whether the tests of that room notice; `make mutants` runs it.
#
# LIST (tests/mutants.jsonl by default) has one object a line: "file"; "old", a line of that file
# or a part of one; and "new", what replaces it. "tests" may name the tests that are to notice, as
# in "check_graph ggig.t"; otherwise they are those of the file's room, see tests_of. If "old" is
# not in "file", it is looked for in all sources. An entry whose "old" is nowhere is reported as
# stale and does not count. FIRST and LAST number the entries to run.
#
# The faults go into a worktree in $TMPDIR, which also has the uncommitted changes of tracked
# files. The status is 1 if less than 96 % of the faults are caught.
set -u
LC_ALL=C
export LC_ALL
least=96
list=$(realpath "${1:-tests/mutants.jsonl}") first=${2:-1} last=${3:-100000}
top=$(pwd)
own=$(mktemp -d) || exit 1
tree=$own/tree
trap 'cd "$top" && git worktree remove --force "$tree"; rm -rf "$own"' EXIT
trap 'exit 1' INT TERM
state=$(git stash create)
git worktree add --quiet --detach "$tree" "${state:-HEAD}" && cd "$tree" || exit 1
: >"$own/sound"

# The tests of a source file's room. A * stands for all of a family.
tests_of() {
    case $1 in
    lib/base/*) echo 'check_base check_io_number' ;;
    lib/io/*) echo 'check_io_* check_picture check_preprocess check_dataset check_players' ;;
    lib/onnx/*) echo 'check_onnx*' ;;
    lib/graph/*) echo 'check_graph check_derive check_jet check_lower_kinks check_batching check_relevance' ;;
    lib/ops/*) echo 'check_derive check_bounds check_conv check_matmul check_pool check_pointwise check_move*' ;;
    lib/lower/*) echo 'check_lower* check_cases' ;;
    lib/run/*) echo 'check_run check_batching check_cases check_fast' ;;
    lib/explain/*) echo 'check_deriv check_players check_ggig check_xderiv check_baselines ggig.t xderiv.t' ;;
    lib/shapley/*) echo 'check_shapley check_definitions check_partitions check_estimates check_benefit check_weights shapley-int.t' ;;
    lib/flint/*) echo 'check_flint* flint-*.t' ;;
    lib/plot/*) echo 'check_plot check_charts' ;;
    lib/decompose/*) echo 'check_decompose check_relevance attr-decompose.t' ;;
    lib/ggig/*) echo 'check_ggig check_baselines ggig.t defaults.t' ;;
    lib/record/*) echo 'check_record check_io_record contract.t' ;;
    lib/*/*) room=${1#lib/} && room=${room%%/*} && echo "check_$room $room.t" ;;
    cmd/cli/*) echo 'options.t onnx-run.t ggig.t contract.t shapley-int.t' ;;
    *) echo "$(basename "$1" .c).t options.t defaults.t" ;;
    esac
}

# Sets $file to where the old line is, or to nothing.
find_line() {
    if ! grep -qsF -e "$old" "$file"; then
        file=$(grep -rlF --include='*.[ch]' -e "$old" lib cmd | sort | head -n 1)
    fi
}

# Replaces the first occurrence of $old in $file.
apply() {
    OLD=$old NEW=$new awk '
        !done && (at = index($0, ENVIRON["OLD"])) {
            $0 = substr($0, 1, at - 1) ENVIRON["NEW"] substr($0, at + length(ENVIRON["OLD"]))
            done = 1
        }
        { print }' "$file" >"$own/changed" && cat "$own/changed" >"$file"
}

# Builds in a hurry, and without warnings, as a fault may leave something unused.
build() {
    make -s -j"$(nproc)" OPT=-O1 WARN=-w "$@" >"$own/log" 2>&1
}

# Builds and runs the tests until one fails, and sets $noticed to its name.
run_tests() {
    noticed=
    for test; do
        case $test in
        *.t) build all build/tests/programs/models build/tests/programs/npy &&
            BUILD=$tree/build timeout 300 sh "tests/t/$test" >"$own/log" 2>&1 </dev/null ;;
        *) build "build/tests/$test" && timeout 300 "build/tests/$test" >"$own/log" 2>&1 </dev/null ;;
        esac || { noticed=$test && return; }
    done
}

# Every test has to pass before it can notice anything.
check_sound() {
    for sound; do
        grep -qx "$sound" "$own/sound" && continue
        run_tests "$sound"
        [ -z "$noticed" ] || { echo "$sound fails without a fault:" && tail -n 5 "$own/log" && exit 1; }
        echo "$sound" >>"$own/sound"
    done
}

caught=0 missed=0 stale=0 number=0
while IFS= read -r entry <&3; do
    number=$((number + 1))
    [ $number -ge "$first" ] && [ $number -le "$last" ] || continue
    file=$(printf '%s\n' "$entry" | jq -r .file)
    old=$(printf '%s\n' "$entry" | jq -r .old)
    new=$(printf '%s\n' "$entry" | jq -r .new)
    find_line
    if [ -z "$file" ]; then
        stale=$((stale + 1))
        printf '%3d stale    %s\n' $number "$old"
        continue
    fi
    names=$(printf '%s\n' "$entry" | jq -r '.tests // empty')
    # shellcheck disable=SC2046,SC2086 # names
    tests=$(cd tests && printf '%s\n' ${names:-$(tests_of "$file")} |
        while read -r name; do
            ls $(printf '%s' "$name" | sed 's:^check.*:&.c:;s:.*\.t$:t/&:') 2>/dev/null
        done | sed 's:^t/::;s:\.c$::' | tr '\n' ' ')
    # shellcheck disable=SC2086 # names
    check_sound $tests
    apply
    case $file in lib/*) goal=build/inner.a ;; *) goal=all ;; esac
    # shellcheck disable=SC2086 # names
    if build $goal; then
        run_tests $tests
    else
        noticed=none
    fi
    git checkout -q -- "$file"
    case $noticed in
    none)
        stale=$((stale + 1))
        printf '%3d no build %s: %s\n' $number "$file" "$new" ;;
    '')
        missed=$((missed + 1))
        printf '%3d missed   %s: %s\n' $number "$file" "$new" ;;
    *)
        caught=$((caught + 1))
        printf '%3d caught   %s: by %s\n' $number "$file" "$noticed" ;;
    esac
done 3<"$list"
total=$((caught + missed))
echo "$caught of $total faults caught, $stale stale: $((total ? 100 * caught / total : 0)) %"
[ $total -gt 0 ] && [ $((100 * caught)) -ge $((least * total)) ]

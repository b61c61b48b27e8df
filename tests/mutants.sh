#!/bin/sh
# mutants.sh [LIST [FIRST [LAST]]] - makes small changes (faults) in the sources, one at a time, and
# reports whether the tests of that folder notice. `make mutants` runs it.
#
# LIST (tests/mutants.jsonl by default) has one object a line: "file"; "old", a line of that file
# or a part of one; and "new", what replaces it. "tests" may name the tests that are to notice, as
# in "check_graph ggig.t"; otherwise they are those of the file's room, see tests_of. If "old" is
# not in "file", it is looked for in all sources. An entry whose "old" is nowhere is reported as
# stale and does not count. FIRST and LAST number the entries to run.
#
# $JOBS workers (one for each processor by default) share the entries. Each has a worktree in
# $TMPDIR, which also has the uncommitted changes of tracked files. There, tools and tests are
# linked with a shared library, so that a fault is compiled and linked once. The status is 1 if
# less than 96 % of the faults are caught.
set -u
LC_ALL=C
export LC_ALL
least=96
list=$(realpath "${1:-tests/mutants.jsonl}") first=${2:-1} last=${3:-100000}
jobs=${JOBS:-$(nproc)}
top=$(pwd)
own=$(mktemp -d) || exit 1

clean_up() {
    cd "$top" || exit 1
    for tree in "$own"/tree*; do git worktree remove --force "$tree"; done
    rm -rf "$own"
}

# tests_of FILE: prints the tests of a source file's folder. A * stands for all of a family.
tests_of() {
    case $1 in
    */options.c) echo "check_options pages.t options.t refusals.t choices.t defaults.t $(basename "$(dirname "$1")").t check_$(basename "$(dirname "$1")")*" ;;
    lib/base/*) echo 'check_base check_io_number' ;;
    lib/io/*) echo 'check_io_* check_picture check_preprocess check_dataset check_players inputs.t' ;;
    lib/onnx/*) echo 'check_onnx*' ;;
    lib/graph/lrp.c | lib/graph/contrast.c) echo 'check_relevance check_decompose' ;;
    lib/graph/*) echo 'check_graph check_mark check_derive check_jet check_lower_kinks check_batching check_relevance' ;;
    lib/ops/*) echo 'check_derive check_bounds check_relevance check_conv check_matmul check_pool check_pointwise check_move* check_batching' ;;
    lib/lower/*) echo 'check_lower* check_cases' ;;
    lib/run/*) echo 'check_run check_batching check_cases check_fast check_direct check_borrow' ;;
    lib/explain/target.c | lib/explain/score.c | lib/explain/ending.c | lib/explain/top.c) echo 'check_ending check_deriv check_players check_ggig check_axioms targets.t' ;;
    lib/explain/infer.c | lib/explain/list.c) echo 'check_run onnx-run.t inputs.t' ;;
    lib/explain/*) echo 'check_ending check_deriv check_players check_ggig check_axioms check_xderiv* check_baselines check_absent check_masks check_leaves check_prefix check_stopped check_taylorcam costs.t ggig.t xderiv.t' ;;
    lib/shapley/*) echo 'check_shapley check_definitions check_partitions check_estimates check_benefit check_weights shapley-int.t' ;;
    lib/flint/*) echo 'check_flint* refusals.t flint-*.t' ;;
    lib/plot/*) echo 'check_plot check_figure' ;;
    lib/figure/flint.c | lib/figure/gallery.c) echo 'check_figure check_flint_view edges.t flint-visualize.t flint-explain.t' ;;
    lib/figure/*) echo 'check_figure check_drawn check_shown attr-plot.t' ;;
    lib/draw/*) echo 'check_page check_figure check_plot attr-plot.t' ;;
    lib/decompose/*) echo 'check_decompose* check_pieces check_relevance attr-decompose.t' ;;
    lib/ggig/*) echo 'check_ggig check_axioms check_guided check_masks check_baselines check_cams ggig.t defaults.t' ;;
    lib/taylorcam/*) echo 'check_taylorcam check_cams taylorcam.t' ;;
    lib/record/*) echo 'check_record* check_io_record contract.t tables.t' ;;
    lib/export/*) echo 'check_export check_onnx_write check_lower_orders onnx-grad.t' ;;
    lib/perturb/*) echo 'check_perturb onnx-perturb.t' ;;
    lib/score/*) echo 'check_score* attr-score.t' ;;
    lib/*/*) room=${1#lib/} && room=${room%%/*} && echo "check_$room* $room.t" ;;
    cmd/cli/sandbox.c | cmd/cli/landlock.c) echo 'sandbox.t' ;;
    cmd/cli/flint.c) echo 'flint-*.t refusals.t' ;;
    cmd/cli/*) echo 'check_options options.t edges.t refusals.t onnx-run.t contract.t inputs.t outputs.t targets.t tables.t ggig.t attr-score.t hostile.t streams.t limits.t' ;;
    *) echo "$(basename "$1" .c).t options.t edges.t refusals.t choices.t defaults.t" ;;
    esac
}

# Sets $file to the file that has the old line, or to nothing.
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
        { print }' "$file" >"$log" && cat "$log" >"$file"
}

# Builds with -O1, which is fast, and without warnings, as a fault may leave something unused.
build() {
    make -s OPT=-O1 WARN=-w INNER=build/inner.so "$@" >"$log" 2>&1
}

# Runs the tests until one fails. Sets $noticed to its name.
run_tests() {
    noticed=
    for test; do
        case $test in
        *.t) set -- sh "tests/t/$test" ;;
        *) set -- "build/tests/$test" ;;
        esac
        LD_LIBRARY_PATH=$tree/build BUILD=$tree/build timeout "$seconds" "$@" >"$log" 2>&1 </dev/null ||
            { noticed=$test && return; }
    done
}

# check_sound TEST...: keeps in $tests those that pass without a fault, because others cannot notice
# one. Sets $seconds to the time limit of a test with a fault, which may loop.
check_sound() {
    tests=
    for sound; do
        seconds=1200
        [ -e "$own/sound/$sound" ] || {
            : >"$own/sound/$sound" # the other workers need not look
            # shellcheck disable=SC2086 # names
            build build/inner.so build/lib/sextant/draw.so $tools # without the last fault
            run_tests "$sound"
            echo "$noticed" >"$own/sound/$sound"
            [ -z "$noticed" ] || { echo "$sound fails without a fault:" && tail -n 5 "$log"; } | tee -a "$own/unsound"
        }
        [ -n "$(cat "$own/sound/$sound")" ] || tests="$tests $sound"
    done
    seconds=300
}

# read_entry LINE: sets $file, $old, $new and $tests from the entry.
read_entry() {
    file=$(printf '%s\n' "$1" | jq -r .file)
    old=$(printf '%s\n' "$1" | jq -r .old)
    new=$(printf '%s\n' "$1" | jq -r .new)
    find_line
    tests=$(printf '%s\n' "$1" | jq -r '.tests // empty')
    # shellcheck disable=SC2046 # names
    tests=$(cd tests && set -f && set -- ${tests:-$(tests_of "$file")} && set +f && printf '%s\n' "$@" |
        sed 's:^check.*:&.c:;s:.*\.t$:t/&:' | while read -r name; do
        ls $name 2>/dev/null
    done | sed 's:^t/::;s:\.c$::' | tr '\n' ' ')
}

# try: sets $verdict to the result of the entry that was read.
try() {
    verdict=stale
    [ -n "$file" ] || return
    # shellcheck disable=SC2086 # names
    check_sound $tests
    apply
    case $file in
    lib/draw/module.c) goals=build/lib/sextant/draw.so ;;
    lib/*) goals=build/inner.so ;;
    *) goals=$tools ;;
    esac
    # shellcheck disable=SC2086 # names
    if build $goals; then
        run_tests $tests
        verdict=${noticed:+caught}
        verdict=${verdict:-missed}
    else
        verdict='no build'
    fi
    git checkout -q -- "$file"
}

# worker NUMBER: tries the entries whose number leaves this remainder.
worker() {
    tree=$own/tree$1 log=$own/log$1
    cd "$tree" || exit 1
    number=0
    while IFS= read -r entry <&3; do
        number=$((number + 1))
        [ $((number % jobs)) -eq "$1" ] && [ $number -ge "$first" ] && [ $number -le "$last" ] || continue
        read_entry "$entry"
        try
        printf '%3d %-8s %s: %s%s\n' $number "$verdict" "$file" "$new" \
            "$([ "$verdict" = caught ] && echo " (by $noticed)")" | tee -a "$own/verdicts"
    done 3<"$list"
}

trap clean_up EXIT
trap 'exit 1' INT TERM
mkdir "$own/sound"
state=$(git stash create)
for number in $(seq 0 $((jobs - 1))); do
    git worktree add --quiet --detach "$own/tree$number" "${state:-HEAD}" || exit 1
done
tools=$(basename -s .c -a cmd/*.c | sed 's:^:build/bin/:')
programs=$(printf '%s\n' tests/check_*.c tests/programs/*.c | sed 's:\(.*\)\.c:build/\1:')
cd "$own/tree0" && log=$own/log && build -j"$jobs" build/lib/sextant/draw.so $tools $programs || { tail "$log" && exit 1; }
workers=
for number in $(seq 0 $((jobs - 1))); do
    [ "$number" -eq 0 ] || cp -a build "$own/tree$number" || exit 1
done
for number in $(seq 0 $((jobs - 1))); do
    worker "$number" &
    workers="$workers $!"
done
for number in $workers; do
    wait "$number" || exit 1
done
caught=$(grep -c '^ *[0-9]* caught' "$own/verdicts")
total=$((caught + $(grep -c '^ *[0-9]* missed' "$own/verdicts")))
stale=$(grep -cE '^ *[0-9]* (stale|no build)' "$own/verdicts")
echo "$caught of $total faults caught, $stale stale: $((total ? 100 * caught / total : 0)) %"
[ ! -e "$own/unsound" ] && [ $total -gt 0 ] && [ $((100 * caught)) -ge $((least * total)) ]

#!/bin/sh
# lint.sh C-FILE... - checks the house rules that a program can check. Prints violations, and the
# figures that have a budget. `make lint` runs it.
set -u
LC_ALL=C
export LC_ALL
bad=$(mktemp) || exit 1
trap 'rm -f "$bad"' EXIT

# wrong: prints violations, and records that there are some.
wrong() {
    tee -a "$bad"
}

# budget WHAT FIGURE MAXIMUM: prints a figure, which may have a decimal point. Over the maximum is a
# violation.
budget() {
    printf '%-34s %6s  (at most %s)\n' "$1" "$2" "$3"
    awk -v f="$2" -v m="$3" 'BEGIN { exit !(f > m) }' && echo "over budget: $1" | wrong
}

# percentile P: prints the percentile of the numbers on standard input.
percentile() {
    sort -n | awk -v p="$1" '{ v[NR] = $1 } END { i = int(NR * p / 100 + 0.999); print v[i < 1 ? 1 : i] + 0 }'
}

lines_of() {
    wc -l "$@" | awk 'END { print $1 }'
}

# includes FILE...: a folder of lib may include itself and the folders before it in the list. plot,
# draw and figure have shorter lists. cmd may include only public headers.
includes() {
    grep -n '^#include "' "$@" /dev/null | awk -F '[:"]' '
        BEGIN { n = split("base io record onnx perturb graph ops lower run explain ggig taylorcam " \
                          "xderiv shapley decompose flint export score plot draw figure", f, " ")
                for (i = 1; i <= n; i++) rank[f[i]] = i }
        { split($1, at, "/"); split($4, to, "/"); seen = 1 }
        $4 ~ /^sextant(\.h$|\/)/ || $4 == "onnx.pb-c.h" && at[2] == "onnx" { next }
        at[1] == "cmd" { seen = to[1] == "cmd" }
        at[1] == "lib" { seen = to[1] in rank && rank[to[1]] <= rank[at[2]] }
        at[1] == "lib" && at[2] == "plot" { seen = to[1] ~ /^(base|io|record|plot)$/ }
        at[1] == "lib" && at[2] == "draw" { seen = to[1] ~ /^(base|io|draw)$/ }
        at[1] == "lib" && at[2] == "figure" { seen = to[1] ~ /^(base|io|record|plot|draw|figure)$/ }
        !seen { print $1 ":" $2 ": may not include " $4 }'
    grep -n 'dnnl\.h>' "$@" /dev/null | grep -v '^lib/run/dnnl' | sed 's/$/ belongs in lib\/run/'
}

# misnamed FILE...: files that are named in comments must exist.
misnamed() {
    there=$(find lib cmd tests -name '*.[ch]' -exec basename {} \; | sort -u | tr '\n' ' ')
    grep -nE '(/\*|^ *\*).*\.[ch]([^a-z]|$)' "$@" /dev/null | awk -v there="$there" '
        BEGIN { n = split(there, f, " "); for (i = 1; i <= n; i++) known[f[i]] = 1 }
        { text = $0
          sub(/^[^:]*:[^:]*:/, "", text)
          while (match(text, /[A-Za-z0-9_-]+\.[ch]([^A-Za-z0-9_]|$)/)) {
              name = substr(text, RSTART, RLENGTH)
              text = substr(text, RSTART + RLENGTH)
              sub(/[^A-Za-z0-9_]$/, "", name)
              if (!(name in known)) print $0 " (there is no " name ")" } }'
}

# undocumented: a public function needs a comment in its paragraph.
undocumented() {
    awk 'BEGIN { RS = ""; FS = "\n" }
         /(^|\n)[a-z].*[ *]sx_[a-z0-9_]*\(/ && !/\/\*/ && !/(^|\n) \*/ { print FILENAME ": no comment: " $1 }' \
        lib/sextant/*.h
}

# objects lib|cmd: prints the objects of its files, as `make lint` compiles them.
objects() {
    for f in $sources; do
        case $f in
        "$1"/*.c) ls "build/clang/${f%.c}.o" 2>/dev/null ;; # dnnl_none.c may have none
        esac
    done
}

# unnamed FILE...: the first line must look like "/* name.c - its idea". The name may have folders.
unnamed() {
    for f; do
        head -n 1 "$f" | grep -q "^/\* .*$(basename "$f") - " || echo "$f:1: does not say its one idea"
    done
}

sources=$(printf '%s\n' "$@" | grep -E '^(lib|cmd)/')
tests=$(find tests -name '*.[ch]' -o -name '*.t' -o -name '*.sh' | sort)
scripts=$(find tests .ci -name '*.sh' -o -name '*.t' -o -path .ci/run | sort)
pages=$(find man -name '*.[1-9]' 2>/dev/null | sort)

# shellcheck disable=SC2086 # lists of names without spaces
{
    clang-format --dry-run -Werror "$@" 2>&1 | grep 'error:' | wrong
    includes $sources | wrong
    undocumented | wrong
    unnamed "$@" | wrong
    misnamed $sources | wrong
    grep -nE 'TODO|FIXME' $sources $tests $pages Makefile | grep -v '^tests/lint.sh' | wrong
    shellcheck -x -S warning -s dash $scripts | wrong
    shellcheck -s bash cmd/cli/completion.bash | wrong
    [ -z "$pages" ] || mandoc -T lint -W warning $pages | wrong

    budget 'longest file' "$(wc -l $sources | grep -vE ' total$' | percentile 100)" 550
    budget 'longest file of tests' "$(wc -l $tests | grep -v ' total$' | percentile 100)" 950
    budget 'median file of lib and cmd' "$(wc -l $sources | grep -v ' total$' | percentile 50)" 200
    over=$(wc -l $sources | awk '$1 > 400 && $2 != "total" { print $2 }')
    budget 'files over 400 lines' "$(echo "$over" | grep -c .)" 5
    budget 'files over 400 lines in cmd' "$(echo "$over" | grep -c '^cmd/')" 0
    lengths=$(ctags -x --c-kinds=f --fields=+e --_xformat='%{end} %n %N %F' "$@" |
        awk '$1 != "" { print $1 - $2 + 1, $3, $4 }')
    echo "$lengths" | awk '$1 > 100 { print $3 ": " $2 " has " $1 " lines" }' | wrong
    echo "$lengths" | awk '$3 ~ /^cmd/ && $2 == "main" && $1 > 45 { print $3 ": main has " $1 " lines" }' | wrong
    budget 'longest function' "$(echo "$lengths" | percentile 100)" 100
    budget 'functions, 90th percentile' "$(echo "$lengths" | percentile 90)" 30
    budget 'longest public header' "$(wc -l lib/sextant.h lib/sextant/*.h | grep -v ' total$' | percentile 100)" 300
    budget 'longest private header' "$(wc -l lib/*/*.h cmd/*/*.h | grep -vE ' total$|lib/sextant/' | percentile 100)" 400

    # rings.sh -v says which symbols make a ring.
    rings=$(objects lib | xargs sh tests/rings.sh)
    front=$(objects cmd | xargs sh tests/rings.sh)
    echo "$rings" | grep -v '^$' | sed 's/^/    /'
    echo "$front" | grep -v '^$' | sed 's/^/    /'
    budget 'rings of files in lib' "$(echo "$rings" | grep -c '^file:')" 1
    budget 'rings of files in cmd' "$(echo "$front" | grep -c '^file:')" 0
    budget 'rings of rooms' "$(echo "$rings" | grep -c '^room:')" 0
    ratio=$(awk -v t="$(lines_of $tests)" -v s="$(lines_of $sources)" 'BEGIN { printf "%.2f", t / s }')
    # The goal is 0.7. The minimum is what has been reached, and is raised when that grows.
    printf '%-34s %6s  (at least 0.48, wanted 0.7)\n' 'test lines per source line' "$ratio"
    awk -v r="$ratio" 'BEGIN { exit r >= 0.48 }' && echo "over budget: too few tests" | wrong
}

if [ -s "$bad" ]; then
    echo "lint: $(wc -l <"$bad") lines of complaints"
    exit 1
fi
echo "lint: clean"

#!/bin/sh
# man.t - the examples of the man pages and the pipelines of the README do run, each with status 0 and nothing but warnings on stderr.
. tests/tap.sh

# The commands of a page's EXAMPLES; of the cookbook, those of all its sections.
examples() {
    case $1 in
    *cookbook*) awk -v all=1 -f "$TOP/tests/commands.awk" "$1" ;;
    *) awk -f "$TOP/tests/commands.awk" "$1" ;;
    esac
}

# The README's pipelines: commands are indented, and go on after \ | and &&.
pipelines() {
    awk '/^[A-Z ]+$/ { inside = $0 == "FIVE PIPELINES" }
         !inside || !/^    / || /cp -r/ { next }
         { sub(/^ +/, ""); go_on = /[\\|]$|&&$/; sub(/\\$/, ""); printf "%s%s", $0, go_on ? " " : "\n" }' "$TOP/README"
}

# Without numbers, whose last digits are the machine's, and without the widths of columns.
plain() {
    sed -E 's/[-+]?[0-9.]+(e[-+]?[0-9]+)?/N/g; s/ +/ /g; s/ $//'
}

# Whether a line of $T/out is like this one.
printed() {
    plain <"$T/out" | grep -qxF -e "$(printf '%s\n' "$1" | plain)" || { cat "$T/out" && false; }
}

# All of $T/examples runs, each as a test, and prints what the page says that it does.
try() {
    while IFS= read -r command; do
        case $command in
        '	'*) ok "$1: prints:$command" printed "${command#?}" ;;
        *)
            run bash -o pipefail -c "$command"
            is "$1: $command" "$status $(grep -v ': warning: ' "$T/err" | head -c 300)" '0 '
            ;;
        esac
    done <"$T/examples"
}

work "$DATA"/*
pipelines >"$T/examples"
is 'README: five pipelines' "$(wc -l <"$T/examples")" 5
try README
for page in "$TOP"/man/*.[1-9]; do
    name=$(basename "$page")
    examples "$page" >"$T/examples"
    ok "$name has examples" test -s "$T/examples"
    try "$name"
done
end

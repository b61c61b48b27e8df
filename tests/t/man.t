#!/bin/sh
# man.t - the examples of the man pages and the pipelines of the README run with status 0, and only
# warnings are on stderr.
. tests/tap.sh

# examples PAGE: prints the commands of EXAMPLES; of the cookbook, those of all its sections.
examples() {
    case $1 in
    *cookbook*) awk -v all=1 -f "$TOP/tests/commands.awk" "$1" ;;
    *) awk -f "$TOP/tests/commands.awk" "$1" ;;
    esac
}

# Prints the README's pipelines. Commands are indented, and continue after \ | and &&.
pipelines() {
    awk '/^[A-Z ]+$/ { inside = $0 == "FIVE PIPELINES" }
         !inside || !/^    / || /cp -r/ { next }
         { sub(/^ +/, ""); go_on = /[\\|]$|&&$/; sub(/\\$/, ""); printf "%s%s", $0, go_on ? " " : "\n" }' "$TOP/README"
}

# Removes numbers, whose last digits depend on the machine, and the widths of columns.
plain() {
    sed -E 's/[-+]?[0-9.]+(e[-+]?[0-9]+)?/N/g; s/ +/ /g; s/ $//'
}

# printed LINE: whether a line of $T/out is like LINE.
printed() {
    plain <"$T/out" | grep -qxF -e "$(printf '%s\n' "$1" | plain)" || { cat "$T/out" && false; }
}

# try NAME: runs each of $T/examples as a test. Lines after a tab must be in its output.
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

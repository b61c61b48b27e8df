#!/bin/sh
# pages.t - the arguments and defaults of options in the man pages agree with the tools. options.t
# tests the names.
. tests/tap.sh

# Prints "--name<TAB>argument<TAB>text" of each option that a page describes, without macros.
# Options that share an item share its text.
described() {
    awk '
        function finish(   i) {
            for (i = 1; i <= n; i++) print name[i] "\t" argument[i] "\t" text
            n = 0; text = ""
        }
        /^\.It Fl/ {
            if (text != "") finish()
            line = substr($0, 5)
            while (match(line, /Fl -[a-z0-9-]+/)) {
                name[++n] = "-" substr(line, RSTART + 3, RLENGTH - 3)
                line = substr(line, RSTART + RLENGTH)
                rest = line
                sub(/ , (Ns )?Fl .*/, "", rest)
                sub(/^ Ns = Ns /, "", rest)
                rest = " " rest " "
                if (sub(/ Op /, " [ ", rest)) {
                    at = index(rest, " | ")
                    rest = at > 0 ? substr(rest, 1, at) "]" substr(rest, at) : rest "]"
                }
                gsub(/ (Ns|Ar|Cm|Oo) /, " ", rest)
                gsub(/ (Ns|Ar|Cm|Oo) /, " ", rest)
                gsub(/ Oc /, " ] ", rest)
                gsub(/ /, "", rest)
                argument[n] = rest
            }
            next
        }
        /^\.(It|El|Sh|Ss)/ { finish() }
        n > 0 {
            line = $0
            sub(/^\.[A-Z][a-z]? /, "", line)
            gsub(/(^| )(Ns|Ar|Cm|Fl|Li|Ql) /, " ", line)
            text = text " " line
        }
        END { finish() }' "$@"
}

for path in "$BUILD"/bin/*; do
    tool=$(basename "$path")
    [ "$tool" != sextant ] || continue
    described "$TOP/man/$tool.1" >"$T/own"
    described "$TOP/man/sextant.7" >"$T/common"
    # The page has the argument or its choices. The tool's own page takes precedence.
    "$tool" --complete | awk -F '\t' -v own="$T/own" -v common="$T/common" '
        BEGIN {
            while ((getline line < common) > 0) { split(line, f, "\t"); said[f[1]] = f[2] }
            while ((getline line < own) > 0) { split(line, f, "\t"); said[f[1]] = f[2] }
        }
        # The help has one word for the argument, and the page has the list.
        $2 in said && $3 ~ /^[A-Z]+$/ && said[$2] ~ /\|/ { next }
        $2 in said && said[$2] != $3 && said[$2] != $4 { print $2 "=" $3 " (page: " said[$2] ")" }' >"$T/other"
    is "$tool: arguments" "$(cat "$T/other")" ''
    # "[value]" at the end of a help line is the default.
    "$tool" --help | tr '\n' ' ' | sed 's/    *\(-[a-zA-Z0], \)\{0,1\}--/\n--/g' |
        sed -n 's/^--\([a-z0-9-]*\).*\[\([^] ]*\)\] *$/--\1\t\2/p' |
        awk -F '\t' -v own="$T/own" -v common="$T/common" '
        BEGIN {
            while ((getline line < common) > 0) { split(line, f, "\t"); text[f[1]] = f[3] }
            while ((getline line < own) > 0) { split(line, f, "\t"); text[f[1]] = f[3] }
        }
        $1 in text && (text[$1] !~ /[Dd]efault/ || index(text[$1], $2) == 0) { print $1 " [" $2 "]" }' >"$T/other"
    is "$tool: defaults" "$(cat "$T/other")" ''
done
end

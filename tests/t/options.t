#!/bin/sh
# options.t - the options that tools have, and those that their pages and --help tell of, agree.
. tests/tap.sh

# The long options that a page describes in a list.
described() {
    sed -n 's/^\.It .*Fl -\([a-z][a-z0-9-]*\).*/--\1/p' "$@" | sort -u
}

described "$TOP/man/sextant.7" >"$T/common"
cat /dev/null >"$T/used"
for source in "$TOP"/cmd/*.c; do
    tool=$(basename "$source" .c)
    page=$TOP/man/$tool.1
    run "$tool" --complete
    is "$tool --complete: status" "$status" 0
    cut -f 2 "$T/out" | sort >"$T/options"
    sort -u "$T/options" >>"$T/used"
    described "$page" >"$T/own"
    sort -u "$T/own" "$T/common" >"$T/all"
    is "$tool: options that no page describes" "$(comm -23 "$T/options" "$T/all")" ''
    is "$tool: options that there are not" "$(comm -13 "$T/options" "$T/own")" ''
    is "$tool: options that two pages describe" "$(comm -12 "$T/own" "$T/common")" ''
    is "$tool: options given twice" "$(uniq -d "$T/options")" ''
    is "$tool: letters given twice" "$(cut -f 1 "$T/out" | grep -v '^-$' | sort | uniq -d)" ''
    "$tool" --help >"$T/help"
    is "$tool: options that --help forgets" "$(while read -r o; do
        grep -q -e " $o\([= ]\|\$\)" "$T/help" || echo "$o"
    done <"$T/options")" ''
    cut -f 1,2 "$T/out" | grep -v '^-' | sort >>"$T/letters"
done
is 'common options that no tool has' "$(sort -u "$T/used" | comm -13 - "$T/common")" ''
is 'letters with two meanings' "$(sort -u "$T/letters" | cut -f 1 | uniq -d)" ''
end

#!/bin/sh
# man.t - the examples of the man pages do run, each with status 0 and nothing but warnings on stderr.
. tests/tap.sh

# Prints the commands of a page's EXAMPLES, each on one line; of the cookbook, those of all its
# sections. A display that is unfilled and not literal is shown, and not run: what is in it needs
# programs or files that are not here.
examples() {
    awk '/^\.Sh/ { inside = $2 == "EXAMPLES" || FILENAME ~ /cookbook/ }
         /^\.Bd/ { shown = $2 == "-unfilled" }
         !inside || shown || /^\./ { if (command != "") print command; command = ""; next }
         { gsub(/\\\(aq/, "\047"); go_on = sub(/\\e$/, ""); gsub(/\\e/, "\\") }
         /^\$ / { if (command != "") print command; command = substr($0, 3); next }
         command != "" { sub(/^ +/, ""); command = command " " $0 }' "$1"
}

work "$DATA"/*
for page in "$TOP"/man/*.[1-9]; do
    name=$(basename "$page")
    examples "$page" >"$T/examples"
    ok "$name has examples" test -s "$T/examples"
    while IFS= read -r command; do
        run bash -o pipefail -c "$command"
        is "$name: $command" "$status $(grep -v ': warning: ' "$T/err" | head -c 300)" '0 '
    done <"$T/examples"
done
end

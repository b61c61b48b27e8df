#!/bin/sh
# coverage.sh BUILD - prints the lines and branches that tests of a build with --coverage have
# reached: per folder, the least covered files, and the totals.
set -u
build=$1
# A run that is killed may leave a count below 0, on which gcovr would stop.
table=$(gcovr --gcov-ignore-parse-errors --root . --object-directory "$build" --filter 'lib/' --filter 'cmd/' \
    --json-summary -) || exit 1
printf 'folder\tlines\t%%\tbranches\t%%\n'
echo "$table" | jq -r '
    def share(a; b): if b > 0 then (1000 * a / b | round) / 10 else 100 end;
    def row($name): (map(.line_total) | add) as $l | (map(.branch_total) | add) as $b |
        [$name, $l, share(map(.line_covered) | add; $l), $b, share(map(.branch_covered) | add; $b)] | @tsv;
    (.files | group_by(.filename | split("/")[:-1] | join("/"))[] |
        row(.[0].filename | split("/")[:-1] | join("/"))),
    (.files | row("all")),
    "",
    (.files | sort_by(.line_total - .line_covered) | reverse | .[:10][] |
        "\(.line_total - .line_covered) lines of \(.filename) were not reached")'

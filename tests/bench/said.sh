#!/bin/sh
# said.sh attr-decompose ARGUMENT... - a timer (see timer.h) of the seconds that attr-decompose
# reports for a method and the last sample. Captum is timed in the same way, without reading and
# comparing.
echo ready
while read -r _; do
    "$@" --timing -f json </dev/null | tail -n 1 |
        jq -r '"\([.methods[].seconds] | add) 0"' || exit
done

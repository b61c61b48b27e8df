#!/bin/sh
# weights.sh FILE... - a timer (see timer.h) that says the megabytes of files, and takes no time.
megabytes=$(du -cbL "$@" | awk 'END { print $1 / 1048576 }')
echo ready
while read -r _; do
    echo "0 $megabytes"
done

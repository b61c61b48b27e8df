#!/bin/sh
# weights.sh FILE... - a timer (see timer.h) that prints the megabytes of files and 0 seconds.
megabytes=$(du -cbL "$@" | awk 'END { print $1 / 1048576 }')
echo ready
while read -r _; do
    echo "0 $megabytes"
done

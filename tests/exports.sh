#!/bin/sh
# exports.sh - prints the sorted names of functions and tables that sextant.h and its parts declare.
cat lib/sextant.h lib/sextant/*.h | awk '
    !/^ *#/ && !/^extern "C"/ { text = text $0 "\n" }
    END {
        gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", text) # comments
        while (match(text, /[ *\n]sx_[a-z0-9_]*\(|extern [^;]*;/)) {
            name = substr(text, RSTART, RLENGTH - 1)
            text = substr(text, RSTART + RLENGTH)
            sub(/\[.*/, "", name)
            sub(/.*[ *\n]/, "", name)
            if (name ~ /^sx_/) print name
        }
    }' | sort -u

#!/bin/sh
# rings.sh [-v] OBJECT... - finds rings of files, in which each file uses a symbol of the next, and
# rings of rooms (folders). Prints a line for each ring: "file: a b c" or "room: a b". With -v it
# also prints the uses in a ring, with their symbols.
set -u
LC_ALL=C
export LC_ALL
arrows=0
[ "${1:-}" != -v ] || { arrows=1 && shift; }

# nm -A -P prints "OBJECT: SYMBOL TYPE ..."; type U or w means that the symbol is used, not defined.
nm -A -P -g "$@" | awk -v show="$arrows" '
    # build/lib/graph/derive.o: becomes lib/graph/derive.
    function file_of(s) { sub(/\.o:$/, "", s); sub(/^.*\/lib\//, "lib/", s); sub(/^.*\/cmd\//, "cmd/", s); return s }
    function place_of(s, kind) { if (kind == "room") sub(/\/[^\/]*$/, "", s); return s }

    # Tarjan: number[v] is the order in which v is visited, low[v] the smallest number that v leads
    # back to.
    function visit(v,    to, n, i, w, ring, members) {
        number[v] = low[v] = ++clock
        stack[++top] = v
        waits[v] = 1
        n = split(out[v], to, " ")
        for (i = 1; i <= n; i++) {
            w = to[i]
            if (!(w in number)) {
                visit(w)
                if (low[w] < low[v]) low[v] = low[w]
            } else if (waits[w] && number[w] < low[v])
                low[v] = number[w]
        }
        if (low[v] < number[v]) return
        do {
            w = stack[top--]
            waits[w] = 0
            home_ring[w] = v
            ring = ring " " w
            members++
        } while (w != v)
        if (members > 1) say(v, ring)
    }
    function say(v, ring,    i) {
        print kind ":" ring
        for (i = 1; show && i <= n_arrows; i++)
            if (home_ring[from[i]] == v && home_ring[onto[i]] == v)
                print "    " from[i] " -> " onto[i] ":" why[from[i], onto[i]]
    }
    function rings(what,    i, a, b) {
        kind = what
        n_arrows = 0
        split("", out); split("", why); split("", number); split("", home_ring)
        for (i = 1; i <= n_uses; i++) {
            if (!(used[i] in home)) continue
            a = place_of(user[i], kind)
            b = place_of(home[used[i]], kind)
            if (a == b) continue
            if (!((a, b) in why)) {
                from[++n_arrows] = a
                onto[n_arrows] = b
                out[a] = out[a] " " b
            }
            why[a, b] = why[a, b] " " used[i]
        }
        for (i = 1; i <= n_arrows; i++)
            if (!(from[i] in number)) visit(from[i])
    }

    $3 == "U" || $3 == "w" { user[++n_uses] = file_of($1); used[n_uses] = $2; next }
    { home[$2] = file_of($1) }
    END { rings("file"); rings("room") }'

#!/bin/sh
# shapley-int.t - interactions of digits and of saved games: known answers, formats, refusals.
. tests/tap.sh

work "$DATA"/digits8.* "$DATA"/picture.png

# ---- Saved games with known answers ----

# The game of three players 0, 1, 2: v is 0 1 2 5 3 4 6 10, indexed by bits of players.
cat >g1.json <<'END'
{"players":3}
{"present":[],"value":0}
{"present":[0],"value":1}
{"present":[1],"value":2}
{"present":[0,1],"value":5}
{"present":[2],"value":3}
{"present":[2,0],"value":4}
{"present":[1,2],"value":6}
{"present":[0,1,2],"value":10}
END
while read -r wanted options; do
    # shellcheck disable=SC2086 # options
    run shapley-int --load-game=g1.json $options
    is "$options" "$status $(jq -c '[.interactions[].value * 1e6 | round / 1e6]' "$T/out") $(cat "$T/err")" \
        "0 $wanted "
done <<'END'
[2.333333,3.833333,3.833333] --index=sv
[2.25,3.75,3.75] --index=bv
[2.333333,3.833333,3.833333,2.5,0.5,1.5] --index=sii
[2.333333,3.833333,3.833333,2.5,0.5,1.5,1] --index=sii --order=3
[1,2,3,2.333333,0.333333,1.333333] --index=stii --order=2
[0.833333,1.833333,2.833333,2.5,0.5,1.5] --index=ksii
[0.833333,1.833333,2.833333,2.5,0.5,1.5] --index=fsii
[0.125,0.75,1.75,2.75,2.5,0.5,1.5] --index=fbii
[0,1,2,3,2,0,1,1] --index=moebius
[2.333333,3.833333,3.833333,6,6,7.5] --index=sgv
[2.25,3.75,4] --index=owen --groups=0,1/2
[2.5,3.75,3.75] --index=owen --groups=0/1-2
[1,2,3,2,1,1] --index=andor
[3.833333,3.833333] --index=sv --top=2
END
run shapley-int --load-game=g1.json --index=sv --threshold=3
is '--threshold' "$(jq -c '[.interactions[].set[0]]' "$T/out")" '[1,2]'
run shapley-int --load-game=g1.json --index=moebius --threshold=2
is '--threshold: a magnitude equal to it is listed' "$(jq -c '[.interactions[].value]' "$T/out")" '[2,3,2]'
while read -r wanted options; do
    # shellcheck disable=SC2086 # options
    run shapley-int --load-game=g1.json $options
    is "$options" "$(jq -c '[.B, .B_max, .B_min, .T, .partition_max, .partition_min]' "$T/out")" "$wanted"
done <<'END'
[4,4,0,4,[[0,1,2]],[[0],[1],[2]]]
[4,4,0,4,[[0,1,2]],[[0],[1],[2]]] --set=all
[2.5,2.5,0,2.5,[[0,1]],[[0],[1]]] --set=0,1
[1.5,1.5,0,1.5,[[1,2]],[[1],[2]]] --set=1-2
[0.5,0.5,0,0.5,[[0,2]],[[0],[2]]] --set=0,2
[0,0,0,0,[[1]],[[1]]] --set=1
[2.5,2.5,0,2.5,[[0,1]],[[0],[1]]] --window=2
[4,4,0,4,[[0,1,2]],[[0],[1],[2]]] --partition=any
END
run shapley-int --load-game=g1.json --window=2
is 'windows' "$(jq -c '[.windows[] | [.set, .T]]' "$T/out")" '[[[0,1],2.5],[[1,2],1.5]]'
# x0 x1 + x2 x3: the first and the last window have the same T.
jq -nc '{players: 4}, (range(16) | [range(4) as $i | . / pow(2; $i) | floor % 2] as $x
    | {present: [range(4) | select($x[.] == 1)], value: ($x[0] * $x[1] + $x[2] * $x[3])})' >equal.json
run shapley-int --load-game=equal.json --window=2
is 'of equal windows the first is the strongest' "$(jq -c '[.set, (.windows | map(.T))]' "$T/out")" '[[0,1],[1,0,1]]'
run shapley-int --load-game=g1.json
is 'keys of bT and their order' "$(jq -c keys_unsorted "$T/out")" \
    '["tool","version","id","index","model","input","params","players","set","B","B_max","B_min","T","T_corrected","B_stderr","B_max_stderr","B_min_stderr","T_stderr","partition_max","partition_min","singles","coalition","links","components","exact","v_empty","v_full","evaluations","efficiency_gap","cost","warnings"]'
is 'components of B' "$(jq -c '[.components[] | [.subset, .value]]' "$T/out")" \
    '[[[0,1],2],[[0,2],0],[[1,2],1],[[0,1,2],1]]'
run shapley-int --load-game=g1.json --index=sii
is 'keys of an index and their order' "$(jq -c keys_unsorted "$T/out")" \
    '["tool","version","id","index","model","input","params","players","order","interactions","exact","v_empty","v_full","evaluations","efficiency_gap","cost","warnings"]'
run shapley-int --load-game=g1.json --index=owen
is 'owen without groups: a warning' "$(jq -c .warnings "$T/out")" \
    '["no --groups: Owen values are Shapley values"]'
run shapley-int --load-game=g1.json --search=gradient
clean '--search=gradient'
is '--search=gradient finds the same partitions' "$(jq -c '[.B_max, .B_min, .partition_max]' "$T/out")" \
    '[4,0,[[0,1,2]]]'
printf '%s\n' not very good >names
run shapley-int --load-game=g1.json --names=names -f text
clean '-f text'
is '-f text: the two partitions' "$(cat "$T/out")" \
    "$(printf '%s\n' 'g1.json[0]  B 4  B_max 4  B_min 0  T 4  T_stderr 0' \
        '  most   [not very good]' '  least  not very good')"
run shapley-int --load-game=g1.json --names=names -f text --color=always
is '-f text: blocks have colours' "$(grep most "$T/out" | tr -d '\033')" \
    '  most   [38;5;231;48;5;25m[not [0m[38;5;231;48;5;25mvery [0m[38;5;231;48;5;25mgood][0m'
run shapley-int --load-game=g1.json --names=names
attr-plot -f html <"$T/out" >blocks.html
has_block() { grep -c "color:#ffffff\">$1</span>" blocks.html; }
is '-f html: blocks are marked' "$(has_block '\[not') $(has_block 'good\]')" '1 1'
run shapley-int --load-game=g1.json --names=names --index=sii --top=1
is '--names' "$(jq -c '[.names, .interactions]' "$T/out")" \
    '[["not","very","good"],[{"set":[0,1],"names":["not","very"],"value":2.5}]]'
run shapley-int --load-game=g1.json --index=sii --order=3 --top=2
is '--top: the strongest sets of several players, sorted' \
    "$(jq -c '[.interactions[] | [.set, .value]]' "$T/out")" '[[[0,1],2.5],[[1,2],1.5]]'
run shapley-int --load-game=g1.json --index=sii --top=3 --singles
is '--singles: --top lists single players too' "$(jq -c '[.interactions[].set]' "$T/out")" '[[1],[2],[0,1]]'
run shapley-int --load-game=g1.json --window=2 --top=1
is '--top of windows' "$(jq -c '[.windows[].set]' "$T/out")" '[[0,1]]'
run shapley-int --load-game=g1.json --names=names --set=1-2
is 'names of all players and of the set' "$(jq -c '[.names, .set_names]' "$T/out")" \
    '[["not","very","good"],["very","good"]]'

# A part of a game is enough for a fit, but not for other indices.
grep -v '0,1\]' g1.json >part.json
run shapley-int --load-game=part.json --index=sv --sampling=regression
is 'a fit of part of a game' "$status$(cat "$T/err") $(jq '.efficiency_gap | fabs < 1e-9' "$T/out")" \
    '0 true'
jq .interactions "$T/out" >want
jq -c 'if .value == null then . else .value += 10 end' part.json >above.json
run shapley-int --load-game=above.json --index=sv --sampling=regression
jq .interactions "$T/out" >got
near 'a constant added to all values of a partial game changes no share' got want 1e-9
# With {0}, {1}, {2} and {0,1} the fit minimises (1/3) ((a - 1)^2 + (b - 2)^2 + (c - 3)^2) + (a + b - 5)^2
# with a + b + c = 10: a size counts as much whether one or three of its coalitions are known.
grep -v '[02],[02]\]\|1,2\]' g1.json >uneven.json
echo '{"present":[0,1,2],"value":10}' >>uneven.json
run shapley-int --load-game=uneven.json --index=sv
is 'a fit weighs sizes, whatever is known of them' "$status $(wc -l <uneven.json) $(jq -c '[.interactions[].value * 9 | . * 1e6 | round / 1e6]' "$T/out")" \
    '0 7 [19,28,43]'
run shapley-int --load-game=part.json --index=ksii --order=1
is 'a partial game: estimates by a fit' "$status $(jq -c '[.sampling, .exact, (.efficiency_gap | fabs < 1e-9), (.interactions | length)]' "$T/out")" \
    '0 ["regression",false,true,3]'
run shapley-int --load-game=part.json --index=moebius
is 'moebius of a partial game is refused' "$status $(head -n 1 "$T/err")" \
    '2 shapley-int: part.json: moebius is not known from part of a game'
run shapley-int --load-game=part.json --index=sii --sampling=svarmiq
is 'svarmiq of a partial game: the missing coalition is named' "$status $(cat "$T/err")" \
    '1 shapley-int: part.json: sample 0: the game has no value for {0,1}'

# ---- A network ----

run shapley-int --players=patches:4x4 --rows=0:3 --double --index=sv digits8.onnx digits8.npy
clean digits
is 'one record for each sample' "$(jq -c '[.index, .players, .evaluations]' "$T/out" | tr '\n' ' ')" \
    '[0,4,16] [1,4,16] [2,4,16] '
is 'values add up to v(N) - v()' "$(jq -s 'map(.efficiency_gap | fabs) | max < 1e-9' "$T/out")" true
is 'v(N) is the value of the target' "$(jq -s 'all(.v_full - .target.value | fabs < 1e-6)' "$T/out")" true
run shapley-int --players=patches:2x2 --rows=0:1 --double --index=sii --save-game=game.npy digits8.onnx digits8.npy
clean '--save-game'
jq -c .interactions "$T/out" >direct
run shapley-int --load-game=game.npy --double --index=sii
is '--load-game gives the same values' "$(jq -c .interactions "$T/out" | jq -c 'map(select(.value != 0))')" \
    "$(jq -c 'map(select(.value != 0))' direct)"
run shapley-int --players=patches:4x4 --rows=0:1 --double --save-game=- digits8.onnx digits8.npy
clean 'a game alone on standard output'
cp "$T/out" game4.npy
run shapley-int --players=patches:4x4 --rows=0:1 --double --save-game=- -o record.json digits8.onnx digits8.npy
ok '--save-game=- writes the same bytes with -o' cmp game4.npy "$T/out"
is '--save-game=- with -o: the record' "$(jq .players record.json)" 4
run_from() { # FILE ARGUMENT...: as run, from standard input
    file=$1
    shift
    shapley-int "$@" <"$file" >"$T/out" 2>"$T/err"
    status=$?
}
run_from game4.npy --load-game=- --double
is 'a game from standard input' "$status $(jq -c '[.B, .T, .partition_max]' "$T/out")" "0 $(jq -c '[.B, .T, .partition_max]' record.json)"
run shapley-int --players=patches:2x2 --rows=0:1 --set=5,6,9,10 --budget=300 --save-game=part.json digits8.onnx digits8.npy
clean '--save-game of a sampled game'
is 'a sampled game is saved as lines' "$(head -n 1 part.json) $(($(wc -l <part.json) - 1))" \
    "{\"players\":16} $(jq .evaluations "$T/out")"
run shapley-int --players=patches:1x1 --rows=0:1 --set=20-23 --partition=contiguous --budget=500 --double digits8.onnx digits8.npy
is 'a sampled game: exact, evaluations and errors' "$(jq -c '[.exact, (.evaluations <= 500), (.T_stderr > 0)]' "$T/out")" '[false,true,true]'
cp "$T/out" first
run shapley-int --players=patches:1x1 --rows=0:1 --set=20-23 --partition=contiguous --budget=500 --double -j 1 digits8.onnx digits8.npy
ok 'the same seed, the same bytes' cmp first "$T/out"
for budget in 100 300; do
    run shapley-int --players=patches:2x2 --rows=0:1 --window=4 --budget=$budget --partition=contiguous --double digits8.onnx digits8.npy
    is "--window --budget=$budget: of all windows together" \
        "$(jq -c --argjson b $budget '[(.windows | length), .evaluations <= $b, .evaluations > $b / 4]' "$T/out")" '[13,true,true]'
done
for options in '--players=patches:1x1 --index=sii --budget=700' '--index=sv --sampling=kernel --budget=300' \
    '--players=patches:2x2 --index=fsii --budget=600' '--index=moebius --budget=3000'; do
    for j in 1 2 3 4; do
        # shellcheck disable=SC2086 # options
        run shapley-int $options --rows=0:1 -j $j digits8.onnx digits8.npy
        cp "$T/out" "threads$j"
    done
    ok "$options: equal bytes whatever -j" test "$(cat threads? | sort -u | wc -l)" -eq 1
done
run shapley-int --players=patches:1x1 --rows=0:1 --set=20-23 --partition=contiguous --budget=500 --double -s 1 digits8.onnx digits8.npy
is 'another seed, other numbers' "$(jq .T "$T/out")" "$(jq --argjson t "$(jq .T first)" 'if .T == $t then "same" else .T end' "$T/out")"
run shapley-int --index=sv --budget=1000 --rows=0:1 --double digits8.onnx digits8.npy
is 'pixels by estimate' "$(jq -c '[.sampling, (.evaluations <= 1000), ([.interactions[].stderr] | max < 1), (.efficiency_gap | fabs < 0.5)]' "$T/out")" \
    '["adjusted",true,true,true]'
run shapley-int --players=patches:4x4 --rows=0:1 --output-name=/8/Flatten_output_0 --layer-score=cosine --index=sv --double digits8.onnx digits8.npy
is '--layer-score=cosine' "$(jq -c '[.target.output, (.v_full - 1 | fabs < 1e-9)]' "$T/out")" '["/8/Flatten_output_0",true]'
run shapley-int --players=patches:4x4 --rows=0:1 --background=digits8.npy --index=sv --double digits8.onnx digits8.npy
clean '--background: several baselines'
cp "$T/out" marginal
is '--background: the record has absent' "$(jq -r .params.absent "$T/out")" marginal
run shapley-int --players=patches:4x4 --rows=0:1 --background=digits8.npy --absent=nearest:100000 --index=sv --double digits8.onnx digits8.npy
is '--absent=nearest of all rows is marginal' \
    "$(jq -c '[.interactions[].value * 1e9 | round]' "$T/out")" "$(jq -c '[.interactions[].value * 1e9 | round]' marginal)"
for absent in gaussian copula; do
    run shapley-int --players=patches:4x4 --rows=0:1 --background=digits8.npy --absent=$absent --index=sv digits8.onnx digits8.npy
    clean "--absent=$absent"
    is "--absent=$absent: values add up" "$(jq -c '[.params.absent, (.efficiency_gap | fabs < 1e-9)]' "$T/out")" "[\"$absent\",true]"
    jq -c .interactions "$T/out" >first
    run shapley-int --players=patches:4x4 --rows=0:1 --background=digits8.npy --absent=$absent --index=sv -j 1 digits8.onnx digits8.npy
    is "--absent=$absent: the same whatever -j" "$(jq -c .interactions "$T/out")" "$(cat first)"
    run shapley-int --players=patches:4x4 --rows=0:1 --background=digits8.npy --absent=$absent --index=sv -s 1 digits8.onnx digits8.npy
    ok "--absent=$absent: another seed, other draws" test "$(jq -c .interactions "$T/out")" != "$(cat first)"
done
run shapley-int --players=patches:4x4 --rows=0:1 --absent=baseline --background=digits8.npy --index=sv digits8.onnx digits8.npy
jq -c .interactions "$T/out" >first
run shapley-int --players=patches:4x4 --rows=0:1 --index=sv digits8.onnx digits8.npy
is '--absent=baseline: as without a background' "$(jq -c .interactions "$T/out")" "$(cat first)"
run shapley-int --players=patches:4x4 --rows=0:1 --background=digits8.npy --index=sv --double digits8.onnx digits8.npy
is 'evaluations counts coalitions, cost counts samples' "$(jq -c '[.evaluations, .cost.forward > 16]' "$T/out")" '[16,true]'
# One coalition, or one pair of them, has no scatter.
for sampling in adjusted leverage kernel; do
    run shapley-int --players=patches:2x2 --rows=0:1 --index=sv --sampling=$sampling --budget=4 digits8.onnx digits8.npy
    is "$sampling of 4 coalitions: no standard error is 0" "$(jq '[.interactions[].stderr] | any(. == 0)' "$T/out")" false
done
run shapley-int --rows=0:1 --set=20-24 --sampling=paired --budget=2 digits8.onnx digits8.npy
is '--sampling=paired has a standard error' "$(jq '.B_stderr > 0' "$T/out")" true
for sampling in stratified uniform paired; do
    run shapley-int --rows=0:1 --set=all --sampling=$sampling --budget=20 digits8.onnx digits8.npy
    is "$sampling: A has all players: one context, partitions not known to be the best" \
        "$(jq -c '[.exact, .greedy, .B_stderr, .T_stderr]' "$T/out")" '[false,true,0,null]'
done
for layout in '--partition=connected' '--partition=connected --adjacency=8' '--partition=any'; do
    # shellcheck disable=SC2086 # options
    run shapley-int --players=patches:2x2 --rows=0:1 --set=all $layout digits8.onnx digits8.npy
    is "$layout: bounds" "$(jq -c '[.B_min <= .B, .B <= .B_max, .T >= 0, .warnings[0]]' "$T/out")" \
        '[true,true,true,"partitions were found greedily"]'
    is "$layout: neighbours" "$(jq .params.adjacency "$T/out")" "$(echo "$layout" | grep -o '8$' || echo 4)"
done
run shapley-int --index=sv --double --target=0 product.onnx /dev/stdin
echo 2,1 >x.csv
run shapley-int --index=sv --double product.onnx x.csv
is 'Shapley values of x0 x1 + x1^2 / 2' "$(jq -c '[.interactions[].value]' "$T/out")" '[1,1.5]'
printf 'age,bp\n2,1\n' >x.csv
run shapley-int --index=sii --double --baseline=1 product.onnx x.csv
is 'a player equal to the baseline is left out' "$(jq -c '[.interactions[] | [.names, .value]]' "$T/out")" \
    '[[["age"],1]]'
run shapley-int --double product.onnx x.csv
is 'bT: names and x come before its own keys' \
    "$(jq -c '[.names, .x, .set_names]' "$T/out") $(jq -r 'keys_unsorted | join(" ")' "$T/out" | grep -o 'names x players set set_names')" \
    '[["age","bp"],[2,1],["age","bp"]] names x players set set_names'

# ---- A summary ----

# The interaction of the pair is x0 x1: 2, 4 and 0. In the last row x0 equals the baseline, so the
# record does not list the pair. Its mean is 2, and its standard error sqrt(4 / 3).
printf 'age,bp\n2,1\n4,1\n0,3\n' >rows.csv
run shapley-int --index=sii --double --summary --top=5 product.onnx rows.csv
clean '--summary'
is '--summary: one more line and its keys' "$(wc -l <"$T/out") $(tail -n 1 "$T/out" | jq -c 'keys_unsorted')" \
    '4 ["tool","version","summary"]'
is 'mean, error and share of a pair' "$(tail -n 1 "$T/out" | jq -c '.summary
    | .interactions[].stderr |= (. * 1e6 | round) | .interactions[].share |= (. * 1e6 | round)')" \
    '{"samples":3,"index":"sii","interactions":[{"set":[0,1],"names":["age","bp"],"mean":2,"stderr":1154701,"count":2,"share":666667}]}'
run shapley-int --index=sii --double --summary --top=5 -f text product.onnx rows.csv
is '--summary -f text' "$(grep -A 1 ^summary "$T/out" | tr -s ' ' | tr '\n' '|')" \
    'summary index sii samples 3| mean stderr share names|'
run shapley-int --double --summary -f text product.onnx rows.csv
is '--summary of bT -f text' "$(grep -A 1 ^summary "$T/out" | tr -s ' ' | tail -n 1)" ' together names'
run shapley-int --index=sv --double --summary product.onnx rows.csv
is '--summary: means of single players' "$(tail -n 1 "$T/out" | jq -c '[.summary.interactions[] | [.set[0], (.mean * 6 | round), .count]]')" \
    '[[1,17,3],[0,6,2]]'
printf '%s\n' -9,1 -9,1 >less.csv
run shapley-int --index=sv --double --summary product.onnx less.csv
is '--summary: sorted by magnitude' "$(tail -n 1 "$T/out" | jq -c '[.summary.interactions[] | [.set[0], .mean]]')" \
    '[[0,-4.5],[1,-4]]'
run shapley-int --double --summary product.onnx rows.csv
is '--summary: means of bT' "$(tail -n 1 "$T/out" | jq -c '[.summary.mean, (.summary.stderr | map_values(. * 1e6 | round))]')" \
    '[{"B":2,"B_max":2,"B_min":0,"T":2},{"B":1154701,"B_max":1154701,"B_min":0,"T":1154701}]'
is '--summary: how often pairs and blocks occur' "$(tail -n 1 "$T/out" | jq -c '.summary
    | [.sets, .pairs_max, .pairs_min, .blocks_max, .blocks_min | map([.names, .count])]')" \
    '[[[["age","bp"],3]],[[["age","bp"],2]],[],[[["age","bp"],2],[["age"],1],[["bp"],1]],[[["age"],3],[["bp"],3]]]'
run shapley-int --summary --rows=0:1 --double product.onnx rows.csv
is '--summary of one sample has no standard error' "$(tail -n 1 "$T/out" | jq -c '[.summary.samples, .summary.stderr.B]')" \
    '[1,null]'
run shapley-int --index=andor --double --summary product.onnx rows.csv
is '--summary of andor has kinds' "$(tail -n 1 "$T/out" | jq -c '[.summary.interactions[] | [.set, .kind, .mean]] | .[0]')" \
    '[[0,1],"and",2]'
run shapley-int --summary -f csv product.onnx rows.csv
is '--summary -f csv is refused' "$status $(head -n 1 "$T/err")" \
    '2 shapley-int: --summary is for -f json, without --resume'

# ---- Formats ----

run shapley-int --players=patches:4x4 --index=sii -f npy -o a.npy --rows=0:1 digits8.onnx digits8.npy
clean npy
is '-f npy: a matrix for each sample' "$(head -c 128 a.npy | grep -ao "'shape': ([0-9, ]*)")" "'shape': (1, 4, 4)"
run shapley-int --players=patches:4x4 --index=sv -f npy -o a.npy --rows=0:2 digits8.onnx digits8.npy
is '-f npy of order 1: a vector for each sample' "$(head -c 128 a.npy | grep -ao "'shape': ([0-9, ]*)")" "'shape': (2, 4)"
for kind in auto matrix network upset tokens overlay curve bars; do
    run shapley-int --players=patches:2x2 -f png --kind=$kind -o a.png --rows=0:1 digits8.onnx digits8.npy
    clean "--kind=$kind" 'found greedily'
    is "--kind=$kind: a PNG" "$(head -c 8 a.png | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a
done

# Players that equal the baseline, such as padding at the end of a text, are not drawn.
names() {
    sed -n '/<desc>/,/<\/desc>/p' a.svg | grep -cx '[01]'
}
printf '2,1\n' >two.csv
printf '2,0\n' >one.csv
run shapley-int -f svg --kind=network -o a.svg product.onnx two.csv
is '--kind=network: names of two players' "$status $(names)" '0 2'
run shapley-int -f svg --kind=network -o a.svg product.onnx one.csv
is '--kind=network leaves padding out' "$status $(names)" '0 1'
printf '0,0\n' >none.csv
run shapley-int -f png --kind=tokens -o a.png product.onnx none.csv
clean '--kind=tokens if all values are 0'
run shapley-int -f png --kind=upset -o b.png product.onnx none.csv
is '--kind=upset if all values are 0' "$status $(cat "$T/err") $(ls b.png 2>&1 | wc -l)" \
    '1 shapley-int: b.png: the record has no interactions to draw 1'

# ---- Refusals ----

refused() {
    want=$1 message=$2
    shift 2
    run shapley-int "$@"
    is "$*" "$status $(head -n 1 "$T/err")" "$want shapley-int: $message"
}
refused 2 "g1.json: '9' is no set of players" --load-game=g1.json --set=9
refused 2 "g1.json: '2-1' is no set of players" --load-game=g1.json --set=2-1
refused 2 "g1.json: '0,,1' is no set of players" --load-game=g1.json --set=0,,1
refused 2 "g1.json: '0/5' are no groups of players" --load-game=g1.json --index=owen --groups=0/5
refused 2 'g1.json: the window is wider than the players' --load-game=g1.json --window=4
refused 2 "g1.json: '0,1/1-2' are no groups of players" --load-game=g1.json --index=owen --groups=0,1/1-2
refused 2 '--set and --window exclude each other' --load-game=g1.json --set=0 --window=2
refused 2 '--search=gradient is for contiguous partitions' --load-game=g1.json --search=gradient --partition=any
refused 2 "'-1' does not fit option --tol: a number of at least 0" --load-game=g1.json --tol=-1
refused 2 "'nan' does not fit option --tie-tol: a number of at least 0" --load-game=g1.json --tie-tol=nan
refused 2 "'-0.5' does not fit option --threshold: a number of at least 0" --load-game=g1.json --threshold=-0.5
refused 2 '--absent draws from a --background' --absent=gaussian digits8.onnx digits8.npy
refused 2 '--absent draws for --layer-score=unit' --absent=copula --background=digits8.npy --layer-score=dot digits8.onnx digits8.npy
refused 2 "'nearest:0' is none of baseline, marginal, gaussian, copula, nearest:K" --absent=nearest:0 digits8.onnx digits8.npy
refused 2 "'x.csv' is one operand too many" --load-game=g1.json x.csv
refused 2 "no index 'best'; nearest: bT, sv, bv (see --list-indices)" --load-game=g1.json --index=best
refused 2 "g1.json: no sampling named 'best' for sii; nearest: kernel, sparse, adjusted" --load-game=g1.json --index=sii --sampling=best --budget=4
refused 1 'nothing.json: sample 0: nothing.json: No such file or directory' --load-game=nothing.json
refused 1 'none: No such file or directory' --load-game=g1.json --names=none
refused 2 "digits8.npy: 'bananas' is none of elements, columns, pixels, tokens[:AXIS], patches:HxW, grid:RxC, superpixels:N, file:LABELS.npy; nearest: tokens, elements, columns" \
    --players=bananas digits8.onnx digits8.npy
refused 5 "/nowhere/g.npy: No such file or directory" --load-game=g1.json --index=sv --save-game=/nowhere/g.npy
# Wrong game files. The message names the position.
while IFS='|' read -r text message; do
    printf "$text" >bad.json
    refused 1 "bad.json: sample 0: bad.json: $message" --load-game=bad.json
done <<'END'
|the file is empty
{"players":2}\n{"present":[0],"value":1}\n{"present":[0],"value":2}\n|line 3: the coalition has a value already
{"players":2}\n{"present":[1,1],"value":1}\n|line 2: player 1 is there twice
{"players":2}\n{"present":[2],"value":1}\n|line 2: a player is none of 0..1
{"players":2}\n{"present":[0],"value":1e999}\n|line 2: is not {"present":[players],"value":number}
{"players":2}\n{"present":"all","value":1}\n|line 2: is not {"present":[players],"value":number}
{"players":0}\n|line 1: is not {"players":n}, n = 1..65536
{"present":[],"value":1}\n|line 1: is not {"players":n}, n = 1..65536
END
{ echo '{"players":65}' && echo '{"present":[],"value":0}' &&
    printf '{"present":[%s],"value":1}\n' "$(seq -s, 0 64)"; } >wide.json
refused 2 'wide.json: 2 coalitions do not tell 65 terms apart; more are needed' --load-game=wide.json --index=sv
run shapley-int --load-game=wide.json --window=2 --budget=100
is 'a partial game without the contexts of bT' "$status $(cut -d'{' -f1 "$T/err")" \
    '1 shapley-int: wide.json: sample 0: the game has no value for '
# vector SHAPE VALUES...: writes an .npy of so many zeros, with any shape in its header.
vector() {
    head=$(printf "{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }" "$1")
    printf '\223NUMPY\1\0\166\0%-117s\n' "$head"
    head -c $((8 * $2)) /dev/zero
}
vector 8 8 >g.npy
run shapley-int --load-game=g.npy --index=sv
is 'a game of zeros' "$status $(jq -c '[.players, [.interactions[].value]]' "$T/out")" '0 [3,[0,0,0]]'
for bad in '6 6' '1 1' '8 7' '1073741824 8' '0 0'; do
    # shellcheck disable=SC2086 # two words
    vector $bad >bad.npy
    run shapley-int --load-game=bad.npy --index=sv
    is "a vector of $bad" "$status $(wc -l <"$T/err") $(cut -d: -f1-4 "$T/err")" \
        '1 1 shapley-int: bad.npy: sample 0: bad.npy'
done
echo '{"players":99999999}' >lie.json
refused 1 'lie.json: sample 0: lie.json: line 1: is not {"players":n}, n = 1..65536' --load-game=lie.json
# ---- Budgets and time ----

for budget in 100 1000; do
    run shapley-int --players=elements --rows=0:1 --set=all --partition=any --budget=$budget digits8.onnx digits8.npy
    is "a greedy search keeps within $budget" "$(jq -c "[.exact, .evaluations <= $budget, .evaluations > $budget / 2]" "$T/out")" \
        '[false,true,true]'
done
for index in sv fsii bT; do
    run shapley-int --players=patches:2x2 --index=$index --rows=0:1 digits8.onnx digits8.npy
    same='[.exact, .evaluations, .T, .partition_max, (.interactions // [] | .[].value)]
        | map(if type == "number" then . * 1e4 | round else . end)'
    jq -c "$same" "$T/out" >want
    run shapley-int --players=patches:2x2 --index=$index --rows=0:1 --max-time=1000 digits8.onnx digits8.npy
    is "$index: in time as without a limit" "$(jq -c "$same" "$T/out")" "$(cat want)"
done
# All 2^17 coalitions take longer than these limits. The first hundred take less than the longer one.
run shapley-int --players=patches:1x3 --index=sv --exact --rows=0:1 --max-time=0.3 digits8.onnx digits8.npy
is '--max-time: estimates instead of exact values' \
    "$(jq -c '[.partial, .exact, .evaluations > 0, .evaluations < 131072]' "$T/out")" '[true,false,true,true]'
is '--max-time: estimates have standard errors' "$(jq '[.interactions[].stderr] | all(. != null)' "$T/out")" true
run shapley-int --players=patches:1x3 --index=jointsv --exact --rows=0:1 --max-time=0.02 digits8.onnx digits8.npy
is '--max-time: jointsv, which has no estimates, fails' "$status $(jq -c '.error != null' "$T/out")" '1 true'
# ---- Blocks over the picture ----

run shapley-int --players=patches:2x2 --rows=0:1 -f svg -o blocks.svg digits8.onnx digits8.npy
is 'blocks are drawn over the picture' "$status $(grep -c '<image' blocks.svg | sed 's/^[1-9][0-9]*$/some/')" '0 some'
run shapley-int --set=0-3 --rows=0:1 -f svg -o row.svg "$DATA/diabetes.onnx" "$DATA/diabetes.csv"
is '-f svg of a table has no picture' "$status $(grep -c '<image' row.svg)" '0 0'
end

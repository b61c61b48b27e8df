#!/bin/sh
# shapley-int.t - indices of digits and of saved games; a game that is wrong.
. tests/tap.sh

DIGITS="--rows=0:1 $DATA/digits8.onnx $DATA/digits8.npy"

# shellcheck disable=SC2086 # several words
{
    run shapley-int --players=patches:4x4 --index=sv --double --save-game="$T/game.npy" $DIGITS
    is 'values: status' "$status" 0
    is 'values: players' "$(jq .players "$T/out")" 4
    is 'values: all coalitions' "$(jq .evaluations "$T/out")" 16
    is 'values: add up' "$(jq '[.interactions[].value] | add - 0' "$T/out" | cut -c 1-6)" \
        "$(jq '.v_full - .v_empty' "$T/out" | cut -c 1-6)"
    cp "$T/out" "$T/model"
    run shapley-int --load-game="$T/game.npy" --index=sv --double
    is 'from the game: status' "$status" 0
    is 'from the game: the same' "$(jq -c '[.interactions[].value]' "$T/out")" \
        "$(jq -c '[.interactions[].value]' "$T/model")"
    run shapley-int --players=patches:4x4 --set=all $DIGITS
    is 'a set: status' "$status" 0
    is 'a set: T' "$(jq '(.B_max - .B_min - .T) | fabs < 1e-9' "$T/out")" true
    run shapley-int --players=patches:4x4 --set=9 $DIGITS
    is 'a player that is not there' "$status" 2
    run shapley-int --players=bananas $DIGITS
    is 'players of no kind' "$status" 2
    for j in 1 2 3; do
        shapley-int -j $j --players=patches:2x2 --index=sii --order=2 $DIGITS | cksum
    done >"$T/sums"
    is 'any number of threads' "$(sort -u "$T/sums" | wc -l)" 1
}

printf '{"players":2}\n{"present":[],"value":0}\n{"present":[0],"value":1}\n' >"$T/game.json"
printf '{"present":[1],"value":2}\n{"present":[0,1],"value":7}\n' >>"$T/game.json"
run shapley-int --load-game="$T/game.json" --index=sii --order=2
is 'a game of two: status' "$status" 0
is 'a game of two' "$(jq -c '[.interactions[].value]' "$T/out")" '[3,4,4]'
echo '{"players":99999999}' >"$T/lie.json"
run shapley-int --load-game="$T/lie.json" --index=sv
is 'a game that lies' "$((status != 0))" 1
end

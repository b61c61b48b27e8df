#!/bin/sh
# localise.sh BUILD [SCENES] - prints the table of LOCALISATION in taylorcam(1). A relation network
# answers questions about objects in scenes. The table says how often its strongest relations are
# those of the objects in question.
#
# SORT_OF_CLEVR  a directory with soft.onnx, image.npy and scenes.json; without it nothing is done
# SCENES         the number of scenes, by default 20. Questions are asked about every colour. A
#                question counts if the answer is right and its objects are in different cells.
BUILD=$1 SCENES=${2:-20}
DIR=${SORT_OF_CLEVR:-../shared/models/sort_of_clevr}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
if [ ! -f "$DIR/soft.onnx" ]; then
    echo "no relation network in $DIR"
    exit 0
fi

# ask OPTION...: prints a line for every question: its kind, colour, and record.
ask() {
    for kind in 'nearest 0,1,1,0,0' 'farthest 0,1,0,1,0' 'count 0,1,0,0,1' 'one 1,0,1,0,0'; do
        for colour in 0 1 2 3 4 5; do
            echo 0 0 0 0 0 0 | awk -v c=$((colour + 1)) -v k="${kind#* }" \
                '{ $c = 1; gsub(" ", ","); print $0 "," k }' > "$T/question.csv"
            "$BUILD/bin/taylorcam" --double --rows=":$SCENES" -i question="$T/question.csv" "$@" \
                "$DIR/soft.onnx" "$DIR/image.npy" |
                jq -c --arg kind "${kind% *}" --argjson colour $colour \
                    '{ $kind, $colour, record: . }' || exit
        done
    done
}

# hits WHICH: for each kind of question on stdin, the share whose first pair hits, and of which one
# of the first five hits. WHICH is pairs, chance, or the name of a map. A pair of a map's cells has
# the product of their values.
hits() {
    jq -rn --arg which "$1" --slurpfile known "$DIR/scenes.json" '
        def distance(a; b): (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y);
        def cell: .cell[0] * 5 + .cell[1];
        # The objects that the answer may refer to, and the right answer.
        def meant(kind; o; asked):
            [range(6) | select(. != asked)] as $others |
            if kind == "one" then [[], o[asked].shape]
            elif kind == "count" then
                [$others, ([o[] | select(.shape == o[asked].shape)] | length | tostring)]
            else ($others | sort_by(distance(o[.]; o[asked])) |
                if kind == "nearest" then first else last end) as $one | [[$one], o[$one].shape]
            end;
        def all_pairs: [range(25) as $i | range($i + 1; 25) as $j | [$i, $j]];
        def ranked(record):
            if $which == "pairs" then
                [record.pairs[] | [.a[0] * 5 + .a[1], .b[0] * 5 + .b[1]]]
            else record[$which].values as $map |
                all_pairs | sort_by(-$map[.[0]] * $map[.[1]]) end | .[:5];
        def is_hit(kind; asked; answers):
            if kind == "one" then index(asked) != null
            else . as $pair | any(answers[]; ([asked, .] | sort) == $pair) end;
        # The chance that at least one of n random pairs hits, if `good` of 300 do.
        def chance(n; good): 1 - reduce range(n) as $k (1; . * (300 - good - $k) / (300 - $k));
        def mean: if length > 0 then add / length * 100 | round / 100 else 0 end;
        reduce inputs as $q ({};
            $known[0].scenes[$q.record.index].objects as $o |
            ($o | map(.colour) |
                index(["red", "green", "blue", "orange", "gray", "yellow"][$q.colour])) as $asked |
            meant($q.kind; $o; $asked) as [$others, $right] |
            ($o[$asked] | cell) as $a | [$o[$others[]] | cell] as $cells |
            if $known[0].answers[$q.record.target.index] != $right or
                ($cells | index($a)) != null then .
            else
                (if $which == "chance" then
                    ([all_pairs[] | select(is_hit($q.kind; $a; $cells))] | length) as $good |
                    [chance(1; $good), chance(5; $good)]
                else
                    [ranked($q.record)[] | is_hit($q.kind; $a; $cells)] |
                    [if .[0] then 1 else 0 end, if any then 1 else 0 end] end) as $hit |
                .[$q.kind] += [$hit]
            end) |
        [.nearest, .farthest, .count, .one | map(.[0]) as $first | map(.[1]) as $five |
            "\($first | mean) \($five | mean) (\(length))"] | join("\t")'
}

row() {
    printf '%-20s %s\n' "$1" "$2"
}

printf '%-20s %s\n' '' 'nearest	farthest	count	one object	(of questions)'
for form in paper taylor occlusion; do
    for score in logprob logit; do
        ask --form=$form --score=$score --cam=layercam,gradcam > "$T/$form-$score" || exit
        row "$form, $score" "$(hits pairs < "$T/$form-$score")"
    done
done
for map in layercam gradcam; do
    row "$map, logprob" "$(hits $map < "$T/paper-logprob")"
done
row chance "$(hits chance < "$T/paper-logprob")"

#!/bin/sh
# endurance.sh BUILD SECONDS RECORDS KILLS TRIALS - long runs. Memory stays flat over RECORDS
# samples. A fit that is killed KILLS times is resumed and gives the same bytes. TRIALS runs with
# other threads and shards give the same bytes. Commands of all kinds run until SECONDS are over.
# Each part has a share of the time, and prints how far it came.
set -u
case $1 in /*) BUILD=$1 ;; *) BUILD=$(pwd)/$1 ;; esac
seconds=$2 records=$3 kills=$4 trials=$5
PATH=$BUILD/bin:$PATH
data=$(pwd)/tests/data
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
cd "$T" || exit 1
ln -s "$data"/* .
bad=0
began=$(date +%s)

complain() {
    bad=$((bad + 1))
    echo "endurance: $*"
}

# until_share PERCENT: whether less than this share of the time has passed.
until_share() {
    [ $(($(date +%s) - began)) -lt $((seconds * $1 / 100)) ]
}

# draw N: sets $drawn to a number below N. The sequence is the same in each run.
state=1
draw() {
    state=$(((state * 1103515245 + 12345) % 2147483648))
    drawn=$((state / 65536 % $1))
}

# ---- Flat memory ----

# Prints rows of ten numbers without end.
rows() {
    awk 'BEGIN { srand(7); for (;;) { for (k = 0; k < 10; k++) printf "%s%.4f", k ? "," : "", rand() - 0.5; print "" } }'
}

# anonymous PID: prints the kilobytes of the process's own memory.
anonymous() {
    sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null
}

# flat PERCENT COMMAND...: the memory after a tenth of the records may grow by at most a megabyte
# until the end. Sanitizers, which keep freed memory, are exempt ($SAN).
flat() {
    share=$1
    shift
    mkfifo samples
    rows 2>/dev/null | head -n "$records" >samples &
    "$@" - <samples >results 2>said &
    pid=$!
    early=0 late=0
    while now=$(anonymous $pid) && [ -n "$now" ]; do
        n=$(wc -l <results)
        until_share "$share" || kill $pid 2>/dev/null
        if [ "$n" -lt $((records / 10)) ] && [ "$now" -gt "$early" ]; then
            early=$now
        elif [ "$now" -gt "$late" ]; then
            late=$now
        fi
        sleep 0.2
    done
    wait $pid
    status=$?
    n=$(wc -l <results)
    rm -f samples
    echo "$1: $n records, $early KB in the first tenth, $late KB after it"
    [ -n "${SAN-}" ] || [ "$late" -le $((early + 1024)) ] || complain "$1: memory grows: $early KB, then $late KB"
    [ $status -eq 0 ] || [ $status -eq 143 ] || complain "$1: status $status: $(head -n 1 said)"
    [ $status -eq 143 ] || [ "$n" -eq "$records" ] || complain "$1: $n records of $records"
}
flat 20 ggig -q -j1 -f json --method=ig --steps=4 diabetes.onnx
flat 45 shapley-int -q -j1 -f json --index=sv --order=1 --budget=64 diabetes.onnx

# ---- Kills ----

fit() {
    flint-fit digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=4 -q \
        --checkpoint=fit.ckpt --checkpoint-secs=0 "$@"
}
fit -o whole.onnx --log=whole.log >whole.json 2>said || complain "flint-fit: $(head -n 1 said)"
killed=0 resumed=0
while [ "$killed" -lt "$kills" ] && until_share 65; do
    rm -f fit.ckpt fit.onnx fit.log
    # A fit is killed up to five times, each time after a random moment.
    for _ in 1 2 3 4 5; do
        draw 400
        timeout -s KILL "0.$(printf %03d $((drawn + 10)))" flint-fit digits8.onnx -x digits8.npy \
            --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=4 -q --checkpoint=fit.ckpt \
            --checkpoint-secs=0 --resume -o fit.onnx --log=fit.log >/dev/null 2>&1
        [ $? -eq 137 ] || break
        killed=$((killed + 1))
        [ ! -e fit.onnx ] || cmp -s fit.onnx whole.onnx || complain 'a fit that was killed left a part'
    done
    fit --resume -o fit.onnx --log=fit.log >fit.json 2>said || complain "flint-fit --resume: $(head -n 1 said)"
    cmp -s fit.onnx whole.onnx || complain "after $killed kills: another file"
    resumed=$((resumed + 1))
done
echo "flint-fit: $killed kills, $resumed fits gone on with to the same bytes"

# ---- Equal bytes ----

cat >commands <<'END'
onnx-run --rows=0:9 digits8.onnx digits8.npy
ggig --method=ig --steps=8 --rows=0:6 digits8.onnx digits8.npy
ggig --method=smoothgrad --samples=20 --rows=0:5 digits8.onnx digits8.npy
ggig --method=gradcam --rows=0:6 digits8.onnx digits8.npy
shapley-int --players=patches:4x4 --index=sii --rows=0:5 digits8.onnx digits8.npy
shapley-int --index=sv --order=1 --budget=100 --rows=0:7 diabetes.onnx diabetes.csv
xderiv --smooth=softplus:5 --players=patches:4x4 --rows=0:4 digits8.onnx digits8.npy
taylorcam --smooth=softplus:5 --rows=0:3 digits8.onnx digits8.npy
attr-decompose --methods=gxi,occ1,lrp-eps --rows=0:5 diabetes.onnx diabetes.csv
flint-explain --rows=0:5 whole.onnx digits8.npy
END
lines=$(wc -l <commands)
for i in $(seq "$lines"); do
    # shellcheck disable=SC2046 # words
    $(sed -n "${i}p" commands) -q -f json >"want.$i" 2>said || complain "command $i: $(head -n 1 said)"
done
n=0
while [ "$n" -lt "$trials" ] && until_share 80; do
    draw "$lines"
    i=$((drawn + 1))
    command=$(sed -n "${i}p" commands)
    draw 4
    j=$(echo 1 2 3 8 | cut -d ' ' -f $((drawn + 1)))
    draw 3
    shards=$((drawn + 1)) k=0
    while [ "$k" -lt "$shards" ]; do
        $command -q -f json -j "$j" --shard=$k/$shards 2>&1
        k=$((k + 1))
    done | LC_ALL=C sort >parts
    LC_ALL=C sort "want.$i" | cmp -s - parts || complain "other bytes: $command -j $j, $shards shards"
    n=$((n + 1))
done
echo "equal bytes: $n trials over -j 1, 2, 3, 8 and one to three shards"

# ---- Commands of all kinds ----

cat >>commands <<'END'
onnx-run --list squeezenet.onnx
ggig --method=gradcam --resize=227x227 squeezenet.onnx dog.png
ggig --method=ig --steps=2 --double --rows=0:3 review.onnx review.npy
xderiv --rows=0:9 diabetes.onnx diabetes.csv
flint-global whole.onnx digits8.npy
attr-score --metric=insertion --map=want.2 --rows=0:6 digits8.onnx digits8.npy
flint-visualize --subset=2 whole.onnx digits8.npy
END
more=$(wc -l <commands)
n=0
while until_share 100; do
    draw "$more"
    i=$((drawn + 1))
    # shellcheck disable=SC2046 # words
    timeout 120 $(sed -n "${i}p" commands) -q -f json >got 2>said
    status=$?
    [ $status -eq 0 ] || complain "status $status: $(sed -n "${i}p" commands): $(head -n 1 said)"
    [ -e "want.$i" ] || cp got "want.$i"
    cmp -s got "want.$i" || complain "other bytes: $(sed -n "${i}p" commands)"
    n=$((n + 1))
done
echo "mixed: $n commands"
[ $bad -eq 0 ]

#!/bin/sh
# engines.sh - runs the tools under job engines on this machine: xargs, make, GNU parallel here and
# over ssh, a Slurm job array, and the rules of Spark's pipe(). `make check-engines` runs it. It
# installs what is missing if it may. A part whose programs are missing is skipped. Daemons have
# their own keys, ports and configurations in a temporary directory, and end with the script.
#
# ROUNDS  how often the speed of two workers is measured (3)
# shellcheck disable=SC2016 # $ is for the shell of a job
. tests/tap.sh
PATH=$PATH:/usr/sbin:/sbin
SLURM_CONF=$T/slurm/conf PARALLEL_HOME=$T/parallel
export SLURM_CONF PARALLEL_HOME
mkdir "$T/slurm" "$T/parallel" "$T/work"
touch "$T/parallel/will-cite"
daemons=
# On a machine with other work, measured speeds mean nothing.
busy=$(awk -v n="$(nproc)" '$1 > n / 2 { print $1 }' /proc/loadavg)

# family PID: prints the ids of a process and of all its descendants.
family() {
    for pid in $(ps -o pid= --ppid "$1"); do
        family "$pid"
    done
    echo "$1"
}

cleanup() {
    for pid in $daemons; do
        # shellcheck disable=SC2046 # numbers
        kill -9 $(family "$pid") 2>/dev/null
    done
    [ -z "${made_run_sshd-}" ] || rmdir /run/sshd
    rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# needs PACKAGE PROGRAM...: whether the programs are there. Otherwise says what is skipped.
needs() {
    package=$1
    shift
    for program; do
        have "$program" || {
            echo "skipped: needs $program (Debian package $package)"
            return 1
        }
    done
}

# within SECONDS COMMAND...: whether the command succeeds within this time.
within() {
    tries=$(($1 * 20))
    shift
    until "$@" 2>/dev/null; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.05
    done
}

# rows N: prints the header of diabetes.csv and N rows, which repeat its rows.
rows() {
    awk -v n="$1" 'NR == 1 { print; next } { row[NR - 2] = $0 }
                   END { for (i = 0; i < n; i++) print row[i % (NR - 1)] }' diabetes.csv
}

# together NAME: the shards NAME.0 to NAME.3, one line of each in turn, are equal to a single run.
together() {
    ok "$1: nothing lost, nothing twice" eval "paste -d '\n' $1.0 $1.1 $1.2 $1.3 | cmp - whole"
    [ "$tap_status" -ne 0 ] || rm "$1".[0-3]
}

cd "$T/work" || exit 1
ln -s "$DATA"/diabetes.* "$DATA"/digits8.* "$DATA"/picture*.png .
rows 2000 >rows.csv
EXPLAIN="$BUILD/bin/ggig -q -j1 --method=ig --steps=4000 --times-input diabetes.onnx rows.csv"
ok 'one run' eval "$EXPLAIN >whole"
is 'one run: a line for each row' "$(wc -l <whole)" 2000

# ---- xargs and make ----

ok 'xargs -P' eval "seq 0 3 | xargs -P2 -I% $EXPLAIN --shard=%/4 -o xargs.%"
together xargs
ok 'xargs -P: a file for each picture' eval "ls picture*.png |
    xargs -P2 -n2 ggig -q -j1 --method=ig -f png -o maps/ digits8.onnx"
is 'xargs -P: all are there' "$(ls maps | wc -l)" "$(ls picture*.png | wc -l)"

cat >Makefile <<'END'
all: $(patsubst %.png,%.json,$(wildcard picture*.png))
%.json: %.png digits8.onnx
	ggig -q -j1 --method=ig -o $@ digits8.onnx $<
END
ok 'make -j' make -s -j2
is 'make -j: all are there' "$(cat picture*.json | jq -r .id | sort | tr '\n' ' ')" "$(echo picture*.png) "
ok 'make: nothing is left to do' make -q
rm picture-gray.json
is 'make: only what is missing is made' "$(env -u MAKEFLAGS make -j2 | grep -c '^ggig')" 1

# ---- GNU parallel ----

gnu_parallel() {
    needs parallel parallel && parallel --version 2>/dev/null | grep -q '^GNU parallel' ||
        { echo 'skipped: parallel is not GNU parallel' && false; }
}

if gnu_parallel; then
    ok 'parallel' parallel -j2 "$EXPLAIN --shard={}/4 -o parallel.{}" ::: 0 1 2 3
    together parallel
fi

# worker NAME PORT: starts an sshd whose sessions know its name.
worker() {
    dir=$T/ssh/$1
    mkdir "$dir"
    ssh-keygen -q -t ed25519 -N '' -f "$dir/host"
    cat >"$dir/config" <<END
ListenAddress 127.0.0.1
Port $2
HostKey $dir/host
PidFile $dir/pid
AuthorizedKeysFile $T/ssh/key.pub
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
SetEnv WORKER=$1
END
    printf 'Host %s\nHostName 127.0.0.1\nPort %s\n' "$1" "$2" >>"$T/ssh/config"
    printf '[127.0.0.1]:%s %s\n' "$2" "$(cut -d ' ' -f 1,2 "$dir/host.pub")" >>"$T/ssh/known"
    "$(command -v sshd)" -D -f "$dir/config" -E "$dir/log" &
    daemons="$daemons $!"
    within 10 test -s "$dir/pid"
}

# Sets $begun to the shard that worker b has begun.
b_is_busy() {
    for n in 0 1 2 3; do
        begun=$n
        [ "$(cat "where.$n")" = b ] && [ "$(wc -l <"ssh.$n")" -ge 5 ] && return
    done
    return 1
}

if needs openssh-server sshd ssh && needs procps ps && gnu_parallel; then
    mkdir "$T/ssh"
    ssh-keygen -q -t ed25519 -N '' -f "$T/ssh/key"
    printf 'Host *\nIdentityFile %s\nIdentitiesOnly yes\nUserKnownHostsFile %s\n' \
        "$T/ssh/key" "$T/ssh/known" >"$T/ssh/config"
    if [ "$(id -u)" -eq 0 ] && mkdir /run/sshd 2>/dev/null; then
        made_run_sshd=1
    fi
    port=$((20000 + $$ % 10000))
    ok 'ssh: two workers' eval "worker a $port && worker b $((port + 1))"
    parallel --ssh "ssh -F $T/ssh/config" -S 1/a,1/b --retries 3 --wd "$T/work" --joblog jobs \
        "echo \$WORKER >where.{}; exec $EXPLAIN --shard={}/4 --resume -o ssh.{}" ::: 0 1 2 3 2>ssh.log &
    all=$!
    ok 'ssh: a worker is in the middle of its shard' within 60 b_is_busy
    # shellcheck disable=SC2046 # numbers
    kill -9 $(family "$(cat "$T/ssh/b/pid")")
    done=$(wc -l <"ssh.$begun")
    ok "ssh: it is killed after $done of 500 lines" test "$done" -lt 500
    ok 'ssh: the other takes its work' wait $all
    is 'ssh: it was that' "$(cat "where.$begun")" a
    together ssh
fi

# ---- Slurm ----

slurm() {
    here=$(uname -n | cut -d. -f1) dir=$T/slurm port=$((31000 + $$ % 1000 * 2)) me=$(id -un)
    mkdir "$dir/state" "$dir/spool"
    head -c 1024 /dev/urandom >"$dir/key"
    chmod 600 "$dir/key"
    cat >"$SLURM_CONF" <<END
ClusterName=sextant
SlurmctldHost=$here(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$dir/socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
NodeName=$here NodeAddr=127.0.0.1 CPUs=2
PartitionName=all Nodes=$here Default=YES State=UP
END
    munged --foreground --force --key-file="$dir/key" --socket="$dir/socket" --pid-file="$dir/munged.pid" \
        --seed-file="$dir/seed" --log-file="$dir/munged.log" >/dev/null 2>&1 &
    daemons="$daemons $!"
    within 10 test -S "$dir/socket" || return
    slurmctld -D >/dev/null 2>&1 &
    daemons="$daemons $!"
    slurmd -D >/dev/null 2>&1 &
    daemons="$daemons $!"
    within 30 eval 'sinfo -h -o %t | grep -qx idle'
}

if needs slurm-wlm slurmctld slurmd sbatch sinfo && needs munge munged && needs procps ps; then
    ok 'Slurm: a controller and a node' slurm
    # A killed task has left complete lines and an incomplete one.
    $EXPLAIN --shard=1/4 | head -c 100000 >slurm.1
    ok 'Slurm: a job array that goes on' sbatch --parsable --wait --array=0-3 -o /dev/null \
        --wrap "$EXPLAIN --shard=\$SLURM_ARRAY_TASK_ID/4 --resume -o slurm.\$SLURM_ARRAY_TASK_ID"
    together slurm
    ok 'Slurm: a job that fails says so' not sbatch --wait -o /dev/null --wrap 'ggig --no-such-option'
fi

# ---- Spark ----

# pipe_rdd PARTITIONS LINES COMMAND...: does what Spark's pipe() does with partitions. The lines of
# a partition are written to the standard input of the command. The lines of its standard output are
# the result. A status that is not 0 fails the job. Standard error is passed on.
pipe_rdd() {
    partitions=$1 lines=$2 failed=0 jobs=
    shift 2
    rm -f partition.*
    split -d -n "l/$partitions" "$lines" partition.
    for partition in partition.??; do
        "$@" <"$partition" >"$partition.out" &
        jobs="$jobs $!"
    done
    for job in $jobs; do
        wait "$job" || failed=1
    done
    cat partition.??.out
    return $failed
}

awk '{ print "row" NR "," $0 }' diabetes.csv | sed 1d >lines
SPARK="ggig -q -j1 --method=ig --times-input --header=no --id-column=0 diabetes.onnx -"
run pipe_rdd 3 lines sh -c "$SPARK"
clean 'Spark'
is 'Spark: a line for each line, in order' "$(jq -r .id "$T/out" | paste -s -d ,)" "$(cut -d , -f 1 lines | paste -s -d ,)"
ls picture*.png >files
run pipe_rdd 2 files sh -c 'ggig -q -j1 --method=ig --files-from=- digits8.onnx'
clean 'Spark: names of files'
is 'Spark: names of files: a line for each' "$(jq -r .id "$T/out")" "$(cat files)"
sed -i '5s/,[^,]*$/,much/' lines
run pipe_rdd 3 lines sh -c "$SPARK"
is 'Spark: a bad line fails the job' "$status" 1
is 'Spark: a bad line has its line' "$(wc -l <"$T/out") $(jq -r 'select(.error) | .id' "$T/out")" '20 row6'
ok 'Spark: a bad line is told on standard error' grep -q much "$T/err"
run pipe_rdd 3 lines sh -c "$SPARK || test \$? -eq 1"
is 'Spark: the job can go on all the same' "$status $(wc -l <"$T/out")" '0 20'
: >none
run pipe_rdd 2 none sh -c 'ggig -q --files-from=- digits8.onnx'
is 'Spark: an empty partition' "$status $(wc -c <"$T/out")" '0 0'

# ---- The speed of two workers ----

now() {
    date +%s%N
}

best_one='' best_two=''
for round in $(seq "${ROUNDS:-3}"); do
    start=$(now)
    $EXPLAIN -o one
    middle=$(now)
    $EXPLAIN --shard=0/2 -o two.0 &
    $EXPLAIN --shard=1/2 -o two.1
    wait $!
    stop=$(now)
    one=$(((middle - start) / 1000000)) two=$(((stop - middle) / 1000000))
    echo "# round $round: one worker $one ms, two workers $two ms"
    [ -n "$best_one" ] && [ "$best_one" -lt $one ] || best_one=$one
    [ -n "$best_two" ] && [ "$best_two" -lt $two ] || best_two=$two
done
ok 'two workers: the same lines' eval "paste -d '\n' two.0 two.1 | cmp - one"
echo "2,000 samples: one worker $best_one ms, two $best_two ms: $((best_one * 100 / best_two)) %"
if [ "$(nproc)" -lt 2 ]; then
    echo 'skipped: needs two processors'
elif [ -n "$busy" ]; then
    echo "skipped: needs a machine without other work (load $busy)"
else
    ok 'two workers are at least 1.6 times as fast' test $((best_one * 100 / best_two)) -ge 160
fi
end

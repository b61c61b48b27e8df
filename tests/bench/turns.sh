# shellcheck shell=sh
# turns.sh - lets two timers (see timer.h) alternate, so that both see the same machine.
#
#   turns OURS PEER    runs two command lines; PEER may be empty. Writes lines of "SECONDS
#                      MEGABYTES" to $T/ours and $T/peer. Sets $operations and $bytes of ours.
#                      Fails if ours fails
#
# Each timer has at least three turns, or two that take LONG_SECONDS, and more until BENCH_SECONDS
# have passed. If that is 0, each has one.
BENCH_SECONDS=${BENCH_SECONDS:-4}
LONG_SECONDS=15
trap '' PIPE

# If a timer has ended, there is nothing to read.
turn_ours() {
    echo >&3
    read -r line <&4 && echo "$line" >>"$T/ours"
}

turn_peer() {
    echo >&5
    read -r line <&6 && echo "$line" >>"$T/peer"
}

take_turns() {
    start=$(date +%s) n=0 spent=0 least=3
    [ "$BENCH_SECONDS" -gt 0 ] || least=1
    while [ $n -lt $least ] || { [ $n -lt 200 ] && [ $spent -lt "$BENCH_SECONDS" ]; }; do
        turn_ours 2>>"$T/err" || return
        [ -z "$1" ] || turn_peer 2>>"$T/err" || return 0
        sleep 0.02 # lets the threads of one sleep before the other begins
        n=$((n + 1)) spent=$(($(date +%s) - start))
        [ $n -lt 2 ] || [ $spent -lt $LONG_SECONDS ] || return 0
    done
}

turns() {
    rm -f "$T/1" "$T/2" "$T/3" "$T/4"
    mkfifo "$T/1" "$T/2" "$T/3" "$T/4"
    : >"$T/ours"
    : >"$T/peer"
    : >"$T/err"
    operations=0 bytes=0
    sh -c "exec $1" <"$T/1" >"$T/2" 2>>"$T/err" &
    exec 3>"$T/1" 4<"$T/2"
    [ -z "$2" ] || sh -c "exec $2" <"$T/3" >"$T/4" 2>>"$T/err" 3>&- 4<&- &
    [ -z "$2" ] || exec 5>"$T/3" 6<"$T/4"
    # shellcheck disable=SC2034 # for bench.sh
    read -r word operations bytes <&4 && [ "$word" = ready ] &&
        { [ -z "$2" ] || read -r word line <&6; }
    take_turns "$2"
    exec 3>&- 4<&- 5>&- 6<&-
    wait
    [ -s "$T/ours" ]
}

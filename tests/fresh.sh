#!/bin/sh
# fresh.sh SUITE - runs the two commands of the README on the last commit, on a fresh Debian or
# Ubuntu SUITE. The system is made by debootstrap in a temporary directory, with its own mounts and
# processes. It is removed in any case.
#
# MIRROR       where the suite's packages are
# DEBOOTSTRAP  the command, with further options
set -u
suite=$1

fail() {
    echo "fresh: $*" >&2
    exit 1
}

# inside: the part that runs in its own namespace. The mounts end with the namespace.
inside() {
    components=main script=
    if ! grep -qs debian "/usr/share/debootstrap/scripts/$suite" && [ "$suite" != trixie ]; then
        components=main,universe script=/usr/share/debootstrap/scripts/gutsy
        MIRROR=${MIRROR:-http://archive.ubuntu.com/ubuntu}
    fi
    # shellcheck disable=SC2086 # words, or nothing
    ${DEBOOTSTRAP:-debootstrap} --variant=minbase --components=$components --include=make,ca-certificates \
        "$suite" "$root" "${MIRROR:-http://deb.debian.org/debian}" $script >"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        fail "no root of $suite"
    }
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || fail 'no mounts'
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    mkdir "$root/sextant" && git archive HEAD | tar -x -C "$root/sextant" || fail 'no copy'
    for command in demo check; do
        echo "make $command on $suite"
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root http_proxy="${http_proxy-}" \
            chroot "$root" make --no-print-directory -C /sextant "$command" || fail "make $command failed on $suite"
    done
}

if [ -n "${FRESH_ROOT-}" ]; then
    root=$FRESH_ROOT
    inside
    exit
fi
[ "$(id -u)" -eq 0 ] || fail 'needs root'
for command in debootstrap unshare git; do
    command -v $command >/dev/null || fail "needs $command (Debian packages debootstrap, util-linux, git)"
done
root=$(mktemp -d "${TMPDIR:-/var/tmp}/sextant-$suite.XXXXXX") || exit 1
trap 'rm -rf --one-file-system "$root" "$root.log"' EXIT
chmod 755 "$root"
FRESH_ROOT=$root unshare --mount --propagation private --pid --fork --kill-child sh "$0" "$suite" &
child=$!
# When the first process of a namespace ends, all others do. unshare waits for them.
# shellcheck disable=SC2016 # when it happens
trap 'kill -KILL $(cat /proc/$child/task/$child/children); wait $child; exit 1' HUP INT TERM
wait $child

#!/bin/sh
# setup.sh PACKAGE... - installs those Debian packages that are missing; does nothing, and needs
# neither root nor network, when all are there.
set -u

if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian system; this is needed: $*" >&2
    exit 0
fi
missing=
for package; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    echo "setup: neither root nor sudo; install these packages:$missing" >&2
    exit 1
fi
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >>"$log" 2>&1
}
echo "Installing:$missing"
apt update
# shellcheck disable=SC2086 # a list of words
if ! apt install --no-install-recommends $missing; then
    tail -n 20 "$log" >&2
    echo "setup: apt-get could not install:$missing" >&2
    exit 1
fi

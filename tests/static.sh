#!/bin/sh
# static.sh DIRECTORY - builds DIRECTORY/libcjson.a from Debian's source package. Of all libraries
# that the tools need, only this one has no static library in its development package.
set -u
at=$1
fail() {
    echo "static: $*" >&2
    exit 1
}
[ ! -s "$at/libcjson.a" ] || exit 0
command -v apt-get >/dev/null && [ -r /etc/os-release ] || fail "no apt-get here; put a libcjson.a into $at"
# shellcheck disable=SC1091 # names the suite
. /etc/os-release
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$at" "$work/lists/partial"
echo "deb-src ${MIRROR:-http://deb.debian.org/debian} $VERSION_CODENAME main" >"$work/sources"
apt() {
    (cd "$work" && apt-get -qq -o "Dir::Etc::sourcelist=$work/sources" -o Dir::Etc::sourceparts=/dev/null \
        -o "Dir::State::lists=$work/lists" "$@") >"$work/log" 2>&1 || {
        tail -n 5 "$work/log" >&2
        fail "no source package of cJSON"
    }
}
apt update
apt source --download-only cjson
mkdir "$work/cjson" && tar -x -C "$work/cjson" --strip-components=1 -f "$work"/cjson_*.orig.tar.gz &&
    ${CC:-cc} -O2 -c -o "$work/cJSON.o" "$work/cjson/cJSON.c" && ar rcs "$at/libcjson.a" "$work/cJSON.o" ||
    fail "cJSON does not compile"

#!/bin/sh
# setup.sh [--only-say] PACKAGE... - installs those Debian or Ubuntu packages whose part is missing.
# If none is missing it does nothing, and needs neither root nor network. With --only-say, or
# without apt-get, it prints a line for each missing part, and fails.
set -u
CC=${CC:-cc} PKG_CONFIG=${PKG_CONFIG:-pkg-config} PROTO=${PROTO:-/usr/include/onnx/onnx.proto}

# header COMPILER NAME [FLAG]...: whether the compiler finds a header.
header() {
    compiler=$1 name=$2
    shift 2
    # shellcheck disable=SC2086 # may be two words
    echo "#include <$name>" | $compiler "$@" -E -x c - >/dev/null 2>&1
}

# present PACKAGE: whether the package's part is there, whoever installed it. Sets $part to its
# name.
present() {
    part=$1
    case $1 in
    libpng-dev | libjpeg-dev | libcjson-dev | nettle-dev | libprotobuf-c-dev | zlib1g-dev | check)
        part=${1%-dev}
        part=${part%1g}
        $PKG_CONFIG --exists "$part" 2>/dev/null
        ;;
    build-essential) part=$1 && dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii' ;;
    debhelper) part=$1 && command -v dh >/dev/null ;;
    libc6-dev) part='the C library' && header "$CC" stdio.h ;;
    libdnnl-dev) part='oneDNN, which make DNNL=0 leaves out' && header "$CC" oneapi/dnnl/dnnl.h ;;
    libpango1.0-dev) part='pango, which make DRAW=0 leaves out' && $PKG_CONFIG --exists pangocairo cairo-svg cairo-pdf 2>/dev/null ;;
    libseccomp-dev) part='libseccomp, which make SANDBOX=0 leaves out' && $PKG_CONFIG --exists libseccomp 2>/dev/null ;;
    fonts-dejavu-core) part='a font' && test -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' 2>/dev/null | head -n 1)" ;;
    libomp-dev) part="clang's omp.h" && header clang omp.h -fopenmp ;;
    libonnx-dev) part="onnx.proto, which PROTO= may name" && test -f "$PROTO" ;;
    libonnx-testdata) part="ONNX's test data" && test -d /usr/share/libonnx-testdata ;;
    gcc) part=$CC && $CC --version >/dev/null 2>&1 ;;
    protobuf-c-compiler) part=protoc-c && command -v protoc-c >/dev/null ;;
    slurm-wlm) part=Slurm && PATH=$PATH:/usr/sbin command -v slurmctld >/dev/null ;;
    nodejs) part=node && command -v node >/dev/null ;;
    python3-onnx) part="Debian's python3-onnx" && /usr/bin/python3 -c 'import onnx' 2>/dev/null ;;
    munge) part=munged && PATH=$PATH:/usr/sbin command -v munged >/dev/null ;;
    openssh-server) part=sshd && PATH=$PATH:/usr/sbin command -v sshd >/dev/null ;;
    openssh-client) part=ssh && command -v ssh >/dev/null ;;
    procps) part='ps' && command -v ps >/dev/null ;;
    universal-ctags) part='ctags' && command -v ctags >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

only_say=
if [ "${1-}" = --only-say ]; then
    only_say=1
    shift
fi
missing=
for package; do
    present "$package" && continue
    missing="$missing $package"
    if [ -n "$only_say" ] || ! command -v apt-get >/dev/null; then
        echo "missing: $part (Debian package $package)" >&2
    fi
done
[ -n "$missing" ] || exit 0
[ -z "$only_say" ] || exit 1
if ! command -v apt-get >/dev/null; then
    echo 'setup: no apt-get here; README names the packages of other systems' >&2
    exit 1
fi

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

#!/bin/sh
# install.t - make install puts everything where a program can be built on it; uninstall takes it back.
. tests/tap.sh

# The tests may run under make with other variables, which must not reach this one.
make_here() {
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s DESTDIR="$T/root" PREFIX=/opt/sextant \
        BUILD="${BUILD#"$TOP/"}" SAN="${SAN-}" "$@"
}
at=$T/root/opt/sextant

ok 'make install' make_here install
for tool in onnx-run ggig; do
    is "$tool runs" "$("$at/bin/$tool" --version | cut -d ' ' -f 1)" $tool
    ok "$tool has its page" test -s "$at/share/man/man1/$tool.1"
    ok "$tool has completion" test -s "$at/share/bash-completion/completions/$tool"
    is "$tool has completion for zsh" "$(head -n 1 "$at/share/zsh/site-functions/_$tool")" "#compdef $tool"
    ok "$tool has completion for fish" test -s "$at/share/fish/vendor_completions.d/$tool.fish"
done
ok 'sextant(7)' test -s "$at/share/man/man7/sextant.7"
ok 'documentation' test -s "$at/share/doc/sextant/COPYING"

cat >"$T/program.c" <<'END'
#include <sextant.h>
int main(int argc, char **argv)
{
    struct sx_error error = {0};
    struct sx_model *model = argc == 2 ? sx_model_open(argv[1], NULL, &error) : NULL;
    if (model == NULL)
        return (int)error.status;
    printf("%s\n", sx_model_input(model, 0)->name);
    sx_model_close(model);
    return 0;
}
END
PKG_CONFIG_PATH=$at/lib/pkgconfig
PKG_CONFIG_SYSROOT_DIR=$T/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
is 'pkg-config knows the version' "$(pkg-config --modversion sextant)" \
    "$(sed -n 's/.*SX_VERSION "\(.*\)"/\1/p' lib/sextant/base.h)"
# shellcheck disable=SC2046,SC2086 # words
ok 'a program builds with it' cc ${SAN-} -o "$T/program" "$T/program.c" $(pkg-config --cflags --libs sextant)
run "$T/program" "$DATA/digits8.onnx"
is 'and runs' "$status $(cat "$T/out")" '0 image'

cat >"$T/program.cc" <<'END'
#include <sextant.h>
int main()
{
    return sx_version()[0] == '0' ? 0 : 1;
}
END
# shellcheck disable=SC2046,SC2086 # words
ok 'a C++ program builds with it' c++ ${SAN-} -x c++ -o "$T/program++" "$T/program.cc" $(pkg-config --cflags --libs sextant)
ok 'and runs' "$T/program++"

cat >"$T/complete.bash" <<END
compopt() { :; }
complete() { :; }
. "$at/share/bash-completion/completions/ggig"
COMP_LINE='ggig --agg=a' COMP_POINT=12
_sextant ggig a =
echo "\${COMPREPLY[@]}"
COMP_LINE='ggig --step' COMP_POINT=11
_sextant ggig --step ggig
echo "\${COMPREPLY[@]}"
COMP_LINE='ggig $DATA/digits8.onnx --wrt=/6' COMP_POINT=\${#COMP_LINE} COMP_WORDS=(ggig "$DATA/digits8.onnx" --wrt = /6)
_sextant ggig /6 =
echo "\${COMPREPLY[@]}"
COMP_LINE='ggig --labels=$DATA/lab' COMP_POINT=\${#COMP_LINE}
_sextant ggig "$DATA/lab" =
echo "\${COMPREPLY[@]##*/}"
END
is 'completion knows options, choices, tensors and files' "$(bash "$T/complete.bash" | tr '\n' ' ')" \
    'absmax --steps= --step= /6/Relu_output_0 labels.txt '
# completes SHELL WORDS WANT: the last of WORDS.
completes() {
    case $1 in
    fish) fish --no-config -c "source $at/share/fish/vendor_completions.d/ggig.fish; complete -C '$2'" ;;
    esac | cut -f 1 | sort | tr '\n' ' '
}
if have fish; then
    is 'fish: choices' "$(completes fish 'ggig --agg=a')" '--agg=absmax '
    is 'fish: options' "$(completes fish 'ggig --step')" '--step --steps '
    is 'fish: tensors' "$(completes fish "ggig $DATA/digits8.onnx --wrt=/6/R")" '--wrt=/6/Relu_output_0 '
else
    skip 'completion of fish: it is not here'
fi
if have zsh; then
    ok 'zsh takes the function' zsh -n "$at/share/zsh/site-functions/_ggig"
else
    skip 'completion of zsh: it is not here'
fi

ok 'make uninstall' make_here uninstall
is 'leaves nothing behind' "$(find "$T/root" -type f)" ''
end

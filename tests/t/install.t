#!/bin/sh
# install.t - make install installs all that a program needs; make uninstall removes it.
. tests/tap.sh

# The tests may run under make with other variables, which must not reach this make.
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
run "$at/bin/ggig" -f png --method=grad --rows=0:1 -o "$T/map.png" "$DATA/digits8.onnx" "$DATA/digits8.npy"
clean 'the installed drawing module is found'
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
is 'pkg-config has the version' "$(pkg-config --modversion sextant)" \
    "$(sed -n 's/.*SX_VERSION "\(.*\)"/\1/p' lib/sextant/base.h)"
# shellcheck disable=SC2046,SC2086 # words
ok 'a C program builds with pkg-config' cc ${SAN-} -o "$T/program" "$T/program.c" $(pkg-config --cflags --libs sextant)
run env LD_LIBRARY_PATH="$at/lib" "$T/program" "$DATA/digits8.onnx"
is 'the C program runs' "$status $(cat "$T/out")" '0 image'

cat >"$T/program.cc" <<'END'
#include <sextant.h>
int main()
{
    return sx_version()[0] == '0' ? 0 : 1;
}
END
# shellcheck disable=SC2046,SC2086 # words
ok 'a C++ program builds with pkg-config' c++ ${SAN-} -x c++ -o "$T/program++" "$T/program.cc" $(pkg-config --cflags --libs sextant)
run env LD_LIBRARY_PATH="$at/lib" "$T/program++"
is 'the C++ program runs' "$status" 0

# Explainers of one model in two threads give the results of one thread.
cat >"$T/threads.c" <<'END'
#include <pthread.h>
#include <sextant.h>
#include <string.h>
static struct sx_model *model;
static double kept[2];
static void *explain(void *to)
{
    struct sx_error error = {0};
    struct sx_explain_options o = {.threads = 1};
    struct sx_explainer *e = sx_explainer_new(model, &o, &error);
    float x[64];
    struct sx_tensor sample = {.type = SX_FLOAT, .shape = {4, {1, 1, 8, 8}}, .data = x};
    for (int i = 0; i < 64; i++)
        x[i] = (float)i / 64;
    for (int k = 0; k < 50; k++)
        if (e == NULL || !sx_explainer_sample(e, &sample, &error))
            return NULL;
    *(double *)to = sx_explainer_target(e)->value;
    sx_explainer_free(e);
    return NULL;
}
int main(int argc, char **argv)
{
    struct sx_error error = {0};
    pthread_t other;
    model = argc == 2 ? sx_model_open(argv[1], NULL, &error) : NULL;
    if (model == NULL || pthread_create(&other, NULL, explain, &kept[0]) != 0)
        return 1;
    explain(&kept[1]);
    pthread_join(other, NULL);
    sx_model_close(model);
    return kept[0] != 0 && memcmp(&kept[0], &kept[1], sizeof kept[0]) == 0 ? 0 : 1;
}
END
for library in -lsextant -l:libsextant.a; do
    # shellcheck disable=SC2046,SC2086 # words
    ok "two threads: it builds with $library" cc ${SAN-} -o "$T/threads" "$T/threads.c" \
        $(pkg-config --cflags --libs --static sextant | sed "s/-lsextant/$library/") -pthread
    run env LD_LIBRARY_PATH="$at/lib" "$T/threads" "$DATA/digits8.onnx"
    is "two threads: equal with $library" "$status" 0
done

# The library exports exactly the names that the headers declare.
sh tests/exports.sh >"$T/declared"
nm -D --defined-only "$at/lib/libsextant.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$T/shared"
nm -g --defined-only "$at/lib/libsextant.a" | awk 'NF == 3 { print $3 }' | sort -u >"$T/static"
ok 'the shared library exports what the headers declare' cmp "$T/declared" "$T/shared"
ok 'the static library exports what the headers declare' cmp "$T/declared" "$T/static"
is 'the soname of the shared library' \
    "$(readelf -d "$at/lib/libsextant.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" libsextant.so.1

# The list of tools, and one run by its name.
is 'sextant lists every tool' "$("$at/bin/sextant" | sed -n 's/^    \([a-z-]*\) .*/\1/p' | sort | tr '\n' ' ')" \
    "$(cd "$at/bin" && find . -type f ! -name sextant | sed 's,^./,,' | sort | tr '\n' ' ')"
is 'sextant TOOL runs the installed tool' "$("$at/bin/sextant" onnx-run --version)" "$("$at/bin/onnx-run" --version)"
run "$at/bin/sextant" ggi
is 'sextant with a word that is no tool' "$status $(head -n 1 "$T/err")" \
    "2 sextant: no tool 'ggi'; nearest: ggig"

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
is 'bash: options, choices, tensors and files' "$(bash "$T/complete.bash" | tr '\n' ' ')" \
    'absmax --steps= --step= /6/Relu_output_0 labels.txt '
# completes SHELL WORDS WANT: compares the completions of the last of WORDS.
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
    ok 'zsh: the function is valid' zsh -n "$at/share/zsh/site-functions/_ggig"
else
    skip 'completion of zsh: it is not here'
fi

ok 'make uninstall' make_here uninstall
is 'make uninstall leaves no file' "$(find "$T/root" -type f)" ''
end

#!/bin/sh
# sextant.t - the driver lists the tools and runs them: arguments, streams, status.
. tests/tap.sh
sources=$TOP/cmd

work "$DATA/digits8.onnx" "$DATA/digits8.npy"
run sextant --help
is 'help: status and silence' "$status $(cat "$T/err")" '0 '
is 'help: every tool once' "$(sed -n 's/^    \([a-z-]*\)  *[A-Z].*?$/\1/p' "$T/out" | sort)" \
    "$(basename -s .c -a "$sources"/*.c | grep -v '^sextant$' | sort)"
cp "$T/out" help
for words in '' -h; do
    run sextant $words
    ok "'sextant $words' says the same" cmp "$T/out" help
done
run sextant --version
is 'version' "$status $(cat "$T/out" "$T/err")" "0 $(onnx-run --version | sed 's/^onnx-run/sextant/')"
is '-V is --version' "$(sextant -V)" "$(cat "$T/out")"
for words in --help --version; do
    sextant $words >/dev/full 2>/dev/null
    is "$words to a full device" $? "$(onnx-run $words >/dev/full 2>&1; echo $?)"
done

onnx-run --rows=0:2 digits8.onnx digits8.npy >want
run sextant onnx-run --rows=0:2 digits8.onnx digits8.npy
is 'a tool with its words: status and silence' "$status $(cat "$T/err")" '0 '
ok 'a tool with its words: the same bytes' cmp "$T/out" want
sextant onnx-run --rows=0:2 digits8.onnx - <digits8.npy | jq -c .outputs >piped
is 'the tool reads standard input' "$(cat piped)" "$(jq -c .outputs want)"
run sextant onnx-run --rows=900:901 digits8.onnx digits8.npy
onnx-run --rows=900:901 digits8.onnx digits8.npy >"$T/alone" 2>&1
is 'the status and the message of a tool that fails' "$status $(cat "$T/err" "$T/out")" "$? $(cat "$T/alone")"
run sextant onnx-run nowhere.onnx
onnx-run nowhere.onnx >"$T/alone" 2>&1
is 'another status of a tool that fails' "$status $(cat "$T/err" "$T/out")" "$? $(cat "$T/alone")"
run sextant ggig --version
is 'words after the tool are the tool'\''s' "$(cat "$T/out")" "$(ggig --version)"

run sextant onnx-rum digits8.onnx
refused 'no such tool' 2 "no tool 'onnx-rum'.*onnx-run"
is 'no such tool: where to look' "$(grep -c "^Try 'sextant --help'" "$T/err")" 1
run sextant ggig-score
refused 'a word near two tools' 2 "no tool 'ggig-score'; nearest: attr-score"
run sextant "$(printf 'a\033[1mb')"
ok 'no escape sequence of a word reaches the terminal' not grep -q "$(printf '\033')" "$T/err"

# A tool beside the driver is preferred to one in PATH. Without it the one in PATH runs.
mkdir beside path
cp "$(command -v sextant)" beside
for place in beside path; do
    printf '#!/bin/sh\necho "%s" "$@"\nexit 7\n' "$place" >$place/ggig
    chmod +x $place/ggig
done
PATH=$PWD/path:$PATH LD_LIBRARY_PATH=$BUILD:$BUILD/lib run beside/sextant ggig -x 'a b'
is 'sextant runs the tool in its own directory' "$status $(cat "$T/out")" '7 beside -x a b'
rm beside/ggig
PATH=$PWD/path:$PATH LD_LIBRARY_PATH=$BUILD:$BUILD/lib run beside/sextant ggig -x 'a b'
is 'sextant runs the tool in PATH' "$status $(cat "$T/out")" '7 path -x a b'
rm path/ggig
PATH=$PWD/path LD_LIBRARY_PATH=$BUILD:$BUILD/lib "$PWD/beside/sextant" ggig 2>"$T/err"
is 'a tool that is not installed' "$? $(cat "$T/err")" '2 ggig: No such file or directory'
end

#!/bin/sh
# flint.t - flint-fit, flint-explain, flint-global: what comes out, the same bytes whatever
# happens on the way, and what is refused.
. tests/tap.sh

mkdir "$T/work" && cd "$T/work" || exit 1
cp "$DATA/digits8.onnx" "$DATA/digits8.npy" .
onnx-run --top=1 digits8.onnx digits8.npy | jq '.top[0].index' >classes

# fit OUT OPTION...: a short fit of the digits.
fit() {
    out=$1
    shift
    run flint-fit digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --batch=5 \
        --epochs=4 -q "$@" -o "$out"
}
clean() {
    is "$1: status" "$status" 0
    is "$1: nothing on stderr" "$(cat "$T/err")" ''
}

# ---- Fits ----

fit a.onnx -y classes
clean 'post hoc'
cp "$T/out" a.json
is 'one record' "$(wc -l <a.json)" 1
is 'with an entry for each epoch' "$(jq -c '[.epochs[].epoch]' a.json)" '[1,2,3,4]'
is 'samples held back' "$(jq .validation.samples a.json)" 2
is 'nothing of f is learned' "$(jq -c .learned a.json)" '[]'
is 'the loss falls' "$(jq '.epochs[0].if > .epochs[3].if' a.json)" true
is 'the outputs of the file' "$(onnx-run --rows=0:1 a.onnx digits8.npy | jq -c '[.outputs[] | .name, .shape]')" \
    '["logits",[1,10],"flint_phi",[1,16],"flint_logits",[1,10],"flint_relevance",[1,16],"flint_recon",[1,1,8,8]]'
onnx-run digits8.onnx digits8.npy | jq -c .outputs[0] >before
onnx-run a.onnx digits8.npy | jq -c .outputs[0] >after
ok 'f gives what it gave' cmp before after

for j in 1 2 3; do
    fit j.onnx -y classes -j $j
    ok "-j $j: the same bytes" cmp j.onnx a.onnx
done
fit again.onnx -y classes --seed=1
ok 'another seed: others' not cmp -s again.onnx a.onnx
fit nocache.onnx -y classes --no-cache
clean 'nothing remembered'

# ---- Breaks ----

for i in 1 2 3 4 5 6; do
    rm -f fit.ckpt k.onnx
    timeout -s KILL "0.$i" flint-fit digits8.onnx -x digits8.npy -y classes \
        --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=4 -q \
        --checkpoint=fit.ckpt --checkpoint-secs=0 -o k.onnx >/dev/null 2>&1
    fit k.onnx -y classes --checkpoint=fit.ckpt --resume
    ok "killed after 0.$i s, gone on: the same bytes" cmp k.onnx a.onnx
    is "and the same record" "$(jq -c '[.epochs, .before, .validation]' "$T/out")" \
        "$(jq -c '[.epochs, .before, .validation]' a.json)"
done
fit k.onnx -y classes --checkpoint=fit.ckpt --resume --epochs=5
is 'a checkpoint of other options: status' "$status" 2
ok 'says so' grep -q 'of other options' "$T/err"
fit k.onnx --checkpoint=digits8.onnx --resume
is 'no checkpoint: status' "$status" 2
flint-fit digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --epochs=100000 \
    -q --checkpoint=stop.ckpt -o stop.onnx >/dev/null 2>&1 &
pid=$!
sleep 1
kill -TERM $pid
wait $pid
is 'SIGTERM: status' $? 143
ok 'leaves a checkpoint' test -s stop.ckpt
ok 'and no file' test ! -e stop.onnx

# ---- Joint fits, controls, data ----

fit joint.onnx -y classes --mode=joint --model-out=f.onnx --h-dropout=0.1 --lr-at=3:1e-4
clean joint
is 'what is learned' "$(jq '.learned | length' "$T/out")" 12
is 'the model has the same inner tensors' "$(onnx-run --list f.onnx | jq -r .tensor)" \
    "$(onnx-run --list digits8.onnx | jq -r .tensor)"
onnx-run f.onnx digits8.npy | jq -c .outputs[0] >f
onnx-run joint.onnx digits8.npy | jq -c .outputs[0] >joint
ok 'the learned f is the one in the fitted file' cmp f joint
ok 'and another than before' not cmp -s f before
fit new.onnx -y classes --mode=joint --reinit --keep-last --phi=relu --of=g --if=l1
clean 'joint from new weights'
fit control.onnx --freeze-psi
clean 'the control'
fit plain.onnx --no-decoder --pool=3
clean 'without a decoder'
is 'there is none' "$(onnx-run --rows=0:1 plain.onnx digits8.npy | jq '.outputs | length')" 4
fit two.onnx --layers=/2/Relu_output_0,/6/Relu_output_0,/10/Relu_output_0 --val-frac=0
clean 'layers of several shapes'
fit val.onnx --val-x=digits8.npy --val-y=classes --test-x=digits8.npy --test-y=classes --log=log
clean 'validation and test'
is 'both measured' "$(jq -c '[.validation.samples, .test.samples, .test.acc_f]' "$T/out")" '[20,20,1]'
is 'a log in JSON' "$(jq -c .epoch log | tr '\n' ' ')" '1 2 3 4 '
run flint-fit digits8.onnx -x digits8.npy --recipe=small --epochs=1 -o default.onnx
is 'the layer that is chosen is said' "$(cat "$T/err")" \
    'flint-fit: layer /7/MaxPool_output_0 (choose with --layers)'

# ---- Explaining ----

run flint-explain a.onnx digits8.npy
clean flint-explain
is 'a record a sample' "$(jq -s length "$T/out")" 20
is 'its keys' "$(head -n 1 "$T/out" | jq -c 'keys_unsorted[8:]')" \
    '["f_class","g_class","label","agree","f_prob","class_used","phi","contribution","relevance","relevant","tau","cost","warnings"]'
is 'the largest relevance is 1 in size' \
    "$(jq -c '[.relevance[] | fabs] | max' "$T/out" | sort -u)" 1
is 'relevant ones are over 1/5, largest first' \
    "$(jq -c '. as $e | [.relevant[] | $e.relevance[.]] | all(. > 0.2) and . == (sort | reverse)' "$T/out" | sort -u)" true
onnx-run a.onnx digits8.npy | jq -c '.outputs[3].values[] * 1e4 | round' >graph
jq -c '.relevance[] * 1e4 | round' "$T/out" >ours
ok 'the relevance in the file is the same' cmp graph ours
run flint-explain --tau=1.5 -f text --rows=0:1 a.onnx digits8.npy
clean 'as text'
ok 'names the class' grep -q '^digits8.npy\[0\]  class ' "$T/out"
run flint-explain -f npy --double -o r.npy a.onnx digits8.npy
clean 'as npy'
run flint-explain --top=2 --tau=1000 a.onnx digits8.npy
is 'at most two' "$(jq -s 'map(.relevant | length) | max' "$T/out")" 2
run flint-explain -f png -o one.png a.onnx digits8.npy
clean 'as png'
run flint-explain -f png --sheet --range=0,1 --top=4 -o all.png a.onnx digits8.npy
clean 'a sheet'
is 'is a picture' "$(head -c 8 all.png | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a
ok 'of more samples' test "$(wc -c <all.png)" -gt "$(wc -c <one.png)"
run flint-explain -f png --range=1 -o no.png a.onnx digits8.npy
is 'no range: status' "$status" 2
run flint-explain -f png -o no.png digits8.onnx digits8.npy
is 'nothing to draw: status' "$status" 3
ok 'without a trace' test ! -e no.png
run flint-explain digits8.onnx digits8.npy
is 'not fitted: status' "$status" 3

run flint-global -y classes a.onnx digits8.npy
clean flint-global
is 'its keys' "$(jq -c 'del(.nonfinite) | keys_unsorted[7:]' "$T/out")" \
    '["classes","counts","relevance","pairs","metrics","disagree","cost","warnings"]'
is 'counts add up' "$(jq '.counts | add' "$T/out")" 20
is 'a matrix, null where there is no sample' \
    "$(jq -c '. as $g | [range(10) | ($g.counts[.] == 0) == ($g.relevance[.] | all(. == null))] | all' "$T/out")" true
is 'pairs are over 1/5' "$(jq '[.pairs[].r] | all(. > 0.2)' "$T/out")" true
is 'fidelity and disagreements fit' \
    "$(jq '(20 * (1 - .metrics.fidelity) | round) == (.disagree | length)' "$T/out")" true
is 'the curve falls with 1/tau' "$(jq -c '[.metrics.conciseness[]] | . == sort' "$T/out")" true
cp "$T/out" all.json
run flint-global --subset=7 --correct-only -y classes a.onnx digits8.npy
is 'a subset' "$(jq .metrics.samples "$T/out")" 7
flint-global -y classes a.onnx <digits8.npy >"$T/out"
is 'standard input' "$(jq -c .metrics "$T/out")" "$(jq -c .metrics all.json)"
run flint-global -f png -o g.png a.onnx digits8.npy
clean 'as png'
is 'is a picture' "$(head -c 8 g.png | od -An -tx1 | tr -d ' \n')" 89504e470d0a1a0a
run flint-global -f text a.onnx digits8.npy
clean 'as text'
is 'a line a class' "$(grep -c '^class ' "$T/out")" 10
run flint-global -f npy -o g.npy a.onnx digits8.npy
clean 'as npy'

# ---- Misuse ----

refused() {
    wanted=$1
    shift
    run flint-fit "$@"
    is "refused: $*" "$status $(wc -l <"$T/err")" "$wanted"
    ok 'without a trace' test ! -e no.onnx
}
refused '2 2' digits8.onnx -o no.onnx
refused '2 2' digits8.onnx -x digits8.npy
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --recipe=none
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --beta=x
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --resume
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --double
refused '2 1' digits8.onnx -x digits8.npy -o no.onnx --layers=nowhere
refused '2 1' digits8.onnx -x digits8.npy -o no.onnx --layers=/6/Relu_output_0 --mode=joint
refused '1 1' digits8.onnx -x missing.npy -o no.onnx
refused '1 1' digits8.onnx -x digits8.npy -y digits8.npy -o no.onnx
refused '3 1' a.onnx -x digits8.npy -o no.onnx
run flint-global -o no.onnx -y digits8.npy a.onnx digits8.npy
is 'flint-global: classes that are none: status' "$status" 1
ok 'without a trace' test ! -e no.onnx
end

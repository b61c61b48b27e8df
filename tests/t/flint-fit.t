#!/bin/sh
# flint-fit.t - the file of a fit, equal bytes after interruptions, refusals.
. tests/tap.sh
. tests/flint.sh

# ---- Fits ----

clean 'post hoc fit'
cp "$T/out" a.json
is 'post hoc fit: one record' "$(wc -l <a.json)" 1
is 'the record has an entry for each epoch' "$(jq -c '[.epochs[].epoch]' a.json)" '[1,2,3,4]'
is 'the number of samples held back' "$(jq .validation.samples a.json)" 2
is 'a post hoc fit learns nothing of f' "$(jq -c .learned a.json)" '[]'
is 'the loss falls' "$(jq '.epochs[0].if > .epochs[3].if' a.json)" true
is 'the fitted file has the outputs of f and four more' "$(onnx-run --rows=0:1 a.onnx digits8.npy | jq -c '[.outputs[] | .name, .shape]')" \
    '["logits",[1,10],"flint_phi",[1,16],"flint_logits",[1,10],"flint_relevance",[1,16],"flint_recon",[1,1,8,8]]'
onnx-run digits8.onnx digits8.npy | jq -c .outputs[0] >before
onnx-run a.onnx digits8.npy | jq -c .outputs[0] >after
ok 'the outputs of f are unchanged' cmp before after

for j in 1 2 3; do
    fit j.onnx -y classes -j $j
    ok "-j $j: the same bytes" cmp j.onnx a.onnx
done
fit again.onnx -y classes --seed=1
ok 'another seed: another file' not cmp -s again.onnx a.onnx
fit nocache.onnx -y classes --no-cache
clean '--no-cache'

# ---- Interruptions ----

for i in 1 2 3 4 5 6; do
    rm -f fit.ckpt k.onnx
    timeout -s KILL "0.$i" flint-fit digits8.onnx -x digits8.npy -y classes \
        --layers=/6/Relu_output_0 --recipe=small --batch=5 --epochs=4 -q \
        --checkpoint=fit.ckpt --checkpoint-secs=0 -o k.onnx >/dev/null 2>&1
    fit k.onnx -y classes --checkpoint=fit.ckpt --resume
    ok "killed after 0.$i s and resumed: the same bytes" cmp k.onnx a.onnx
    is 'killed after 0.$i s and resumed: the same record' "$(jq -c '[.epochs, .before, .validation]' "$T/out")" \
        "$(jq -c '[.epochs, .before, .validation]' a.json)"
done
fit k.onnx -y classes --checkpoint=fit.ckpt --resume --epochs=5
is 'a checkpoint of other options: status' "$status" 2
ok 'a checkpoint of other options: message' grep -q 'of other options' "$T/err"
seq 0 9 | cat - classes | head -n 20 >others
fit k.onnx -y others --checkpoint=fit.ckpt --resume
is 'a checkpoint of other classes: status' "$status" 2
fit k.onnx --checkpoint=digits8.onnx --resume
is 'no checkpoint: status' "$status" 2
flint-fit digits8.onnx -x digits8.npy --layers=/6/Relu_output_0 --recipe=small --epochs=100000 \
    -q --checkpoint=stop.ckpt -o stop.onnx >/dev/null 2>&1 &
pid=$!
sleep 1
kill -TERM $pid
wait $pid
is 'SIGTERM: status' $? 143
ok 'SIGTERM: a checkpoint is left' test -s stop.ckpt
ok 'SIGTERM: no file is written' test ! -e stop.onnx

# ---- Joint fits, controls, data ----

fit joint.onnx -y classes --mode=joint --model-out=f.onnx --h-dropout=0.1 --lr-at=3:1e-4
clean 'joint fit'
is 'joint fit: the number of trained initializers' "$(jq '.learned | length' "$T/out")" 12
is 'joint fit: f keeps its inner tensors' "$(onnx-run --list f.onnx | jq -r .tensor)" \
    "$(onnx-run --list digits8.onnx | jq -r .tensor)"
onnx-run f.onnx digits8.npy | jq -c .outputs[0] >f
onnx-run joint.onnx digits8.npy | jq -c .outputs[0] >joint
ok 'the f of --model-out is the one in the fitted file' cmp f joint
ok 'a joint fit changes f' not cmp -s f before
fit new.onnx -y classes --mode=joint --reinit --keep-last --phi=relu --of=g --if=l1
clean 'joint fit from new weights'
fit control.onnx --freeze-psi
clean '--freeze-psi'
fit plain.onnx --no-decoder --pool=3
clean '--no-decoder'
is '--no-decoder: no reconstruction among the outputs' "$(onnx-run --rows=0:1 plain.onnx digits8.npy | jq '.outputs | length')" 4
fit two.onnx --layers=/2/Relu_output_0,/6/Relu_output_0,/10/Relu_output_0 --val-frac=0
clean 'layers of several shapes'
fit val.onnx --val-x=digits8.npy --val-y=classes --test-x=digits8.npy --test-y=classes --log=log
clean 'validation and test'
is 'validation and test samples are measured' "$(jq -c '[.validation.samples, .test.samples, .test.acc_f]' "$T/out")" '[20,20,1]'
is '--log: epochs in JSON lines' "$(jq -c .epoch log | tr '\n' ' ')" '1 2 3 4 '
is '--log: the figures of the record' \
    "$(jq -c '[.total, .of, .["if"], .ent_sample, .ent_batch, .l1, .fidelity, .val_fidelity | . * 1e5 | round]' log)" \
    "$(jq -c '.epochs[] | [.total, .of, .["if"], .ent_sample, .ent_batch, .l1, .fidelity, .validation.fidelity | . * 1e5 | round]' "$T/out")"
is 'entropies of 16 attributes are at most their logarithm' \
    "$(jq -sc '[.[] | .ent_sample, .ent_batch | . > 0 and . <= (16 | log) + 1e-6] | all' log)" true
run flint-fit digits8.onnx -x digits8.npy --recipe=small --epochs=1 -o default.onnx
is 'a message names the layers that were chosen' "$(grep -v ': warning: ' "$T/err")" \
    'flint-fit: layer /7/MaxPool_output_0 (choose with --layers)'

# ---- The recipe for all data ----

run flint-fit digits8.onnx -x digits8.npy -y classes --val-frac=0.2 -s 1 -o auto.onnx
is 'by default: status' "$status" 0
is 'default recipe: settings that follow from model and data' \
    "$(jq -c '.params | [.recipe, .pool, .attributes, .epochs, .batch, .phi, .scaling, .delta, .lr]' "$T/out")" \
    '["auto",2,20,1000,16,"relu","data",[[200,1]],[[1,0.002],[751,0.0005]]]'
is 'default recipe: g agrees with f on the samples of the fit' \
    "$(flint-global -q auto.onnx digits8.npy | jq '.metrics.fidelity >= 0.8')" true
is 'metrics that do not apply are not counted in nonfinite' \
    "$(flint-global -q auto.onnx digits8.npy | jq -c '[.metrics.acc_f, .nonfinite]')" '[null,null]'
is 'live and used are the same number' \
    "$(flint-global -q auto.onnx digits8.npy | jq '.metrics | .live == .used and .live > 8')" true

# ---- Held-out groups, changed pictures, early stopping ----

fit split.onnx -y classes
is 'samples are held back one by one' "$(jq -c '.split | [.by, .train, .validation]' "$T/out")" '["samples",18,2]'
is 'the last epoch is kept' "$(jq .kept_epoch "$T/out")" 4
fit seen.onnx --scaling=data -s 0
is 'a split by samples leaves no class unseen' "$(jq -c .split.unseen "$T/out")" 0
fit grouped.onnx --groups=classes --scaling=data --val-frac=0.3
is 'a split by groups of whole classes leaves classes unseen' \
    "$(jq -c '.split | [.by, .train + .validation, .validation >= 6, .unseen == .validation]' "$T/out")" \
    '["groups",20,true,true]'
is 'a warning tells that classes are unseen' "$(jq '[.warnings[] | select(test("classes that no other sample has"))] | length' "$T/out")" 1
head -n 19 classes >short
fit no.onnx --groups=short
is 'groups of fewer samples: status' "$status $(grep -c 'not one line for each sample' "$T/err")" '1 1'
fit changed.onnx -y classes --augment=flip,shift:1
clean '--augment'
is '--augment is in the record' "$(jq -r .params.augment "$T/out")" flip,shift:1
ok '--augment changes the fit' not cmp -s changed.onnx a.onnx
fit again.onnx -y classes --augment=flip,shift:1
ok '--augment: the same bytes again' cmp changed.onnx again.onnx
fit no.onnx --augment=turn
is '--augment: an unknown name: status' "$status" 2
fit early.onnx -y classes --patience=2 --epochs=60 --lr=0.1
is '--patience ends early and keeps the best epoch' "$(jq -c '[(.epochs | length) < 60, (.epochs | length) == .kept_epoch + 2,
    .validation.gap == .epochs[.kept_epoch - 1].validation.gap]' "$T/out")" '[true,true,true]'

# ---- Preparation of samples ----

# bytes N: writes N bytes of an array, 12 pictures of 8 x 8.
{
    printf '\223NUMPY\001\000v\000'
    printf '%-117s\n' "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 1, 8, 8), }"
    # shellcheck disable=SC2059 # escapes
    printf "$(awk 'BEGIN { for (i = 0; i < 768; i++) printf "\\%03o", i * 37 % 17 }')"
} >bytes.npy
seq -f 'the number %g' 0 9 >names
prepared='--recipe=small --epochs=2 --batch=4 --layers=/6/Relu_output_0 --val-frac=0 -q'
# shellcheck disable=SC2086 # words
run flint-fit digits8.onnx -x bytes.npy --scale=1/16 --mean=0.1 --labels=names $prepared --scaling=data -o kept.onnx
clean 'a fit of integers: status'
is 'a fit of integers: the range is that of the prepared values' \
    "$(strings -n 20 kept.onnx | grep -o '"low":.*"high":\[[0-9.]*\]')" '"low":[-0.1],"high":[0.9]'
run flint-global kept.onnx bytes.npy
is 'flint-global prepares integers as the fit did' "$(jq -c '[.metrics.variance * 1e6 | round]' "$T/out")" \
    "$(awk 'BEGIN { for (i = 0; i < 768; i++) { v = i * 37 % 17 / 16; s += v; q += v * v }
        printf "[%.0f]", 1e6 * (q / 768 - (s / 768) ^ 2) }')"
is 'classes have the names of the fit' "$(jq -c '.classes[3]' "$T/out")" '"the number 3"'
run flint-explain --scale=1/16 --mean=0.1 --rows=0:1 kept.onnx bytes.npy
is 'options that repeat the preparation of the fit' "$status $(jq -r .label "$T/out" | cut -c 1-10)" '0 the number'
for option in --preset=unit --mean=0 --raw --channels=bgr; do
    run flint-explain $option kept.onnx bytes.npy
    is "an option that contradicts the preparation of the fit: $option" "$status $(grep -c 'says otherwise' "$T/err")" '2 1'
done
sed s/3/three/ names >other
run flint-global --labels=other kept.onnx bytes.npy
is 'labels that contradict those of the fit' "$status $(grep -c "class 3 is 'the number three'" "$T/err")" '2 1'
run flint-explain --rows=0:1 kept.onnx digits8.npy
is 'no warning about values in the range of the fit' "$(jq '[.warnings[] | select(test("far from the range"))] | length' "$T/out")" 0
# shellcheck disable=SC2086 # words
run flint-fit digits8.onnx -x bytes.npy --scale=100 $prepared --scaling=data -o far.onnx
run flint-explain -q --rows=0:1 far.onnx digits8.npy
is 'a warning about values far from the range of the fit' "$(jq '[.warnings[] | select(test("far from the range"))] | length' "$T/out")" 1
run flint-explain -q --rows=0:1 a.onnx bytes.npy
is 'a fitted file without a preparation' "$status" 0
# shellcheck disable=SC2086 # words
run flint-fit digits8.onnx -x bytes.npy --labels=classes $prepared -o no.onnx
is 'more labels than classes' "$status $(grep -c '20 labels for 10 classes' "$T/err")" '2 1'

# Columns of a table.
head -n 13 "$DATA/diabetes.csv" >table.csv
sed '1s/bmi/bulk/' table.csv >renamed.csv
run flint-fit "$DATA/diabetes.onnx" -x table.csv --logits=y --recipe=small --epochs=2 --batch=4 -q -o table.onnx
is 'a fit of a table: status' "$status" 0
run flint-explain -q --rows=0:1 table.onnx table.csv
is 'columns as in the fit: status' "$status" 0
awk -F, -v OFS=, '{ t = $1; $1 = $3; $3 = t; print }' table.csv >turned.csv
flint-global -q table.onnx table.csv | jq -c .metrics >straight
flint-global -q table.onnx turned.csv | jq -c .metrics >turned
ok 'columns in another order are found by their names' cmp straight turned
awk -F, -v OFS=, '{ print $0, NR == 1 ? "who" : "row" NR, NR == 1 ? "class" : NR % 2 }' table.csv >whole.csv
run flint-global -q --target-column=class --drop=who table.onnx whole.csv
is '--target-column has the classes' "$(jq '.metrics.acc_f * 12 | round' "$T/out")" \
    "$(flint-explain -q table.onnx table.csv | jq -s '[to_entries[] | select(.value.f_class == .key % 2)] | length')"
run flint-global -q --target-column=who --drop=class table.onnx whole.csv
is 'a target column of names is refused' "$status $(grep -c "'row2' is not the number of a class" "$T/err")" '1 1'
run flint-explain -q table.onnx renamed.csv
is 'a column of another name is refused' "$status $(cat "$T/err")" "2 flint-explain: renamed.csv: column 3 is 'bulk', but 'bmi' in the fit"
run flint-global -q table.onnx renamed.csv
is 'a column of another name is refused by flint-global' "$status $(grep -c "column 3 is 'bulk'" "$T/err")" '2 1'

# ---- Misuse ----

refused() {
    wanted=$1
    shift
    run flint-fit "$@"
    is "refused: $*" "$status $(wc -l <"$T/err")" "$wanted"
    ok 'refused: no file is written' test ! -e no.onnx
}
refused '2 2' digits8.onnx -o no.onnx
refused '2 2' digits8.onnx -x digits8.npy
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --recipe=none
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --beta=x
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --resume
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --double
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --val-y=classes
refused '2 2' digits8.onnx -x digits8.npy -o no.onnx --test-y=classes
refused '2 1' digits8.onnx -x digits8.npy -o no.onnx --epochs=9223372036854775807
refused '2 1' digits8.onnx -x digits8.npy -o no.onnx --batch=9223372036854775807
refused '2 1' digits8.onnx -x digits8.npy -o no.onnx --layers=nowhere
refused '2 1' digits8.onnx -x digits8.npy -o no.onnx --layers=/6/Relu_output_0 --mode=joint
refused '1 1' digits8.onnx -x missing.npy -o no.onnx
refused '1 1' digits8.onnx -x digits8.npy -y digits8.npy -o no.onnx
refused '3 1' a.onnx -x digits8.npy -o no.onnx
end

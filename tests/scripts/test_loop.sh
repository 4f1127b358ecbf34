#!/usr/bin/env bash
# The whole loop, live on the rendered fixture: results add up, every record fits its schema, the default policy retrains.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

cat >"$work/configs.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[{"epochs":6,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}
END_OF_CONFIGS
store="$work/a store"
# One epoch makes a poor base model, so that there is something to gain.
# shellcheck disable=SC2054  # the comma is the option's
loop=("$root/scripts/ekya-loop.sh" --streams "$video/streams.json" --store "$store" --window 8 --bootstrap 1 --base-epochs 1
      --policy none,best --pace 1 --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu)
code=0
# Variables of options are for programs that users start: those of the loop would refuse these values.
env EKYA_INGEST_WINDOW=0 EKYA_LABEL_FRACTION=7 EKYA_PROFILE_SEED=x EKYA_TRAIN_EPOCHS=0 EKYA_INFER_QUEUE=0 EKYA_RUN_SHARE=x \
    "${loop[@]}" >"$work/table" 2>"$work/messages" || code=$?
[[ $code -eq 0 ]] || fails "exit $code"
if [[ ! -e $store/results.json ]]; then
    cat "$work/messages" >&2
    show_logs "$store"
    fails 'no results.json'
    ends
fi

mapfile -t files < <(records_of "$store")
valid "${files[@]}" || fails 'records that do not fit their schemas'
"$python" "$root/tests/scripts/check_results.py" "$store/results.json" 1,2 40 || fails 'results do not add up'
[[ $(jq -c '[.policies[].policy]' "$store/results.json") == '["none","best"]' ]] || fails 'not the policies that were asked for'
for policy in none best; do
    valid_models "$store/$policy"
    for window in 00001 00002; do
        [[ -e $store/$policy/plans/$window.json ]] || fails "$policy: no plan of window $window"
        for stream in crossing main-street; do
            [[ -e $store/$policy/streams/$stream/windows/$window/manifest.json ]] || fails "$policy: no window $window of $stream"
        done
    done
    # Each frame is answered at most once, in order.
    for answers in "$store/$policy/run"/*.answers.jsonl; do
        jq -s -e '[.[].frame] | . == unique' "$answers" >"$work/verdict" || fails "$answers: frames answered twice or out of order"
    done
done
if ! jq -e '.policies[] | select(.policy == "best") | .retrainings >= 1' "$store/results.json" >"$work/verdict"; then
    fails 'best retrained nothing'
    show_logs "$store/best"
fi
# What was swapped in has served: in the window of its retraining or in the next one.
jq -r '.policies[].streams[] | .stream as $s | .windows as $all | .windows[] | select(.retraining.outcome == "served")
    | .window as $w | .retraining.model as $m | select([$all[] | select(.window == $w or .window == $w + 1) | .models[].model | . == $m] | any | not)
    | select($w < 2) | "\($s): \($m) was swapped in and never served"' "$store/results.json" >"$work/unserved"
[[ ! -s $work/unserved ]] || fails "$(<"$work/unserved")"

[[ $(wc -l <"$work/table") -eq 7 ]] || fails "the table has $(wc -l <"$work/table") lines, expected 7"
grep -q '^best .*MEAN' "$work/table" || fails 'the table has no mean of best'
# Done already: a second run only prints.
cp "$store/results.json" "$work/first.json"
"${loop[@]}" >"$work/second" 2>>"$work/messages" || fails 'a second run fails'
cmp "$work/table" "$work/second" || fails 'a second run prints something else'
cmp "$work/first.json" "$store/results.json" || fails 'a second run changes the results'

# Between regular retrainings a stream that has not drifted keeps its model; a retraining learns from all windows that are new.
cp -a "$store/best" "$work/between"
for stream in crossing main-street; do "$EKYA_BIN/ekya-models" --store "$work/between" --stream $stream --serve base -o "$work/verdict" --overwrite 2>>"$work/messages"; done
"$root/scripts/ekya-window.sh" --streams "$video/streams.json" --store "$work/between" --window 3 --seconds 20 --configs "$work/configs.json" --device cpu \
    --only-drifted --fresh-windows 2 --profile-option=--least-fall=1 2>>"$work/messages" || fails "ekya-window.sh --only-drifted: exit $?"
for stream in crossing main-street; do
    jq -e '.retraining == []' "$work/between/streams/$stream/profiles/00003.json" >"$work/verdict" || fails "$stream: has not drifted, and a retraining was estimated"
    for windows in 1 2; do
        "$EKYA_BIN/ekya-train" --streams "$video/streams.json" --store "$work/between" --stream $stream --window 3 --epochs 1 --exemplars 0 --device cpu \
            --fresh-windows $windows --replace -o "$work/train.jsonl" --overwrite 2>>"$work/messages" || fails "ekya-train --fresh-windows $windows: exit $?"
        [[ $(jq -c 'select(.schema == "ekya.model/1") | .data_windows' "$work/train.jsonl") == "$(jq -nc --argjson n $windows '[range(3 - $n; 3)]')" ]] \
            || fails "$stream: --fresh-windows $windows does not learn from them"
    done
    [[ ! -e $work/between/streams/$stream/retrainings/00003.json ]] || fails "$stream: was retrained"
done
[[ $failures -eq 0 ]] || cat "$work/messages" "$work/table" >&2
ends

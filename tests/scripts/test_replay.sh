#!/usr/bin/env bash
# Each stage run alone from what the loop recorded gives the same record, measured times aside.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

cat >"$work/configs.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[
 {"epochs":2,"data_fraction":0.5,"layers":"head","batch_size":32,"head_width":0,"learning_rate":0.02},
 {"epochs":6,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}
END_OF_CONFIGS
store="$work/store"
code=0
"$root/scripts/ekya-loop.sh" --streams "$video/streams.json" --store "$store" --window 8 --bootstrap 1 --base-epochs 1 --windows 2 \
    --policy thief --pace 0.5 --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu --seed 5 --fraction 0.4 >"$work/table" 2>"$work/messages" || code=$?
[[ $code -eq 0 ]] || { cat "$work/messages" >&2; show_logs "$store"; fails "the loop ended with $code"; ends; }

recorded="$store/thief"
copy="$work/copy"
cp -a "$recorded" "$copy"
window=2
number=00002
common=(--streams "$video/streams.json" --store "$copy" --seed 5 --device cpu --threads 1)
swapped=0
for stream in crossing main-street; do
    here="$copy/streams/$stream"
    there="$recorded/streams/$stream"

    "$EKYA_BIN/ekya-label" "${common[@]}" --stream $stream --window $((window - 1)) --model base --fraction 0.4 --replace >"$work/labels.json" \
        || fails "$stream: ekya-label"
    same "$there/windows/00001/labels.json" "$work/labels.json" || fails "$stream: other labels"

    rm "$here/profiles/$number.json"
    "$EKYA_BIN/ekya-profile" "${common[@]}" --stream $stream --window $window --model base --configs "$work/configs.json" --trial-epochs 3 \
        >"$work/inputs.json" \
        || fails "$stream: ekya-profile"
    same "$there/profiles/$number.json" "$here/profiles/$number.json" || fails "$stream: another profile"

    for card in "$there"/models/w"$number"-*/card.json; do
        [[ -e $card ]] || continue
        swapped=$((swapped + 1))
        field() { jq -r ".$1" "$card"; }
        "$EKYA_BIN/ekya-train" "${common[@]}" --stream $stream --window $window --replace --parent "$(field parent)" \
            --parent-stream "$(field 'parent_stream // .stream')" --against "$(field promotion.against)" --exemplars-from "$(jq '.start.exemplars_from // 0' "$there/profiles/$number.json")" --epochs "$(field config.epochs)" \
            --batch-size "$(field config.batch_size)" --head-width "$(field config.head_width)" --layers "$(field config.layers)" \
            --data-fraction "$(field config.data_fraction)" --learning-rate "$(field config.learning_rate)" >"$work/progress.jsonl" \
            || fails "$stream: ekya-train"
        tail -n 1 "$work/progress.jsonl" >"$work/card.json"
        same "$card" "$work/card.json" || fails "$stream: another model card"
        [[ $(field sha256) == "$(sha256sum <"$here/models/$(field id)/weights.pt" | cut -d ' ' -f 1)" ]] || fails "$stream: other weights"
    done

    answers="$recorded/run/$stream.answers.jsonl"
    "$EKYA_BIN/ekya-infer" "${common[@]}" --stream $stream --replay "$answers" >"$work/answers.jsonl" || fails "$stream: ekya-infer"
    same "$answers" "$work/answers.jsonl" || fails "$stream: other answers"
    [[ $(grep -c '"analysed":true' "$answers") -ge 1 ]] || fails "$stream: nothing was analysed"
done
[[ $swapped -ge 1 ]] || { fails 'the loop trained no model'; show_logs "$recorded"; }

# The planning inputs that the window had are in its journal.
plan="$recorded/plans/$number.json"
journal="$recorded/logs/$number/journal.jsonl"
jq -c 'select(.what == "inputs") | .inputs[] | . + {schema: "ekya.planning-input/1"}' "$journal" >"$work/inputs.jsonl"
"$EKYA_BIN/ekya-schedule" -i "$work/inputs.jsonl" --policy thief --window-seconds "$(jq .horizon "$plan")" --gpus "$(jq .gpus "$plan")" \
    --inference-overhead "$(jq -s '.[0].options.inference_overhead' "$journal")" \
    --min-accuracy "$(jq .min_accuracy "$plan")" --max-job-share "$(jq -s '.[0].options.plan.max_job_share' "$journal")" >"$work/plan.json" || fails 'ekya-schedule'
same "$plan" "$work/plan.json" || fails 'another plan'

# The whole window once more: its runner orders the same in the same sequence.
for journal in "$recorded"/logs/*/journal.jsonl; do
    "$EKYA_BIN/ekya-simulate" --journal "$journal" >"$work/retrainings.jsonl" || fails "$journal: orders something else"
done
[[ $failures -eq 0 ]] || cat "$work/messages" >&2
ends

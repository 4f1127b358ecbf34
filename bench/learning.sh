#!/usr/bin/env bash
# What each ingredient of learning is worth: learning.sh DATA_DIR STORE NAME=OPTIONS...
# Every stream of DATA_DIR/streams.json is retrained in every window, and each window is scored by the model that learned from
# the windows before it, on all its objects: no scheduler, no clock, swaps at once. Each setting is a name and options of
# ekya-train; behind a semicolon stand those of ekya-label (without any, labels are drawn uniformly), behind another those of the
# base model's training:
#   learning.sh camvid store all= 'cold=--warm-start off' 'change=;--choice change' 'no-place=;;--place-width 0'
# Prints CSV: setting, stream, mean accuracy, scored windows, models refused, CPU seconds of training.
set -euo pipefail
[[ $# -ge 3 && $1 != --help ]] || { sed -n '2,8s/^# //p' "$0"; exit 2; }

# Defaults
seconds=${SECONDS_PER_WINDOW:-30}
bootstrap=${BOOTSTRAP:-3}
fraction=${FRACTION:-0.3}
epochs=${EPOCHS:-15}
seed=${SEED:-1}

# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"
needs jq jq
data=$1
store=$2
shift 2
[[ -r $data/streams.json ]] || { printf 'learning.sh: skipped: %s/streams.json is not there\n' "$data" >&2; exit 77; }
streams=$data/streams.json
mapfile -t ids < <(jq -r '.streams[].id' "$streams")
ingest=$(program ekya-ingest) label=$(program ekya-label) train=$(program ekya-train) profile=$(program ekya-profile)
quiet=(-o /dev/null --overwrite)

# once FILE -- COMMAND: runs the command unless it has succeeded before.
once() {
    local mark=$1
    shift 2
    [[ -e $mark ]] || { "$@"; touch "$mark"; }
}
mkdir -p "$store"
once "$store/.ingested" -- "$ingest" --streams "$streams" --store "$store/truth" --window "$seconds" "${quiet[@]}"
last=$(find "$store/truth/streams/${ids[0]}/windows" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tail -n 1)
last=$((10#$last))
label_all() {   # STORE FRACTION OPTIONS...
    local window
    for ((window = 0; window <= last; ++window)); do
        "$label" --streams "$streams" --store "$1" --window "$window" --fraction "$2" --seed "$seed" "${@:3}" "${quiet[@]}"
    done
}
once "$store/.truth" -- label_all "$store/truth" 1
prepare() {   # DIR OPTIONS...: the base models, from uniform labels whatever the setting
    local id base=$1
    rm -rf "$base"
    cp -a "$store/truth" "$base"
    find "$base" -name labels.json -delete
    label_all "$base" "$fraction"
    for id in "${ids[@]}"; do
        "$train" --streams "$streams" --store "$base" --stream "$id" --base "$bootstrap" --epochs 30 --learning-rate 0.1 --seed "$seed" --serve "${@:2}" "${quiet[@]}"
    done
}

# score RUN ID WINDOW: accuracy of the serving model on all objects of a window.
score() {
    local run=$1 id=$2 window=$3
    mkdir -p "$run.truth/streams/$id"
    [[ -e $run.truth/streams/$id/windows ]] || cp -al "$store/truth/streams/$id/windows" "$run.truth/streams/$id/windows"
    rm -rf "$run.truth/streams/$id/models"
    cp -al "$run/streams/$id/models" "$run.truth/streams/$id/models"   # a link out of a store is not followed
    "$profile" --streams "$streams" --store "$run.truth" --stream "$id" --window $((window + 1)) --model "$(jq -r .model "$run/streams/$id/serving.json")" \
        --inference-only --no-drift --warm-start off --earlier-models 0 --measured-labels 0 | jq .accuracy
}

echo 'setting,stream,accuracy,windows,refused,device_seconds'
for setting in "$@"; do
    name=${setting%%=*}
    IFS=';' read -r train_text label_text base_text <<<"${setting#*=}"
    read -r -a train_options <<<"${train_text:-}"
    read -r -a label_options <<<"${label_text:-}"
    read -r -a base_options <<<"${base_text:-}"
    base="$store/base-${base_text//[^a-z0-9]/}"
    once "$base.done" -- prepare "$base" "${base_options[@]}"
    run="$store/run-$name"
    rm -rf "$run" "$run.truth"
    cp -a "$base" "$run"
    for id in "${ids[@]}"; do
        : >"$run/$id.scores"
        for ((window = bootstrap; window <= last; ++window)); do
            [[ ${#label_options[@]} -eq 0 || $window -eq $bootstrap ]] || "$label" --streams "$streams" --stream "$id" --store "$run" --window $((window - 1)) \
                --fraction "$fraction" --seed "$seed" --replace "${label_options[@]}" "${quiet[@]}"
            # In its first window a base model has learned from the newest labels already.
            [[ $window -eq $bootstrap ]] || "$train" --streams "$streams" --stream "$id" --store "$run" --window "$window" --epochs "$epochs" --seed "$seed" --serve \
                "${train_options[@]}" "${quiet[@]}" 2>>"$run/$id.log" || say "$name, $id, window $window: the retraining failed; see $run/$id.log"
            score "$run" "$id" "$window" >>"$run/$id.scores"
        done
        jq -rs --arg name "$name" --arg id "$id" --argjson cards "$(cat "$run/streams/$id/models"/w*/card.json | jq -s .)" \
            '[$name, $id, (add / length * 1e4 | round / 1e4), length, ([$cards[] | select(.promotion.promoted == false)] | length),
              ([$cards[].device_seconds] | add * 10 | round / 10)] | join(",")' "$run/$id.scores"
    done
done

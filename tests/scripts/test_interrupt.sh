#!/usr/bin/env bash
# A window that is told to end, at any stage: exit 143 soon, nothing of it goes on running, nothing is half written; the next
# run does what was left.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

# window STORE: starts window 3 there, sets $runner.
window() {
    "$root/scripts/ekya-window.sh" --streams "$video/streams.json" --store "$1" --window 3 --seconds 60 --configs "$work/configs.json" \
        --policy uniform --uniform-config "$work/configs.json" --profile-option=--trial-epochs=2 --train-option=--promote=always --device cpu >"$1.out" 2>&1 &
    runner=$!
}
# many epochs, so that the training is still at work when it is told to end
printf '{"schema":"ekya.configs/1","configs":[{"epochs":100,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
processes() { pgrep -f -- "--store $1 " || true; }

for stage in label profile train; do
    store="$work/$stage"
    cp -a "$video/store" "$store"
    window "$store"
    for ((i = 0; i < 600; ++i)); do
        compgen -G "$store/logs/00003/*$stage*.log" >"$work/seen" && break
        kill -0 "$runner" 2>/dev/null || break
        sleep 0.05
    done
    if ! kill -0 "$runner" 2>/dev/null; then fails "$stage: the window was over before"; cat "$store.out" >&2; continue; fi
    sleep 0.3
    begun=$EPOCHREALTIME
    kill -TERM "$runner"
    code=0
    wait "$runner" || code=$?
    [[ $code -eq 143 ]] || { fails "$stage: exit $code, expected 143"; cat "$store.out" >&2; }
    awk -v a="$begun" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a < 5) }' || fails "$stage: took more than 5 s to end"
    for ((i = 0; i < 40; ++i)); do [[ -n $(processes "$store") ]] || break; sleep 0.05; done
    [[ $i -lt 40 ]] || { fails "$stage: still running:"; pgrep -af -- "--store $store" >&2 || true; }
    mapfile -t files < <(records_of "$store")
    valid "${files[@]}" || fails "$stage: records that cannot be read"
    valid_models "$store"
done

# What is there already is not in the way of the next run.
printf '{"schema":"ekya.configs/1","configs":[{"epochs":2,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
window "$work/train"
wait "$runner" || { fails "the next run: exit $?"; cat "$work/train.out" >&2; }
[[ $(find "$work/train/streams" -path '*/retrainings/00003.json' | wc -l) -ge 1 ]] || fails 'the next run has trained nothing'
ends

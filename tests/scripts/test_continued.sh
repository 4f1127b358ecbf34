#!/usr/bin/env bash
# An experiment that is interrupted goes on with the window that it was in: what was complete stays, nothing is scored twice, and
# only --restart begins it anew.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

printf '{"schema":"ekya.configs/1","configs":[{"epochs":6,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
store=$work/store
loop=("$EKYA_BIN/ekya-loop" --streams "$video/streams.json" --store "$store" --window 8 --bootstrap 1 --base-epochs 1
      --policy best --pace 1 --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu)
"${loop[@]}" >"$work/table" 2>"$work/messages" &
runner=$!
# The first scored window is over, the second one has begun.
for ((i = 0; i < 1200; ++i)); do
    [[ ! -e $store/best/streams/crossing/results/00001.json || ! -e $store/best/streams/main-street/results/00001.json ]] || break
    kill -0 "$runner" 2>/dev/null || break
    sleep 0.05
done
sleep 2
kill -KILL "$runner"
wait "$runner" 2>/dev/null || true
[[ ! -e $store/best/results.json ]] || fails 'the run was over before it was interrupted'
first=$(sha256sum "$store"/best/streams/*/results/00001.json)
for ((i = 0; i < 100; ++i)); do [[ -n $(pgrep -f -- "--store $store/best" || true) ]] || break; sleep 0.05; done
[[ $i -lt 100 ]] || fails 'programs go on without their loop'

code=0
"${loop[@]}" >"$work/table" 2>"$work/messages" || code=$?
[[ $code -eq 0 ]] || { fails "exit $code"; cat "$work/messages" >&2; show_logs "$store"; }
grep -q 'policy best: goes on with window 2, which was interrupted' "$work/messages" || fails "it does not say that it goes on: $(<"$work/messages")"
[[ $(sha256sum "$store"/best/streams/*/results/00001.json) == "$first" ]] || fails 'the window that was complete is not what it was'
mapfile -t files < <(records_of "$store")
valid "${files[@]}" || fails 'records that do not fit their schemas'
"$python" "$root/tests/scripts/check_results.py" "$store/results.json" 1,2 40 || fails 'results do not add up'
for answers in "$store"/best/run/*.answers.jsonl; do
    jq -s -e '[.[].frame] | . == unique' "$answers" >"$work/verdict" || fails "$answers: frames answered twice or out of order"
done
valid_models "$store/best"

# A run that was interrupted when all was over but its results: a stream that had failed long before is named again.
cp -r "$store" "$work/unsummed"
rm "$work/unsummed"/best/results.json "$work/unsummed"/best/streams/crossing/results/*.json
printf 'ekya-ingest: error: stream crossing: the camera has burnt\n' >>"$work/unsummed/best/logs/crossing.ingest.log"
code=0
"${loop[@]}" --store "$work/unsummed" >"$work/again" 2>>"$work/messages" || code=$?
[[ $code -eq 3 ]] || fails "exit $code where a stream had failed, expected 3"
jq -e '.policies[0].streams | map({(.stream): .failed}) | add == {"crossing": "the camera has burnt", "main-street": ""}' \
    "$work/unsummed/results.json" >"$work/verdict" || fails "a stream that had failed is forgotten: $(<"$work/verdict")"

# A run that is complete is kept; --restart does not touch it either.
touch "$store/best/kept"
"${loop[@]}" --restart >"$work/again" 2>>"$work/messages" || fails 'with --restart it fails'
[[ -e $store/best/kept ]] || fails '--restart has deleted a run that was complete'
rm "$store/best/results.json"
timeout --preserve-status 6 "${loop[@]}" --restart >"$work/again" 2>>"$work/messages" || true
[[ ! -e $store/best/kept ]] || fails '--restart has not begun anew'
ends

#!/usr/bin/env bash
# Crashes in the middle of a window: one inference and one training are killed, and the wall clock is set, by 40 s forward, 60 s back
# and an hour both ways; the loop goes on, and what is stored is whole.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

cat >"$work/configs.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[{"epochs":8,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}
END_OF_CONFIGS
store="$work/store"
run="$store/thief"
# set_clock SECONDS: the wall clock of all that is started below differs by so much from this machine's.
set_clock() { printf '%s' "$1" >"$work/clock.new" && mv "$work/clock.new" "$work/clock"; }
set_clock 0
preload=()
if [[ -r $EKYA_BIN/ekya-wall-clock.so ]]; then
    preload=(env "LD_PRELOAD=$EKYA_BIN/ekya-wall-clock.so" "EKYA_TEST_WALL_CLOCK=$work/clock")
else
    say 'the clock is not set: there is no ekya-wall-clock.so'
fi
"${preload[@]}" "$root/scripts/ekya-loop.sh" --streams "$video/streams.json" --store "$store" --window 8 --bootstrap 1 --base-epochs 1 \
    --policy thief --pace 1 --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu >"$work/table" 2>"$work/messages" &
loop=$!

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local i limit=$(($1 * 20))
    shift
    for ((i = 0; i < limit; ++i)); do
        if "$@"; then return 0; fi
        kill -0 "$loop" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}
# a_training: sets $training to an ekya-train that works in the thief's store.
training=''
a_training() {
    local file pid
    for file in "$run"/jobs/[0-9]*/*.train/job.json; do
        [[ -e $file && $(jq -r .state "$file") == running ]] || continue
        pid=$(jq .pid "$file")
        [[ $pid -gt 0 ]] || continue
        training=$pid training_stream=$(basename "$(dirname "$file")" .train)
        return 0
    done
    return 1
}
has_answers() { [[ -s $run/run/crossing.answers.jsonl && $(wc -l <"$run/run/crossing.answers.jsonl") -ge 8 ]]; }

if wait_for 120 has_answers; then
    first=$(jq .pid "$run/jobs/crossing.infer/job.json")
    set_clock 40
    kill -KILL "$first" || fails 'inference was gone before it could be killed'
else
    fails 'inference of crossing answered nothing'
fi
if wait_for 60 a_training; then
    set_clock -60
    sleep 0.3   # it has begun by now
    if kill -KILL "$training"; then say "killed the training of $training_stream"; else fails 'the training was gone before it could be killed'; fi
else
    fails 'no training was seen'
fi

set_clock 3600
sleep 1
set_clock -3600

code=0
wait "$loop" || code=$?
[[ $code -eq 0 || $code -eq 3 ]] || fails "the loop ended with $code"
if [[ -e $store/results.json ]]; then
    mapfile -t files < <(records_of "$store")
    valid "${files[@]}" || fails 'records that cannot be read'
    "$python" "$root/tests/scripts/check_results.py" "$store/results.json" 1,2 40 || fails 'results are not whole'
    [[ $(jq '[.policies[0].streams[] | select(.failed == "")] | length' "$store/results.json") -eq 2 ]] || fails 'a stream counts as failed'
    valid_models "$run"
    for serving in "$run"/streams/*/serving.json; do
        model=$(jq -r .model "$serving")
        [[ -e $(dirname "$serving")/models/$model/card.json ]] || fails "$serving: names $model, which is not stored"
    done
    [[ $(jq -s '[.[] | select(.outcome == "failed")] | length' "$run"/streams/*/retrainings/*.json) -ge 1 ]] \
        || fails 'no record says that a retraining failed'
    for answers in "$run"/run/*.answers.jsonl; do
        jq -s -e '[.[].frame] | . == unique' "$answers" >"$work/verdict" || fails "$answers: frames answered twice or out of order"
    done
    # What was answered before the crash counts: the window was taken up, not begun anew.
    for result in "$run"/streams/*/results/*.json; do
        stream=$(jq -r .stream "$result")
        answered=$(jq -s --argjson window "$(jq .window "$result")" '[.[] | select(.window == $window and .analysed)] | length' \
            "$run/run/$stream.answers.jsonl")
        [[ $answered -eq $(jq .analysed "$result") ]] || fails "$result: $(jq .analysed "$result") frames analysed, $answered are answered"
    done
    # Windows went on by the run's clock.
    [[ $(find "$run"/streams/*/windows/00001/labels.json | wc -l) -eq 2 ]] || fails 'the window in which the clock was set is not labelled'
    [[ -e $run/plans/00002.json ]] || fails 'the window behind the one in which the clock was set is not planned'
    [[ $(jq .pid "$run/jobs/crossing.infer/job.json") != "${first:-}" ]] || fails 'inference was not started again'
    grep -q 'stream crossing: inference was killed' "$work/messages" || fails 'nothing says that inference was killed'
    grep -q 'stream .*: the retraining failed' "$work/messages" || fails 'nothing says that a retraining failed'
else
    fails 'no results.json'
fi
if [[ $failures -gt 0 ]]; then
    cat "$work/messages" >&2
    show_logs "$run"
fi
ends

#!/usr/bin/env bash
# A plan in sequence is followed by real retrainings: in the plan's order, not the list's, the second one as soon as the
# first has ended, and not at all when too little of the window is left by then. Only the planning is canned.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

# The programs, but a scheduler that plans main-street from 0 to $FIRST_ENDS, a part of the window, with $FIRST_SHARE, then
# crossing to the window's end. Options are still checked by the real one.
mkdir "$work/bin"
for program in "$EKYA_BIN"/ekya-*; do ln -s "$program" "$work/bin/"; done
mv "$work/bin/ekya-schedule" "$work/scheduler"
cat >"$work/bin/ekya-schedule" <<'END_OF_SCHEDULER'
#!/usr/bin/env bash
set -euo pipefail
here=$(dirname "$(dirname "$0")")
[[ " $* " != *' -i /dev/null '* ]] || exec "$here/scheduler" "$@"
cat >"$here/estimates"
while [[ $# -gt 0 ]]; do
    case $1 in
        --store) store=$2 ;;
        --window-seconds) horizon=$2 ;;
    esac
    shift
done
mkdir -p "$store/plans"
jq -n --argjson horizon "$horizon" --argjson first "$FIRST_ENDS" --argjson share "$FIRST_SHARE" -f "$here/plan.jq" >"$store/plans/00003.json"
END_OF_SCHEDULER
chmod +x "$work/bin/ekya-schedule"
cat >"$work/plan.jq" <<'END_OF_PLAN'
def config: {epochs: 4, data_fraction: 1, layers: "all", batch_size: 32, head_width: 0, learning_rate: 0.02};
def full: {frame_stride: 1, input_size: 0};
def stream($id; $from; $to; $share):
  {stream: $id, expected_accuracy: 0.8,
   retraining: {config: config, share: $share, start_seconds: $from, expected_seconds: $to, expected_accuracy: 0.8},
   steps: [(if $from > 0 then [0, 0] else empty end), [$from, $share], [$to, 0]
           | {start: .[0], retraining_share: .[1], inference: full, inference_share: 0.1}]};
{schema: "ekya.plan/1", policy: "best", window: 3, gpus: 1, horizon: $horizon, min_accuracy: 0, mean_accuracy: 0.8, decision_seconds: 0.001,
 violations: [], streams: [stream("crossing"; $first * $horizon; $horizon; 0.5), stream("main-street"; 0; $first * $horizon; $share)]}
END_OF_PLAN

# window NAME SECONDS FIRST_ENDS FIRST_SHARE: runs window 3 into $store.
window() {
    store="$work/$1"
    cp -a "$video/store" "$store"
    local code=0
    FIRST_ENDS=$3 FIRST_SHARE=$4 EKYA_BIN="$work/bin" "$root/scripts/ekya-window.sh" --streams "$video/streams.json" --store "$store" --window 3 \
        --seconds "$2" --configs "$video/configs.json" --profile-option=--trial-epochs=2 --train-option=--promote=always --device cpu >"$work/$1.out" 2>&1 || code=$?
    [[ $code -eq 0 ]] || { fails "$1: exit $code"; cat "$work/$1.out" >&2; show_logs "$store"; }
    mapfile -t files < <(find "$store/streams" -path '*/trainings/*.json')
    [[ ${#files[@]} -eq 2 ]] || fails "$1: ${#files[@]} retrainings left a record, expected 2"
}
# record STREAM EXPRESSION: what the record of its retraining says.
record() { jq -r "$2" "$store/streams/$1/trainings/00003.json"; }

# Each may take half of a long window; they take a small part of it.
window early 120 0.5 0.5
[[ $(record main-street .outcome) == swapped ]] || fails "early: main-street is $(record main-street .outcome)"
[[ $(record crossing .outcome) == swapped ]] || fails "early: crossing is $(record crossing .outcome)"
# The second one starts when the first runs no longer; that its model is handed over comes after that.
ended=$(tail -n 1 "$store/jobs/00003/main-street.train/use.jsonl" | jq '.time + .seconds')
jq -e --argjson ended "$ended" '.started >= $ended - 0.05 and .started < $ended + 10' "$store/jobs/00003/crossing.train/job.json" >"$work/verdict" \
    || fails "early: main-street ended at $ended, crossing started at $(jq .started "$store/jobs/00003/crossing.train/job.json")"
[[ $(jq -r .model "$store/streams/crossing/serving.json") == "$(record crossing .model)" ]] || fails 'early: what was trained does not serve'
valid_models "$store"

# A first one that is planned to take no time, and gets little of a core, leaves too little for all the rest.
window late 40 0.001 "$(awk -v cores="$(nproc)" 'BEGIN { print 0.04 / cores }')"
[[ $(record crossing .outcome) == skipped ]] || fails "late: crossing is $(record crossing .outcome), expected skipped"
[[ $(record crossing '[.model, .end, .swapped] | tostring') == '["",null,false]' ]] || fails 'late: a skipped one has a model or an end'
grep -q 'stream crossing: its retraining is skipped' "$work/late.out" || fails 'late: nothing says so'
[[ ! -e $store/logs/00003/crossing.train.log ]] || fails 'late: a skipped one was started'
[[ $(record main-street .outcome) =~ ^(swapped|stopped)$ ]] || fails "late: main-street is $(record main-street .outcome)"
ends

#!/usr/bin/env bash
# Shares by MPS, without a GPU: the environment that jobs get, and live inference that gets another share by a replacement which
# takes over. A program that answers as NVIDIA's daemon does stands in for it.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

cat >"$work/control" <<END_OF_CONTROL
#!/bin/sh
if [ "\$1" = -d ]; then touch "$work/daemon"; exit; fi
test -e "$work/daemon"
END_OF_CONTROL
chmod +x "$work/control"
held=("$EKYA_BIN/ekya-run" --executor mps --mps-control "$work/control")
# shellcheck disable=SC2016  # the job's
[[ $("${held[@]}" --share 0.4 --mps-pinned-memory 0=2G -- sh -c 'echo $CUDA_MPS_ACTIVE_THREAD_PERCENTAGE $CUDA_MPS_PINNED_DEVICE_MEM_LIMIT') == '40 0=2G' ]] \
    || fails 'not the environment of MPS'
[[ -e $work/daemon ]] || fails 'the daemon was not started'
code=0
"$EKYA_BIN/ekya-run" --executor mps --mps-control "$work/nothing" -- true 2>"$work/err" || code=$?
[[ $code -eq 2 && $(<"$work/err") == *'nothing is not installed'* ]] || fails "without the daemon's program: exit $code"

# Live: 16 s of video, another share after some frames.
store="$work/store" job="$work/job"
cp -a "$video/store" "$store"
"${held[@]}" --share 0.5 --job "$job" -- "$EKYA_BIN/ekya-infer" --streams "$video/streams.json" --stream crossing --store "$store" \
    --frames "ipc://$work/frames" --control "ipc://$work/control.ipc" --answers "$work/answers.jsonl" --device cpu -o /dev/null --overwrite 2>"$work/infer.err" &
infer=$!
"$EKYA_BIN/ekya-ingest" --streams "$video/streams.json" --stream crossing --store "$work/ingested" --window 8 --windows 2 --pace realtime \
    --publish "ipc://$work/frames" --await-subscribers 1 -o /dev/null --overwrite 2>"$work/ingest.err" &
ingest=$!
answered() { [[ -e $work/answers.jsonl && $(wc -l <"$work/answers.jsonl") -ge $1 ]]; }
wait_for() { local i; for ((i = 0; i < 600; ++i)); do ! "$@" || return 0; sleep 0.05; done; return 1; }
wait_for answered 10 || fails 'nothing was answered'
first=$(jq .pid "$job/job.json")
printf '{"schema":"ekya.job-order/1","share":0.3}\n' >"$job/order.json"
changed() { [[ $(jq .share "$job/job.json") == 0.3 ]]; }
wait_for changed || { fails 'the share was not changed'; cat "$work/infer.err" >&2; }
[[ $(jq .pid "$job/job.json") != "$first" ]] || fails 'the same process goes on'
percent=$(tr '\0' '\n' <"/proc/$(jq .pid "$job/job.json")/environ" | sed -n 's/^CUDA_MPS_ACTIVE_THREAD_PERCENTAGE=//p')
[[ $percent == 30 ]] || fails "the replacement has $percent % of the threads, expected 30"
before=$(wc -l <"$work/answers.jsonl")
wait_for answered $((before + 10)) || fails 'the replacement answers nothing'
wait "$ingest" || { fails "ingestion: exit $?"; cat "$work/ingest.err" >&2; }
wait "$infer" || { fails "inference: exit $?"; cat "$work/infer.err" >&2; }
jq -s -e '[.[].frame] | . == unique' "$work/answers.jsonl" >"$work/verdict" || fails 'frames answered twice or out of order'
valid "$work/answers.jsonl" "$job/job.json" "$job/use.jsonl" || fails 'records that cannot be read'
missing=$((80 - $(wc -l <"$work/answers.jsonl")))
say "$missing of 80 frames came between the two processes"
[[ $missing -le 10 ]] || fails "$missing frames were not answered"

# A training gets another share by a replacement too, which goes on where it was: the weights are those of a training in one piece.
train=("$EKYA_BIN/ekya-train" --streams "$video/streams.json" --stream crossing --window 3 --epochs 60 --device cpu --replace)
cp -a "$video/store" "$work/whole"
cp -a "$video/store" "$work/moved"
"${train[@]}" --store "$work/whole" >"$work/whole.jsonl" 2>"$work/err" || { fails "training in one piece: exit $?"; cat "$work/err" >&2; }
job=$work/training
"${held[@]}" --share 0.5 --job "$job" -- "${train[@]}" --store "$work/moved" >"$work/moved.jsonl" 2>"$work/train.err" &
training=$!
epochs() { [[ $(grep -c epoch "$work/moved.jsonl") -ge 5 ]]; }
wait_for epochs || fails 'the training does not begin'
first=$(jq .pid "$job/job.json")
printf '{"schema":"ekya.job-order/1","share":0.3}\n' >"$job/order.json"
wait "$training" || { fails "training: exit $?"; cat "$work/train.err" >&2; }
[[ $(jq .share "$job/job.json") == 0.3 && $(jq .pid "$job/job.json") != "$first" ]] || fails 'the training did not get the other share'
sums() { jq -c 'select(.schema == "ekya.model/1") | [.sha256, .accuracy, .final_loss]' "$1"; }
[[ $(sums "$work/moved.jsonl") == "$(sums "$work/whole.jsonl")" ]] || fails 'the training that was moved came to other weights'
[[ -z $(compgen -G "${TMPDIR:-/tmp}/ekya-job-*/state") ]] || fails 'the state of the training was left behind'
ends

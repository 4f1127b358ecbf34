#!/usr/bin/env bash
# The executor for boxes under Slurm, on a real Slurm of two boxes: it keeps the contract, asks for shares of GPUs, and runs a
# job again whose box dies; then the whole loop, live, with a box that dies in the middle of a retraining.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
# shellcheck source=scripts/lib/run_local.sh
source "$root/scripts/lib/run_local.sh"
# shellcheck source=scripts/lib/run_slurm.sh
source "$root/scripts/lib/run_slurm.sh"
# shellcheck source=tests/scripts/executor_contract.sh
source "$root/tests/scripts/executor_contract.sh"
# shellcheck source=tests/scripts/slurm_cluster.sh
source "$root/tests/scripts/slurm_cluster.sh"
missing=$(cluster_missing)
[[ -z $missing ]] || skips "$missing"
needs_schemas
# shellcheck disable=SC2034  # the executors'
bin=$EKYA_BIN
# The same on every machine; control groups have their own test.
share_holder=threads
run=run_slurm
log="$work/slurm.log"

trap 'code=$?; cluster_stop; (exit "$code"); clean_up' EXIT
chmod 711 "$work"   # munged runs as another user
if ! cluster_start "$work/slurm"; then
    tail -n 20 "$work"/slurm/*.log "$work/slurm/munge/log" >&2
    fails 'the cluster does not come up'
    ends
fi
slurm_start '' cpu
check 'two boxes of 4 CPUs are seen' test "$slurm_box_cpus $slurm_cpus $slurm_mps" = '4 8 false'
(slurm_start nosuch cpu) 2>"$work/err" && fails 'a partition that is not there is taken'
check 'a partition that is not there is named' grep -q nosuch "$work/err"

check_executor run_slurm
# How exactly a share is held is ekya-run's matter and script.executor's; here it has to arrive, and be of the right cores.
check_shares run_slurm threads 0.5

# CPUs are granted whole, GPUs in shares.
check 'a share of 0.4 of 4 CPUs is 2 of them' test "$(run_slurm --share 0.4 "$log" -- printenv SLURM_CPUS_ON_NODE)" = 2
slurm_start '' auto
check 'a share of 0.4 of a GPU is 40 of MPS' test "$(run_slurm --share 0.4 "$log" -- printenv CUDA_MPS_ACTIVE_THREAD_PERCENTAGE)" = 40
check 'a share of 0.071 is rounded up' test "$(slurm_grant 0.071 | head -n 1)" = --gres=mps:8
check 'a share of 0.29 is not' test "$(slurm_grant 0.29 | head -n 1)" = --gres=mps:29
slurm_start '' cpu

# Inside of an allocation: its settings are not those of the jobs.
check 'an allocation around the script does not matter' test "$(SLURM_JOB_ID=4711 SLURM_NTASKS=3 run_slurm "$log" -- echo once)" = once

# A job that Slurm does not take, one that waits until its deadline, one whose caller is told to end.
nothing_queued() { [[ -z $(squeue --noheader) ]]; }
# submit TEXT CODE [FLAG VALUE...] LOG -- COMMAND...: ends with that code.
submit() {
    local text=$1 expected=$2 code=0
    shift 2
    run_slurm "$@" || code=$?
    check "$text: exit code $code, expected $expected" test "$code" -eq "$expected"
}
slurm_options=(--partition=nosuch)
submit 'a job that Slurm refuses' 1 "$work/refused.log" -- touch "$work/ran"
check 'the log says why Slurm refused' grep -q 'partition' <(sed 1d "$work/refused.log")
slurm_options=(--begin=now+60)
SECONDS=0
submit 'a job that waits too long' 124 --deadline "$((EPOCHSECONDS + 2))" "$log" -- touch "$work/ran"
check "waiting ended after $SECONDS s" test "$SECONDS" -le 6
slurm_options=()
check 'neither of them ran' test ! -e "$work/ran"
check 'neither of them is in the queue' wait_until nothing_queued
# told HOW SIGNAL MINUS: sends the signal to what has called run_slurm, or with "-" to its whole group; the job hears SIGTERM, and
# nothing stays in the queue.
told() {
    local how=$1 caller
    shift
    rm -f "$work/begun" "$work/told"
    set -m   # a process group of its own, as ekya-loop.sh gives ekya-window.sh
    # shellcheck disable=SC2016  # the job's variables
    run_slurm "$log" -- bash -c 'trap "touch $0/told; exit 5" TERM; touch "$0/begun"; while :; do sleep 0.1; done' "$work" 2>"$work/err" &
    caller=$!
    set +m
    check "$how: the job runs" wait_until test -e "$work/begun"
    kill "-$1" -- "$2$caller"
    check "$how: the job hears of it" wait_until test -e "$work/told"
    check "$how: nothing stays in the queue" wait_until nothing_queued
}
told 'the caller told to end' TERM ''
told 'its whole group told to end' TERM -
told 'the caller killed' KILL ''

# A box dies. What the job said before does not come twice; a job that has read its input cannot read it again.
# shellcheck disable=SC2016
again='echo record; [[ ! -e $0 ]] || exit 7; printf "%s\n" "$SLURMD_NODENAME" >"$0.part"; mv "$0.part" "$0"; sleep 30'
run_slurm "$work/again.log" -- bash -c "$again" "$work/first box" >"$work/out" &
runner=$!
check 'the job runs' wait_until test -s "$work/first box"
cluster_kill "$(<"$work/first box")"
code=0
wait "$runner" || code=$?
check "run again, its exit code is 7, not $code" test "$code" -eq 7
check 'records come once' test "$(<"$work/out")" = record
check 'the log says which box is lost' grep -q "warning: box $(<"$work/first box") is lost" "$work/again.log"
check 'the job ran on both boxes' test "$(grep -c '^# box' "$work/again.log")" -eq 2
cluster_revive "$(<"$work/first box")" || fails 'the box does not come back'
echo input | run_slurm "$work/input.log" -- bash -c "$again" "$work/other box" >"$work/out" &
runner=$!
check 'the job with input runs' wait_until test -s "$work/other box"
cluster_kill "$(<"$work/other box")"
code=0
wait "$runner" || code=$?
check "not run again, its exit code is 137, not $code" test "$code" -eq 137
check 'the log says why it does not run again' grep -q 'cannot be read again' "$work/input.log"
nothing_beside() { [[ -z $(find "$work" -name '.*.log.*') ]]; }
check 'nothing is left beside the logs' wait_until nothing_beside
cluster_revive "$(<"$work/other box")" || fails 'the box does not come back'

if [[ ! -x $EKYA_BIN/ekya-train || ! -x $EKYA_BIN/ekya-ingest ]]; then
    say 'the loop is not checked: a build without libtorch or video'
    ends
    exit 0
fi
# A window that is told to end asks its jobs to end, wherever they run: each still leaves its record.
store="$work/told store"
cp -r "$video/store" "$store"
cat >"$work/long.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[{"epochs":150,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}
END_OF_CONFIGS
"$root/scripts/ekya-window.sh" --streams "$video/streams.json" --stream crossing --store "$store" --window 3 --seconds 300 --policy uniform \
    --uniform-config "$work/long.json" --configs "$work/long.json" --profile-option=--trial-epochs=2 --device cpu --executor slurm >"$work/out" 2>&1 &
window=$!
job="$store/jobs/00003/crossing.train"
running() { says "$job" .state running || ! kill -0 "$window"; }
cluster_awaits running || true
check 'the window retrains' kill -TERM "$window"
code=0
wait "$window" || code=$?
check "the window was told to end: exit code $code, expected 143" test "$code" -eq 143
check 'its retraining was asked to end' wait_until says "$job" .exit_code 143
check 'nothing of the window is left in Slurm' wait_until nothing_queued
[[ $failures -eq 0 ]] || show_logs "$store"

# The loop, with a box that dies.
cat >"$work/configs.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[{"epochs":10,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}
END_OF_CONFIGS
store="$work/a store"
"$root/scripts/ekya-loop.sh" --streams "$video/streams.json" --store "$store" --window 6 --bootstrap 1 --base-epochs 1 --policy best --pace 0.5 \
    --configs "$work/configs.json" --profile-option=--trial-epochs=3 --train-option=--promote=always --device cpu --gpus 2 \
    --executor slurm --slurm-partition boxes >"$work/table" 2>"$work/messages" &
loop=$!
# training_on BOX: a retraining has begun there, and runs. (The bootstrap's trainings are not meant.)
training_on() {
    grep -qs "^# box $1," "$store"/best/logs/*/*.train.log && squeue --noheader --states=R --nodelist="$1" --format '%j' | grep -q '\.train'
}
moment() { { training_on box1 && training_on box2; } || ! kill -0 "$loop"; }
cluster_awaits moment || true
kill -0 "$loop" || fails 'the loop ended, and never a retraining ran on each box at once'
cluster_kill box2
code=0
wait "$loop" || code=$?
check "the loop ends with $code" test "$code" -eq 0
if [[ ! -e $store/results.json ]]; then
    cat "$work/messages" >&2
    show_logs "$store"
    fails 'no results.json'
    ends
fi
mapfile -t files < <(records_of "$store")
valid "${files[@]}" || fails 'records that do not fit their schemas'
"$python" "$root/tests/scripts/check_results.py" "$store/results.json" 1,2,3 30 || fails 'results do not add up'
valid_models "$store/best"
mapfile -t hit < <(grep -l 'warning: box box2 is lost' "$store"/best/logs/*/*.train.log)
check "${#hit[@]} retrainings have lost their box, expected 1" test "${#hit[@]}" -eq 1
check 'it ran again on the other one' grep -qs '^# box box1,' "${hit[@]}"
# On a slow machine it may not have ended in time.
for file in "${hit[@]}"; do
    record="$store/best/streams/$(basename "$file" .train.log)/trainings/$(basename "$(dirname "$file")").json"
    check 'what became of it' jq -e '.outcome | IN("swapped", "stopped")' "$record" >"$work/verdict"
done
check 'a model that another box has trained serves' jq -s -e 'any(.[]; .outcome == "swapped")' "$store"/best/streams/*/trainings/*.json >"$work/verdict"
check 'nothing of it is left in Slurm' wait_until nothing_queued
if [[ $failures -gt 0 ]]; then
    cat "$work/messages" "$work/table" >&2
    show_logs "$store"
fi
ends

#!/usr/bin/env bash
# What the executor for Slurm costs: slurm.sh [JOBS]
# On a Slurm of two boxes on this machine (tests/scripts/slurm_cluster.sh; root), JOBS (40) short jobs one after the other with
# either executor, 24 at once on 8 CPUs, and the time until a job runs again whose box has died without a word (SlurmdTimeout
# 10 s). Prints seconds.
set -euo pipefail
[[ ${1:-} != --help ]] || { sed -n '2,5s/^# //p' "$0"; exit 2; }
jobs=${1:-40}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=tests/scripts/common.sh
source "$here/../tests/scripts/common.sh"
# shellcheck source=scripts/lib/run_local.sh
source "$root/scripts/lib/run_local.sh"
# shellcheck source=scripts/lib/run_slurm.sh
source "$root/scripts/lib/run_slurm.sh"
# shellcheck source=tests/scripts/slurm_cluster.sh
source "$root/tests/scripts/slurm_cluster.sh"
missing=$(cluster_missing)
[[ -z $missing ]] || skips "$missing"
# shellcheck disable=SC2034  # the executors'
bin=$EKYA_BIN share_holder=threads

trap 'code=$?; cluster_stop; (exit "$code"); clean_up' EXIT
chmod 711 "$work"
cluster_start "$work/slurm"
slurm_start '' cpu
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }'; }

for ((i = 0; i < jobs; ++i)); do   # in turn, so that a busy moment meets both
    for run in run_local run_slurm; do $run --share 0.25 "$work/$run.log" -- true; done
done
for run in run_local run_slurm; do
    sed -n 's/^# exit 0 after \(.*\) s$/\1/p' "$work/$run.log" | sort -n \
        | awk -v run=$run '{ t[NR] = $1 } END { printf "%s, a job that does nothing: median %.3f, 90 %% within %.3f (%d jobs)\n", run, t[int((NR + 1) / 2)], t[int(NR * 0.9)], NR }'
done

start=$EPOCHREALTIME
pids=()
for ((i = 0; i < 24; ++i)); do
    run_slurm --share 0.25 "$work/many.log" -- sleep 1 &
    pids+=($!)
done
wait "${pids[@]}"
printf '24 jobs of 1 s on 8 CPUs, at best 3: %s\n' "$(since "$start")"

# shellcheck disable=SC2016  # the job's variables
run_slurm "$work/lost.log" -- bash -c '[[ ! -e $0 ]] || exit 0; printf "%s\n" "$SLURMD_NODENAME" >"$0.part"; mv "$0.part" "$0"; sleep 600' "$work/box" &
job=$!
while [[ ! -e $work/box ]]; do sleep 0.05; done
start=$EPOCHREALTIME
cluster_crash "$(<"$work/box")"
wait "$job"
printf 'a box dies without a word, until its job has run elsewhere: %s\n' "$(since "$start")"

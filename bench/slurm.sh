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
# shellcheck source=tests/scripts/slurm_cluster.sh
source "$root/tests/scripts/slurm_cluster.sh"
missing=$(cluster_missing)
[[ -z $missing ]] || skips "$missing"

trap 'code=$?; cluster_stop; (exit "$code"); clean_up' EXIT
chmod 711 "$work"
cluster_start "$work/slurm"
"$EKYA_BIN/ekya-bench-executors" --ekya-run "$EKYA_BIN/ekya-run" --directory "$work" --jobs "$jobs" &
bench=$!
while [[ ! -e $work/box ]] && kill -0 "$bench" 2>/dev/null; do sleep 0.02; done
[[ ! -e $work/box ]] || cluster_crash "$(<"$work/box")"
wait "$bench"

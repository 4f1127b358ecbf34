#!/usr/bin/env bash
# What does it cost to start a job: executed, or forked by ekya-worker?
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
times=11

usage() {
    cat <<END
Usage: worker_start.sh [--times N]

Prints CSV: wall time and CPU seconds of jobs on a rendered camera, from being asked for to their end, medians of N runs in either way, in turn.
"to main()" is a job that only prints its version; "one step" is a retraining of one batch. Fails if a model differs by a bit.

  --times N   runs of each job in either way [$times]
Exit: 0 done; 1 a job failed or a model differs; 2 wrong command line.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --help|-h) usage; exit 0 ;;
        --times) [[ $# -ge 2 ]] || usage_error "$1 needs a value"; times=$2; shift 2 ;;
        *) usage_error "unknown option $1" ;;
    esac
done
bench=$(program ekya-bench-start)
streets=$(program ekya-example-streets)
ingest=$(program ekya-ingest)
label=$(program ekya-label)
train=$(program ekya-train)

work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-start.XXXXXX")
trap 'rm -rf "$work"' EXIT
# quietly COMMAND...: its output only if it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "${1##*/} failed"; }; }
quietly "$streets" --output "$work/video" --cameras 1 --seconds 18 --fps 5 --width 320 --height 180 --window 6 --seed 3
common=(--streams "$work/video/streams.json" --store "$work/store" --stream crossing)
quietly "$ingest" "${common[@]}" --window 6
for window in 0 1 2; do quietly "$label" "${common[@]}" --window "$window" --fraction 1; done
quietly "$train" "${common[@]}" --base 1 --epochs 1 --device cpu --serve
"$bench" --bin "$(dirname "$label")" "${common[@]}" --window 2 --directory "$work" --times "$times"

#!/usr/bin/env bash
# Throughput against the share of the device, held by ekya-run: how true is it that twice the share is twice the speed?
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
output=''
seconds=6
threads=$(nproc)
shares=(0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0)
holder=auto

usage() {
    cat <<END
Usage: share_curve.sh [--seconds S] [--threads N] [--executor E] [--output FILE]

Runs ekya-bench-nn under ekya-run with shares from 0.1 to 1.0 of this machine, S seconds each after a warm-up, and prints CSV: images per
second of wall-clock time, the same per unit of share against that of share 1, and which part of its grant the job used. Needs an idle machine.

  --seconds S      of each measurement [$seconds]
  --threads N      of the job [$threads]
  --executor E     what holds the share: auto, cgroup or threads [$holder]
  --output FILE    also write the table there
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --help|-h) usage; exit 0 ;;
    esac
    [[ $# -ge 2 ]] || usage_error "$1 needs a value"
    case $1 in
        --seconds) seconds=$2 ;;
        --threads) threads=$2 ;;
        --executor) holder=$2 ;;
        --output) output=$2 ;;
        *) usage_error "unknown option $1" ;;
    esac
    shift 2
done
needs jq jq
bench=$(program ekya-bench-nn)
run=$(program ekya-run)
work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
images=64

# measure WORK SHARE: images per second, and the part of the grant that was used.
measure() {
    local job="$work/$1.$2" done_ stretch
    rm -rf "$job"
    # Two seconds to load and warm up; what is done and used before is taken off.
    { yes "$1" || true; } | "$run" --executor "$holder" --share "$2" --job "$job" --report-every 0.1 --deadline "$(calc "$(now) + 2 + $seconds")" -- \
        "$bench" --images "$images" --epochs 1 --threads "$threads" 2>"$work/err" \
        | while read -r _; do printf '%s\n' "$EPOCHREALTIME"; done >"$work/done" || true
    done_=$(awk -v begin="$(jq -s '.[0].time + 2' "$job/use.jsonl")" '$1 >= begin { if (!first) first = $1; else { n++; last = $1 } } END { print n / (last - first) }' "$work/done")
    stretch=$(jq -s -r '.[0].time as $t | map(select(.time >= $t + 2)) | (map(.used) | add) / (map(.seconds * .share) | add)' "$job/use.jsonl")
    printf '%s %s\n' "$(calc "$done_ * $images")" "$stretch"
}

table() {
    local kind share rate used whole
    echo 'work,threads,share,images_per_second,per_share_against_share_1,used_of_granted'
    for kind in inference all; do
        read -r whole _ < <(measure "$kind" 1.0)
        for share in "${shares[@]}"; do
            read -r rate used < <(measure "$kind" "$share")
            printf '%s,%s,%s,%.1f,%.3f,%.3f\n' "$kind" "$threads" "$share" "$rate" "$(calc "$rate / $share / $whole")" "$used"
        done
    done
}
if [[ -n $output ]]; then table | tee "$output.part" && mv "$output.part" "$output"; else table; fi

#!/usr/bin/env bash
# Does anybody notice when a model is swapped? Latency, losses and memory of a running ekya-infer, with swaps and without.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
swaps=1000
every=0.25
block=5
network=resnet18
width=0.25
output=''
check=()

usage() {
    cat <<END
Usage: swap.sh [--swaps N] [--check-times] [--output FILE]

Trains two models of a rendered street camera, lets ekya-infer serve a stream of 30 frames a second with 6 objects each at real pace, and
swaps between the two, in every other block of $block s. Prints CSV: latency from publishing a frame to its answer, frames lost, CPU, resident memory
and time of a swap in 100 swaps at the beginning, in the middle and at the end. On a machine that does other work too, run it with nice -n -15.

  --swaps N        [$swaps]; takes about half a second for each
  --every S        seconds between two swaps in a block that has some [$every]
  --block S        seconds of a block [$block]
  --network N      resnet18, mobilenet_v2 or shufflenet_v2 [$network]
  --width W        its width multiplier [$width]
  --check-times    also fail if the p99 latency grows by more than a frame interval (33 ms), or memory by more than 16 MiB, of which 8 in the
                   second half; not the default, for want of a calm machine
  --output FILE    also write the table there
Exit: 0 no frame lost, every swap answered; 1 not; 2 wrong command line.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --check-times) check=(--check-times); shift; continue ;;
        --help|-h) usage; exit 0 ;;
        --swaps|--every|--block|--network|--width|--output) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        *) usage_error "unknown option $1" ;;
    esac
    case $1 in
        --swaps) swaps=$2 ;;
        --every) every=$2 ;;
        --block) block=$2 ;;
        --network) network=$2 ;;
        --width) width=$2 ;;
        --output) output=$2 ;;
    esac
    shift 2
done
[[ $swaps =~ ^[1-9][0-9]+$ || $swaps =~ ^[2-9]$ ]] || usage_error '--swaps: a number from 2 is needed'
bench=$(program ekya-bench-swap)
infer=$(program ekya-infer)
streets=$(program ekya-example-streets)
ingest=$(program ekya-ingest)
label=$(program ekya-label)
train=$(program ekya-train)

work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-swap.XXXXXX")
trap 'rm -rf "$work"' EXIT
# quietly COMMAND...: its output only if it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "${1##*/} failed"; }; }
quietly "$streets" --output "$work/video" --cameras 1 --seconds 8 --fps 5 --width 320 --height 180 --window 4 --seed 3
list="$work/video/streams.json"
stream=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$list" | head -n 1)
common=(--streams "$list" --store "$work/store" --stream "$stream")
quietly "$ingest" "${common[@]}" --window 4
quietly "$label" "${common[@]}" --window 0 --fraction 1
quietly "$label" "${common[@]}" --window 1 --fraction 1
quietly "$train" "${common[@]}" --base 1 --epochs 1 --network "$network" --width "$width" --device cpu --serve
quietly "$train" "${common[@]}" --window 2 --epochs 1 --layers last_stage --device cpu
mapfile -t models < <(find "$work/store/streams/$stream/models" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)
[[ ${#models[@]} -eq 2 ]] || die "two models are needed, ${#models[@]} were trained"

code=0
"$bench" --infer "$infer" "${common[@]}" --model "${models[@]}" --directory "$work" --swaps "$swaps" --every "$every" --block "$block" \
    "${check[@]}" >"$work/table" || code=$?
cat "$work/table"
[[ -z $output || ! -s $work/table ]] || { cp "$work/table" "$output.part" && mv "$output.part" "$output"; }
exit "$code"

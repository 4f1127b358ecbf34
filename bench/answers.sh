#!/usr/bin/env bash
# Cost of handing answers out: CPU time of inference with and without subscribers, of ekya-tail, ekya-mqtt and ekya-preview.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
cameras=8
seconds=20
fixture=${EKYA_TEST_VIDEO:-$root/build/release/tests/tools/video}

usage() {
    cat <<END
Usage: answers.sh [--cameras N] [--seconds S]

Serves N streams of the tests' street camera live, 10 frames a second each, and prints CSV: program, percent of a core, over S seconds
each: inference alone, then with ekya-tail, ekya-mqtt (to a mosquitto of this machine, where there is one) and ekya-preview without viewers.

  --cameras N   [$cameras]
  --seconds S   [$seconds]
Exit: 0 done; 1 not; 2 wrong command line.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --help|-h) usage; exit 0 ;;
        --cameras|--seconds) [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage_error "$1 needs a number from 1" ;;
        *) usage_error "unknown option $1" ;;
    esac
    case $1 in
        --cameras) cameras=$2 ;;
        --seconds) seconds=$2 ;;
    esac
    shift 2
done
ingest=$(program ekya-ingest)
infer=$(program ekya-infer)
tail=$(program ekya-tail)
[[ -d $fixture/store ]] || { printf 'answers.sh: error: %s: there is no fixture; run ctest -R tool.video\n' "$fixture" >&2; exit 1; }

work=$(mktemp -d)
jobs_running=()
end() {
    kill "${jobs_running[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

# The clip has 5 frames a second; it is played at twice its pace.
ffmpeg -nostdin -v error -stream_loop 40 -i "$fixture/crossing.mp4" -c copy "$work/long.mp4"
mkdir -p "$work/store/run" "$work/sockets"
ln -s "$work/sockets" "$work/store/run/sockets"
for ((i = 1; i <= cameras; ++i)); do
    model=$work/store/streams/cam$i/models/base
    mkdir -p "$model"
    cp "$fixture/store/streams/crossing/models/base/weights.pt" "$model/"
    jq -c --arg s "cam$i" '.stream = $s' "$fixture/store/streams/crossing/models/base/card.json" >"$model/card.json"
    jq -c --arg s "cam$i" '.stream = $s' "$fixture/store/streams/crossing/serving.json" >"$work/store/streams/cam$i/serving.json"
done
jq -nc --argjson n "$cameras" --slurpfile list "$fixture/streams.json" \
    '{schema: "ekya.streams/1", classes: $list[0].classes, streams: [range(1; $n + 1) | {id: "cam\(.)", source: "long.mp4"}]}' >"$work/streams.json"
socket() { printf 'ipc://%s/{stream}.%s' "$work/sockets" "$1"; }

"$infer" --streams "$work/streams.json" --store "$work/store" --device cpu --threads 1 --frames "$(socket frames)" --control "$(socket control)" \
    --publish "$(socket answers)" --events "$(socket events)" --answers "$work/store/run/{stream}.answers.jsonl" -o /dev/null --overwrite 2>"$work/infer.log" &
infer_job=$!
"$ingest" --streams "$work/streams.json" --store "$work/store" --window 600 --pace 2 --crop-size 16 --publish "$(socket frames)" \
    --await-subscribers 1 -o /dev/null --overwrite 2>"$work/ingest.log" &
jobs_running=("$infer_job" "$!")
for ((i = 0; i < 600; ++i)); do
    [[ ! -s $work/store/run/cam$cameras.answers.jsonl ]] || break
    sleep 0.1
done
[[ -s $work/store/run/cam$cameras.answers.jsonl ]] || { cat "$work"/*.log >&2; exit 1; }

# ticks PID: CPU time that a process has used, in hundredths of a second.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
# measure NAME=PID...: percent of a core over the seconds.
measure() {
    local pair
    declare -A before
    for pair in "$@"; do before[$pair]=$(ticks "${pair#*=}"); done
    sleep "$seconds"
    for pair in "$@"; do
        awk -v name="${pair%%=*}" -v used="$(($(ticks "${pair#*=}") - ${before[$pair]}))" -v s="$seconds" 'BEGIN { printf "%s,%.2f\n", name, used / s }'
    done
}
echo 'program,percent_of_a_core'
measure "ekya-infer alone=$infer_job"
"$tail" --store "$work/store" >"$work/tail" 2>"$work/tail.log" &
jobs_running+=("$!")
watched=("ekya-infer with subscribers=$infer_job" "ekya-tail=$!")
if command -v mosquitto >/dev/null && mqtt=$(program ekya-mqtt); then
    mosquitto -p 18899 >"$work/mosquitto.log" 2>&1 &
    jobs_running+=("$!")
    "$mqtt" --store "$work/store" --broker tcp://127.0.0.1:18899 2>"$work/mqtt.log" &
    jobs_running+=("$!")
    watched+=("ekya-mqtt=$!")
fi
if preview=$(program ekya-preview); then
    "$preview" --store "$work/store" --listen 127.0.0.1:0 2>"$work/preview.log" &
    jobs_running+=("$!")
    watched+=("ekya-preview without viewers=$!")
fi
sleep 2
measure "${watched[@]}"
printf '%s answers a second were printed\n' "$(awk -v n="$(grep -c inference/1 "$work/tail")" -v s="$((seconds + 2))" 'BEGIN { printf "%.0f", n / s }')" >&2

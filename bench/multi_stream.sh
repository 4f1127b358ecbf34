#!/usr/bin/env bash
# CPU time and memory of serving several streams: one ekya-infer for each against one for all.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
streams=4
rounds=3
seconds=10
fps=15
output=''

usage() {
    cat <<END
Usage: multi_stream.sh [--streams N] [--rounds R] [--output FILE]

Renders N street cameras, publishes them at real pace, and serves them in turns by N processes of one stream each, by one process with each stream's own
model, and by one process in which all have the same weights, whose frames then share batches. Prints CSV: CPU time of inference for a frame, and memory of all its processes
together, counting what they share once (PSS); medians of R rounds.

  --streams N     [$streams]
  --rounds R      [$rounds]
  --seconds S     measured in each turn [$seconds]
  --fps F         frames per second of each stream [$fps]
  --output FILE   also write the table there
Counts CPU time, so other work on the machine disturbs it little. Exit: 0 done; 1 the work failed; 2 wrong command line.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --help|-h) usage; exit 0 ;;
        --streams|--rounds|--seconds|--fps|--output) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        *) usage_error "unknown option $1" ;;
    esac
    case $1 in
        --streams) streams=$2 ;;
        --rounds) rounds=$2 ;;
        --seconds) seconds=$2 ;;
        --fps) fps=$2 ;;
        --output) output=$2 ;;
    esac
    shift 2
done
for number in "$streams" "$rounds" "$seconds" "$fps"; do [[ $number =~ ^[1-9][0-9]*$ ]] || usage_error 'numbers from 1 are needed'; done
needs jq jq
infer=$(program ekya-infer)
ingest=$(program ekya-ingest)
streets=$(program ekya-example-streets)
label=$(program ekya-label)
train=$(program ekya-train)

work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-multi.XXXXXX")
clean_up() {
    local job
    for job in $(jobs -rp); do kill "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
# quietly COMMAND...: its output only if it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "${1##*/} failed"; }; }

settle=3   # seconds before the measuring begins
quietly "$streets" --output "$work/video" --cameras "$streams" --seconds $((seconds + 2 * settle)) --fps "$fps" --width 320 --height 180 --window 4 --seed 3
list="$work/video/streams.json"
mapfile -t ids < <(jq -r '.streams[].id' "$list")
quietly "$ingest" --streams "$list" --store "$work/own" --window 4 --windows 1
for id in "${ids[@]}"; do
    quietly "$label" --streams "$list" --stream "$id" --store "$work/own" --window 0 --fraction 0.2
    quietly "$train" --streams "$list" --stream "$id" --store "$work/own" --base 1 --epochs 1 --device cpu --serve
done
# The same weights for all: the first stream's, under each stream's name.
cp -r "$work/own" "$work/same"
for id in "${ids[@]:1}"; do
    cp "$work/own/streams/${ids[0]}/models/base/weights.pt" "$work/same/streams/$id/models/base/weights.pt"
    jq -c --arg id "$id" '.stream = $id' "$work/own/streams/${ids[0]}/models/base/card.json" >"$work/same/streams/$id/models/base/card.json"
done

# cpu_of PID...: seconds that they have used so far.
cpu_of() {
    local pid ticks=0 fields
    for pid in "$@"; do
        fields=$(<"/proc/$pid/stat")
        read -r -a fields <<<"${fields##*) }"
        ticks=$((ticks + fields[11] + fields[12]))
    done
    calc "$ticks / $(getconf CLK_TCK)"
}
# memory_of PID...: MiB of all together.
memory_of() { awk '/^Pss:/ { sum += $2 } END { printf "%.1f\n", sum / 1024 }' "${@/#//proc/}"; }

# analysed: frames so far, from outputs that are still being written.
analysed() { cat "$work"/*.out.part* | grep -c '"analysed":true' || true; }

# turn HOW STORE: one line "milliseconds of CPU for an analysed frame, MiB, frames lost or not analysed".
turn() {
    local how=$1 store=$2 pids=() frames used
    local common=(--streams "$list" --store "$store" --device cpu --frames "ipc://$work/{stream}.frames" --queue 1000 --max-backlog 1000 --overwrite)
    if [[ $how == separate ]]; then
        for id in "${ids[@]}"; do
            "$infer" "${common[@]}" --stream "$id" -o "$work/$id.out" 2>>"$work/infer.log" &
            pids+=($!)
        done
    else
        "$infer" "${common[@]}" -o "$work/all.out" 2>>"$work/infer.log" &
        pids+=($!)
    fi
    rm -rf "$work/live"
    "$ingest" --streams "$list" --store "$work/live" --window 4 --pace realtime --publish "ipc://$work/{stream}.frames" --queue 1000 --await-subscribers 1 \
        -o /dev/null --overwrite 2>>"$work/infer.log" &
    while ! compgen -G "$work/live/streams/*/windows/00000" >/dev/null; do sleep 0.1; done   # 4 s of video have run
    frames=$(analysed)
    used=$(cpu_of "${pids[@]}")
    sleep "$seconds"
    used=$(calc "$(cpu_of "${pids[@]}") - $used")
    frames=$(($(analysed) - frames))
    printf '%s %s ' "$(calc "1000 * $used / $frames")" "$(memory_of "${pids[@]/%//smaps_rollup}")"
    wait "${pids[@]}" || { cat "$work/infer.log" >&2; die 'ekya-infer failed'; }
    cat "$work"/*.out | jq -s '[.[] | select(.schema == "ekya.accuracy/1") | .frames - .analysed] | add'
    rm -f "$work"/*.out
}

# median: of the numbers on its input.
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

table() {
    local round how
    for ((round = 0; round < rounds; ++round)); do
        turn separate "$work/own" >>"$work/separate"
        turn together "$work/own" >>"$work/one-process"
        turn together "$work/same" >>"$work/one-process-same-weights"
    done
    echo 'how,streams,cpu_ms_per_frame,memory_mib,frames_not_analysed'
    for how in separate one-process one-process-same-weights; do
        printf '%s,%d,%.3f,%.1f,%d\n' "$how" "$streams" "$(cut -d ' ' -f 1 "$work/$how" | median)" "$(cut -d ' ' -f 2 "$work/$how" | median)" \
            "$(cut -d ' ' -f 3 "$work/$how" | median)"
    done
}
if [[ -n $output ]]; then table | tee "$output.part" && mv "$output.part" "$output"; else table; fi

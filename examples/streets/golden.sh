#!/usr/bin/env bash
# A golden model for the demo: golden.sh [--output DIR] [--demo DIR]
# Trains a large network once, on rendered streets that the demo does not show, and exports it as TorchScript:
#   ekya-loop.sh ... --teacher DIR/golden.pt
# With --demo it labels the demo's windows too and says how often it is right. Takes 10 to 16 minutes on 2 cores.
set -euo pipefail

# Defaults
output=./ekya-golden
demo=''                    # a store of the demo, e.g. ekya-demo/loop/none, whose windows it is tried on
cameras=16                 # each with all conditions: light, weather, traffic
seconds=100
fps=2
fraction=0.35              # of the objects; neighbouring frames show the same ones
width=1                    # multiplier: 16 times the parameters of the edge models
epochs=10
seed=1000                  # the demo's cameras are of seed 1

while [[ $# -gt 0 ]]; do
    case $1 in
        --output) output=$2; shift 2 ;;
        --demo) demo=$2; shift 2 ;;
        --help|-h) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
        *) printf 'golden.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
    esac
done
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
bin=${EKYA_BIN:-$root/build/release/bin}
[[ -x $bin/ekya-train ]] || { printf 'golden.sh: error: %s/ekya-train is not there; build it first (README)\n' "$bin" >&2; exit 1; }
mkdir -p "$output"
video=$output/video store=$output/store
quiet=(-o /dev/null --overwrite)

if [[ ! -e $video/all.json ]]; then
    "$bin/ekya-example-streets" --output "$video" --cameras "$cameras" --seconds "$seconds" --fps "$fps" --window 10 --seed "$seed" --overwrite
    # One stream of all cameras, one after the other: a model is trained on the windows of one stream.
    mapfile -t sources < <(jq -r '.streams[].source' "$video/streams.json")
    mapfile -t boxes < <(jq -r '.streams[].annotations' "$video/streams.json")
    { printf 'ffconcat version 1.0\n'; printf 'file %s\n' "${sources[@]}"; } >"$video/all.ffconcat"
    frames=$(awk "BEGIN { print int($seconds * $fps) }")
    for i in "${!boxes[@]}"; do
        awk -F, -v OFS=, -v shift="$((i * frames))" -v first="$i" 'NR == 1 { if (first == 0) print; next } { $1 += shift; print }' "$video/${boxes[$i]}"
    done >"$video/all.csv"
    jq '{schema, classes, streams: [{id: "golden", source: "all.ffconcat", annotations: "all.csv"}]}' "$video/streams.json" >"$video/all.json"
fi
streams=(--streams "$video/all.json")
"$bin/ekya-ingest" "${streams[@]}" --store "$store" --window "$seconds" "${quiet[@]}"
for ((window = 0; window < cameras; ++window)); do
    "$bin/ekya-label" "${streams[@]}" --store "$store" --window "$window" --fraction "$fraction" "${quiet[@]}"
done
# Where an object is says little about other cameras, so this one looks at the crops alone.
"$bin/ekya-train" "${streams[@]}" --store "$store" --stream golden --base "$cameras" --width "$width" --place-width 0 --epochs "$epochs" \
    --learning-rate 0.05 --batch-size 64 --threads "$(nproc)" --serve "${quiet[@]}"
"$bin/ekya-export" --store "$store" --stream golden --names "$output/golden.names" -o "$output/golden.pt" --overwrite
jq -r '"golden model: \(.parameters) parameters, \(.labels) labels, \(.device_seconds | round) device-seconds, \(.accuracy * 1000 | round / 10) % of \(.held_out) held-out labels right"' \
    "$store/streams/golden/models/base/card.json"

[[ -n $demo ]] || exit 0
# Right answers: the annotations, in a copy whose labels do not touch the demo's.
list=$(dirname "$demo")/../video/streams.json
rm -rf "$output/try"
mkdir -p "$output/try"
cp -a "$demo/streams" "$output/try/"
for manifest in "$output"/try/streams/*/windows/*/manifest.json; do
    stream=$(jq -r .stream "$manifest") window=$(jq -r .window "$manifest")
    for teacher in annotations "$output/golden.pt"; do
        "$bin/ekya-label" --streams "$list" --stream "$stream" --store "$output/try" --window "$window" --fraction 0.3 --choice uniform --min-score 0 --teacher "$teacher" \
            --replace -o - --log-level warning
    done
done | jq -rs 'group_by([.stream, .window]) | map({stream: .[0].stream, seconds: (map(select(.teacher != "annotations"))[0].seconds),
        pairs: [[.[0].labels, .[1].labels] | transpose[] | select(.[0] != null and .[1] != null and .[0].crop == .[1].crop)]})
    | {labels: ([.[].pairs | length] | add), right: ([.[].pairs[] | select(.[0].class == .[1].class)] | length), seconds: ([.[].seconds] | add)}
    | "on the demo: \(.right / .labels * 1000 | round / 10) % of \(.labels) labels right, \(.seconds / .labels * 1000 * 100 | round / 100) ms each"'

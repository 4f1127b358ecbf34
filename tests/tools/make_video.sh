#!/usr/bin/env bash
# The fixture of the tools' cases: two short rendered cameras, and a store with windows, labels, models and estimates.
set -euo pipefail

[[ $# -eq 2 ]] || { printf 'Usage: make_video.sh BIN DIR\n' >&2; exit 2; }
bin=$1
video=$2
window=6                   # seconds; four of them
part="$video.part$$"
trap 'rm -rf "$part"' EXIT

rm -rf "$part"
mkdir -p "$part"
"$bin/ekya-example-streets" --output "$part" --cameras 2 --seconds 24 --fps 5 --width 320 --height 180 --window $window
common=(--streams "$part/streams.json" --store "$part/store")
cpu=(--device cpu --threads 1)
"$bin/ekya-ingest" --streams "$part/streams.json" --store "$part/store" --window $window |
    "$bin/ekya-label" -i - "${common[@]}" "${cpu[@]}" >/dev/null
cat >"$part/configs.json" <<END_OF_CONFIGS
{"schema":"ekya.configs/1","configs":[
 {"epochs":2,"data_fraction":0.5,"layers":"head","batch_size":32,"head_width":0,"learning_rate":0.02},
 {"epochs":4,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}
END_OF_CONFIGS
jobs=()
for stream in crossing main-street; do
    "$bin/ekya-train" "${common[@]}" "${cpu[@]}" --stream $stream --base 2 --epochs 4 --serve >/dev/null &
    jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job"; done
"$bin/ekya-profile" "${common[@]}" "${cpu[@]}" --window 3 --configs "$part/configs.json" >/dev/null
# One set takes the place of another in one go.
rm -rf "$video"
mv "$part" "$video"

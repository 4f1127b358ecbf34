#!/usr/bin/env bash
# What decoding and sampling several H.264 streams in one ekya-ingest costs, against the ffmpeg command decoding the same files.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
work=$PWD/ekya-bench-decode
output=''
streams=8
seconds=30
size=1280x720
bitrate=4M
rounds=3
limit=''

usage() {
    cat <<END
Usage: decode.sh [--work DIR] [--output FILE] [--streams N] [--seconds S] [--size WxH] [--bitrate B] [--rounds N] [--limit R]

Makes $streams videos of moving content with noise (H.264, 30 frames a second, a key frame every 2 s), decodes them all at once with
ffmpeg (one process with one or its usual number of threads a file, and one process a file) and with one ekya-ingest that
samples one frame a second (windows of 10 s), in turns, and prints CSV: wall and CPU time (user + system), CPU time over that of the
cheapest ffmpeg, peak memory. A third of the length is measured too: memory must not grow with it.
"frame" is decoding and sampling alone; "every frame" stores a crop of each frame, "annotations" of two boxes a frame sampled,
"motion" looks for moving objects in every frame.

  --work DIR     where the videos are made and kept [$work]
  --output FILE  also write the table there
  --streams N    [$streams]
  --seconds S    length of the videos; 3 or more [$seconds]
  --size WxH     [$size]
  --bitrate B    of a stream, as ffmpeg takes it [$bitrate]
  --rounds N     measurements of each case; medians are printed [$rounds]
  --limit R      exit 1 if "frame" costs more than R times the cheapest ffmpeg
Exit: 0 done; 1 the work failed, or the limit is passed; 2 wrong command line, or something is missing.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
        --help|-h) usage; exit 0 ;;
        --work|--output|--streams|--seconds|--size|--bitrate|--rounds|--limit) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        *) usage_error "unknown option $1" ;;
    esac
    case $1 in
        --work) work=$2 ;;
        --output) output=$2 ;;
        --streams) streams=$2 ;;
        --seconds) seconds=$2 ;;
        --size) size=$2 ;;
        --bitrate) bitrate=$2 ;;
        --rounds) rounds=$2 ;;
        --limit) limit=$2 ;;
    esac
    shift 2
done
for number in "$streams" "$seconds" "$rounds"; do [[ $number =~ ^[1-9][0-9]*$ ]] || usage_error "$number is not a number from 1"; done
[[ $seconds -ge 3 ]] || usage_error '--seconds: 3 or more are needed'
[[ $size =~ ^[1-9][0-9]*x[1-9][0-9]*$ ]] || usage_error "--size: $size is not like 1280x720"
needs ffmpeg ffmpeg
needs jq jq
needs python3 python3
ingest=$(program ekya-ingest)
mkdir -p "$work"
work=$(cd "$work" && pwd)

# video NUMBER: a test picture or a Mandelbrot set that is zoomed into, noise of its own, started at another moment.
video() {
    local file="$work/$1-$size-$bitrate-$seconds.mp4" input
    input="testsrc2=size=$size:rate=30"
    [[ $(($1 % 2)) -eq 0 ]] || input="mandelbrot=size=$size:rate=30:start_scale=$(calc "3 / $1")"
    if [[ ! -e $file ]]; then
        ffmpeg -nostdin -v error -y -f lavfi -i "$input" -vf "rotate=t/20+$1,noise=alls=8:all_seed=$1:allf=t" -t "$seconds" -pix_fmt yuv420p \
            -c:v libx264 -preset veryfast -b:v "$bitrate" -maxrate "$bitrate" -bufsize "$bitrate" -g 60 "$file.part.mp4" || die "ffmpeg cannot make $file"
        mv "$file.part.mp4" "$file"
    fi
    printf '%s\n' "$file"
}

# boxes: two boxes in each frame, which move.
boxes() {
    awk -v frames=$((seconds * 30)) -v width="${size%x*}" -v height="${size#*x}" 'BEGIN {
        print "frame,class,x0,y0,x1,y1"
        for (i = 0; i < frames; ++i) for (box = 0; box < 2; ++box) {
            x = (i * (3 + box)) % (width * 3 / 4)
            printf "%d,thing,%d,%d,%d,%d\n", i, x, height * (1 + box) / 4, x + width / 8, height * (2 + box) / 4
        }
    }'
}

short=$((seconds / 3))
boxes >"$work/boxes.csv"
declare -A files
for ((i = 1; i <= streams; ++i)); do
    say "video $i of $streams"
    long_file=$(video "$i")
    short_file="${long_file%.mp4}-first-$short.mp4"
    [[ -e $short_file ]] || ffmpeg -nostdin -v error -y -i "$long_file" -t "$short" -c copy "$short_file"
    files[$seconds]+="$long_file"$'\n'
    files[$short]+="$short_file"$'\n'
done

# paths LENGTH: JSON, the videos of that length.
paths() { printf '%s' "${files[$1]}" | jq -Rn '[inputs]'; }
# ffmpeg_case NAME SECONDS THREADS: one process that reads all.
ffmpeg_case() {
    paths "$2" | jq -c --arg name "$1" --argjson seconds "$2" --argjson threads "$3" \
        '{name: $name, baseline: true, seconds: $seconds, commands: [["ffmpeg", "-nostdin", "-v", "error"]
          + (map((if $threads > 0 then ["-threads", "1"] else [] end) + ["-i", .]) | add)
          + (to_entries | map(["-map", "\(.key):v", "-f", "null", "-"]) | add)]}'
}
# ffmpeg_apart NAME SECONDS: one process a file.
ffmpeg_apart() {
    paths "$2" | jq -c --arg name "$1" --argjson seconds "$2" \
        '{name: $name, baseline: true, seconds: $seconds, commands: map(["ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-i", ., "-f", "null", "-"])}'
}
# ingest_case NAME SECONDS OBJECTS SAMPLE_EVERY
ingest_case() {
    local list="$work/streams-$2-$3.json" annotations=''
    [[ $3 != annotations ]] || annotations=$work/boxes.csv
    paths "$2" | jq --arg boxes "$annotations" '{schema: "ekya.streams/1", classes: ["thing", "other"], streams: [to_entries[]
        | {id: "s\(.key)", source: .value} + (if $boxes == "" then {} else {annotations: $boxes} end)]}' >"$list"
    jq -cn --arg name "$1" --argjson seconds "$2" --arg store "$work/store" \
        --args '{name: $name, baseline: false, seconds: $seconds, store: $store, commands: [$ARGS.positional]}' -- \
        "$ingest" --streams "$list" --store "$work/store" --window 10 --objects "$3" --sample-every "$4" -o /dev/null --overwrite --log-level error
}
table=$({
    ffmpeg_case 'ffmpeg, one thread a file' "$seconds" 1
    ffmpeg_case ffmpeg "$seconds" 0
    ffmpeg_apart 'ffmpeg, one process a file' "$seconds"
    ingest_case 'ekya-ingest, frame' "$seconds" frame 30
    ingest_case 'ekya-ingest, annotations' "$seconds" annotations 30
    ingest_case 'ekya-ingest, every frame' "$seconds" frame 1
    ingest_case 'ekya-ingest, motion' "$seconds" motion 30
    ffmpeg_case 'ffmpeg, one thread a file' "$short" 1
    ingest_case 'ekya-ingest, frame' "$short" frame 30
    ingest_case 'ekya-ingest, motion' "$short" motion 30
} | jq -c -s --argjson rounds "$rounds" --argjson streams "$streams" '{rounds: $rounds, streams: $streams, cases: map(.name |= sub(", "; ": "))}' \
    | python3 "$root/bench/lib/decode.py")
rm -rf "$work/store"
printf '%s\n' "$table"
[[ -z $output ]] || write_atomically "$output" <<<"$table"
if [[ -n $limit ]]; then
    ratio=$(awk -F, -v seconds="$seconds" '$1 == "ekya-ingest: frame" && $3 == seconds { print $6 }' <<<"$table")
    holds "$ratio <= $limit" || die "decoding costs $ratio times what ffmpeg takes; the limit is $limit"
fi

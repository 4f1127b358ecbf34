#!/usr/bin/env bash
# ekya-ingest and ekya-doctor with videos that are attacks, beside a good one that must not notice.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
# shellcheck source=tests/scripts/cameras.sh
source "$root/tests/scripts/cameras.sh"
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'
# shellcheck disable=SC2034  # what cameras.sh wants to know
case_dir=$work start_up=0.3

# make FILE OPTION...: with ffmpeg, from its sources.
make() { ffmpeg -nostdin -v error "${@:2}" "$work/$1" || skips "ffmpeg cannot make $1"; }
pictures='testsrc2=size=320x180:rate=10'
make good.mp4 -f lavfi -i "$pictures" -t 7 -pix_fmt yuv420p -c:v mpeg4 -g 10
make leap.mkv -f lavfi -t 6 -i "$pictures" -vf 'setpts=if(gt(N\,20)\,PTS+1e8/TB\,PTS)' -c:v mjpeg -vsync vfr
make sound.mkv -f lavfi -i sine -t 2 -c:a flac
make cover.png -f lavfi -i "$pictures" -frames:v 1
make cover.m4a -f lavfi -i sine -i "$work/cover.png" -t 2 -map 0 -map 1 -c:a aac -c:v copy -disposition:v attached_pic
make one.nut -f lavfi -i "$pictures" -frames:v 2 -c:v mjpeg -q:v 31
copies=()
for ((i = 0; i < 300; ++i)); do copies+=(-map 0:v); done
make many.mp4 -i "$work/one.nut" "${copies[@]}" -c copy
make sizes.mjpeg -f lavfi -i 'testsrc2=size=64x64:rate=10' -vf crop=1:1:exact=1 -frames:v 3 -c:v mjpeg -pix_fmt yuvj444p
for size in 640x360 16x16 16384x16; do
    make part.mjpeg -y -f lavfi -i "testsrc2=size=$size:rate=10" -frames:v 3 -c:v mjpeg -pix_fmt yuvj420p
    cat "$work/part.mjpeg" >>"$work/sizes.mjpeg"
done
: >"$work/zero.mp4"
head -c 300000 /dev/urandom >"$work/noise.mp4"
mkfifo "$work/pipe.mp4"
printf 'ffconcat version 1.0\nfile good.mp4\noption protocol_whitelist file,http,tcp\nfile http://127.0.0.1:9/a.mp4\n' >"$work/option.ffconcat"
printf 'ffconcat version 1.0\nfile /etc/hostname\n' >"$work/outside.ffconcat"
printf '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n' >"$work/list.m3u8"
# A picture of 30,000 x 30,000 pixels whose other bytes are those of a small one.
"$python" - "$work/cover.png" "$work/bomb.png" <<'END_OF_BOMB'
import struct, sys, zlib
data = bytearray(open(sys.argv[1], "rb").read())
data[16:24] = struct.pack(">II", 30000, 30000)
data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
open(sys.argv[2], "wb").write(data)
END_OF_BOMB

mkdir "$work/pictures"
cp "$work/cover.png" "$work/pictures/a.png"
echo 'no picture' >"$work/pictures/b"$'\x1b[2J.png'

# What each is refused with.
declare -A why=(
    [zero.mp4]='cannot be opened as video'
    [noise.mp4]='cannot be opened as video'
    [pipe.mp4]='is a pipe'
    [sound.mkv]='has no video stream'
    [cover.m4a]='has no video stream'
    [many.mp4]='cannot be opened as video'
    [bomb.png]='bomb.png: '
    [option.ffconcat]='line 3: "option" is not allowed in a list'
    [outside.ffconcat]='line 2: leads to /etc/hostname, which is outside its directory'
    [list.m3u8]='leads to http://127.0.0.1:9/a.ts, which is another server'
    [/dev/zero]='is neither a file nor a directory nor a camera'
    [subfile,,start,0,end,9,,:/etc/passwd]='no such file'
    [http://viewer:se/same@127.0.0.1:9/cam?token=same]='http://viewer:\*\*\*@.*this is no URL'
    [http://viewer:same@127.0.0.1:9/cam?token=same]='http://viewer:\*\*\*@.*Connection refused'
    [ftp://viewer:se#same@127.0.0.1/cam]='ftp://viewer:\*\*\*@.*expected rtsp://'
)
sources=()
for source in "${!why[@]}"; do sources+=("bad-${#sources[@]}=$source"); done
streams good=good.mp4 sizes=sizes.mjpeg pictures=pictures "${sources[@]}"
begin --window 1 --max-reconnects 0
finished
expect_code 3
expect_within 15
for i in "${!sources[@]}"; do expect_message "error: stream bad-$i: .*${why[${sources[i]#*=}]}"; done
expect 'map(select(.stream == "good")) | length == 7 and all(.[]; .complete and .gaps == [])'
expect 'map(select(.stream == "sizes")) | ([.[].frames | length] | add) == 12 and (.[0].gaps | length) >= 2'
expect 'map(select(.stream == "pictures")) | length == 1 and (.[0].gaps | length) == 1'
expect_message 'stream pictures: .*b\\x1b\[2J\.png: '
expect 'all(.[]; .stream == "good" or .stream == "sizes" or .stream == "pictures")'
if grep -q $'\x1b' "$work/messages"; then fails 'an escape sequence reaches the terminal'; fi
if grep -q same "$work/messages"; then fails 'a secret is shown'; fi

code=0
"$EKYA_BIN/ekya-doctor" --streams "$work/streams.json" --store "$work/store" --seconds 5 --look 0.1 \
    >"$work/report" 2>>"$work/messages" || code=$?
[[ $code -eq 1 || $code -eq 3 ]] || fails "ekya-doctor: exit $code"
grep -q '^good .*320 x 180' "$work/report" || fails 'ekya-doctor does not say that the good video is good'
[[ $(grep -c 'PROBLEM: ' "$work/report") -ge ${#sources[@]} ]] || fails "ekya-doctor misses problems: $(<"$work/report")"
if grep -q same "$work/report"; then fails 'ekya-doctor shows a secret'; fi

# In real time beside three attacks: each window of the good one comes in its time, and the leap of
# three years takes none.
rm -rf "$work/store"
streams good=good.mp4 leap=leap.mkv pipe=pipe.mp4 list=option.ffconcat
code=0
timeout 60 "$EKYA_BIN/ekya-ingest" --streams "$work/streams.json" --store "$work/store" --objects frame \
    --crop-size 16 --window 1 --pace realtime 2>"$work/messages" |
    while read -r record; do jq -nc --arg at "$EPOCHREALTIME" '{at: ($at | tonumber), stream: input.stream}' <<<"$record"; done \
        >"$work/arrivals" || code=$?
expect_code 3
jq -se '[.[] | select(.stream == "good").at] | length == 7 and ([range(1; length) as $i | .[$i] - .[$i - 1]] | max < 2)' \
    "$work/arrivals" >/dev/null || fails "the good stream waits for the others: $(<"$work/arrivals")"
jq -se '[.[] | select(.stream == "leap")] | length >= 6 and length <= 8' "$work/arrivals" >/dev/null \
    || fails "the leap makes windows, or ends them: $(<"$work/arrivals")"
expect_message 'stream leap: .* the timestamps leap ahead by 1000000[0-9]{2}'
ends

#!/usr/bin/env bash
# Ingestion onto a disk that fills up: a message that says where and why, exit 1, what was stored before is whole, nothing is half written.
# A source that does not wait, and serving, go on: what there is no room for is counted, and stored again when there is.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'

# Pixels are stored uncompressed: 1.5 MiB a window.
ffmpeg -nostdin -v error -f lavfi -i "testsrc2=size=320x180:rate=10,noise=alls=60:allf=t" -t 8 -pix_fmt yuv420p -c:v mpeg4 "$work/noise.mp4"
echo '{"schema":"ekya.streams/1","classes":["car","sign"],"streams":[{"id":"cam","source":"noise.mp4"}]}' >"$work/streams.json"
ingest=("$EKYA_BIN/ekya-ingest" --streams "$work/streams.json" --window 2 --objects frame --crop-size 128)

# expect NAME CODE MESSAGE: of a run that has left NAME.messages and $code.
expect() {
    [[ $code -eq 1 ]] || fails "$1: exit $code, expected 1"
    grep -qE -- "$2" "$work/$1.messages" || fails "$1: no message like \"$2\": $(cat "$work/$1.messages")"
}
nothing_half() {
    if find "$1" -name '*part*' | grep -q .; then fails "$1: something half written is left: $(find "$1" -name '*part*')"; fi
}

code=0
(ulimit -f 300; exec "${ingest[@]}" --store "$work/limited" -o "$work/limited.jsonl") 2>"$work/limited.messages" || code=$?
expect limited 'error: stream cam: .*/windows/.*crops\.png.*: cannot write: File too large'
nothing_half "$work/limited"
[[ ! -e $work/limited/streams/cam/windows/00000 ]] || fails 'limited: a window without its crops is stored'

code=0
"${ingest[@]}" --store "$work/records" -o /dev/full 2>"$work/records.messages" || code=$?
expect records 'error: stream cam: /dev/full: cannot write: No space left on device'

mkdir "$work/small"
cat >"$work/inside" <<'END'
mount -t tmpfs -o size=4000k none "$1" || exit 77
shift
store=$1
shift
code=0
"$@" --store "$store" || code=$?
cp -r "$store" "$store.after"
exit "$code"
END
code=0
unshare -m bash "$work/inside" "$work/small" "$work/small" "${ingest[@]}" -o "$work/small.jsonl" 2>"$work/small.messages" || code=$?
if grep -qE '^(unshare|mount):' "$work/small.messages"; then
    say 'small: skipped, mounting is not permitted here'
else
    expect small 'error: stream cam: .*/windows/.*: cannot (write|create|sync).*: No space left on device'
    nothing_half "$work/small.after"
    mapfile -t windows < <(find "$work/small.after" -name manifest.json)
    [[ ${#windows[@]} -ge 1 && ${#windows[@]} -lt 4 ]] || fails "small: ${#windows[@]} of 4 windows were stored, expected some"
    valid "${windows[@]}" "$work/small.jsonl" >/dev/null || fails 'small: records that cannot be read'
    [[ $(wc -l <"$work/small.jsonl") -eq ${#windows[@]} ]] || fails 'small: the records are not of the windows stored'
fi

# A disk that is full for a while, under a source in real time (here four times as fast).
mkdir "$work/while"
cat >"$work/inside" <<'END'
mount -t tmpfs -o size=8000k none "$1" || exit 77
disk=$1 store=$1/store
shift
"$@" --store "$store" &
ingest=$!
for ((i = 0; i < 200; ++i)); do [[ ! -e $store/streams/cam/windows/00000 ]] || break; sleep 0.02; done
dd if=/dev/zero of="$disk/other" bs=64k 2>"$disk.dd" || true
for ((i = 0; i < 200; ++i)); do ! grep -q 'cannot write\|cannot create\|cannot be written' "$MESSAGES" || break; sleep 0.02; done
rm "$disk/other"
code=0
wait "$ingest" || code=$?
cp -r "$store" "$AFTER"
exit "$code"
END
code=0
MESSAGES=$work/while.messages AFTER=$work/while.after unshare -m bash "$work/inside" "$work/while" "${ingest[@]}" --pace 4 -o "$work/while.jsonl" \
    2>"$work/while.messages" || code=$?
if grep -qE '^(unshare|mount):' "$work/while.messages"; then
    say 'while: skipped, mounting is not permitted here'
else
    [[ $code -eq 0 ]] || fails "while: exit $code: $(cat "$work/while.messages")"
    [[ $(grep -c 'windows are dropped until it can' "$work/while.messages") -eq 1 ]] || fails "while: not told once: $(cat "$work/while.messages")"
    grep -qE 'is written again; [1-3] windows were dropped' "$work/while.messages" || fails "while: how many is not told: $(cat "$work/while.messages")"
    nothing_half "$work/while.after"
    mapfile -t windows < <(find "$work/while.after" -name manifest.json)
    [[ ${#windows[@]} -eq 4 ]] || fails "while: ${#windows[@]} of 4 windows have a place in the store"
    valid "${windows[@]}" "$work/while.jsonl" >/dev/null || fails 'while: records that cannot be read'
    lost=$(jq -s '[.[] | select(.frames == [] and any(.gaps[]; startswith("none of its frames is stored")))] | length' "${windows[@]}")
    [[ $lost -ge 1 && $lost -le 3 ]] || fails "while: $lost windows say that their frames are not stored"
    [[ $(jq -s '[.[] | select(.frames != [])] | length' "${windows[@]}") -eq $((4 - lost)) ]] || fails 'while: the other windows are not whole'
fi

# Serving whose answers have no room.
if [[ -x $EKYA_BIN/ekya-infer && -d $video/store ]]; then
    code=0
    cp -a "$video/store" "$work/served"
    "$EKYA_BIN/ekya-infer" --streams "$video/streams.json" --stream crossing --store "$work/served" --device cpu --window 6 --answers /dev/full \
        -o "$work/served.jsonl" 2>"$work/served.messages" || code=$?
    [[ $code -eq 0 ]] || fails "answers: exit $code: $(cat "$work/served.messages")"
    [[ $(grep -c '/dev/full: cannot be written: No space left on device; answers are dropped until it can' "$work/served.messages") -eq 1 ]] \
        || fails "answers: not told once: $(cat "$work/served.messages")"
    [[ $(jq -s 'map(select(.schema == "ekya.accuracy/1")) | length' "$work/served.jsonl") -ge 3 ]] || fails 'answers: windows are not scored'
fi
ends

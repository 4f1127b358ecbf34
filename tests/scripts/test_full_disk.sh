#!/usr/bin/env bash
# Ingestion onto a disk that fills up: a message that says where and why, exit 1, what was stored before is whole, nothing is half written.
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
ends

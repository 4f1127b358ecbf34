#!/usr/bin/env bash
# Limits of the process (ulimit -n, -v, -f): a message that names the limit, streams that fit go on, nothing is half written.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'

ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=64x48:rate=5 -t 2 -pix_fmt yuv420p -c:v mpeg4 "$work/short.mp4"
# list_of N: a stream list of N streams.
list_of() {
    "${PYTHON:-python3}" - "$1" <<'END'
import json, sys
print(json.dumps({"schema": "ekya.streams/1", "classes": ["car", "sign"],
                  "streams": [{"id": f"s{i}", "source": "short.mp4"} for i in range(int(sys.argv[1]))]}))
END
}
list_of 100 >"$work/streams.json"
ingest=("$EKYA_BIN/ekya-ingest" --streams "$work/streams.json" --window 1 --objects frame --crop-size 8 --decoder software --decoder-threads 1)

# checked NAME SIGN: of a run that has left NAME.messages, NAME.jsonl and $code.
checked() {
    [[ $code -eq 1 || $code -eq 3 ]] || fails "$1: exit $code, expected 1 or 3: $(tail -n 3 "$work/$1.messages")"
    grep -qE -- "$2" "$work/$1.messages" || fails "$1: no message like \"$2\": $(tail -n 3 "$work/$1.messages")"
    ! grep -qE 'terminate called|Aborted|Assertion' "$work/$1.messages" || fails "$1: $(grep -E 'terminate|Abort|Assert' "$work/$1.messages")"
    ! compgen -G "$work/$1.*part*" >/dev/null || fails "$1: a part of the output is left"
}
# whole NAME: each window that has its name is whole, none is on record that is not stored, some at least are. Without a descriptor a
# half one cannot be deleted; its name is hidden, and the service sweeps it later.
whole() {
    local directory stored=0
    for directory in "$work/$1"/streams/*/windows/[0-9]*/; do
        [[ -s $directory/manifest.json && -s $directory/crops.png ]] || fails "$1: $directory is half written"
        stored=$((stored + 1))
    done
    [[ $stored -ge 1 ]] || fails "$1: no stream went on"
    [[ $(wc -l <"$work/$1.jsonl") -le $stored ]] || fails "$1: $stored windows, $(wc -l <"$work/$1.jsonl") records"
}

code=0
(ulimit -n 64; exec "${ingest[@]}" --store "$work/files" -o "$work/files.jsonl") 2>"$work/files.messages" || code=$?
checked files 'error: stream s[0-9]+: .*Too many open files.*; raise the limit of open files \(ulimit -n'
whole files

# nlohmann/json allocates while it destroys, so that about one run in sixty without any memory left is aborted there.
for _ in 1 2; do
    code=0
    rm -rf "$work/memory" "$work/memory.jsonl"
    (ulimit -v 1500000; exec "${ingest[@]}" --store "$work/memory" -o "$work/memory.jsonl") 2>"$work/memory.messages" || code=$?
    [[ $code -eq 134 ]] || break
done
checked memory 'error: stream s[0-9]+: .*(cannot start a thread: .*; raise the limits|; there is no more memory)'
whole memory

# A plan of some thousand bytes into a file of at most one block.
"${PYTHON:-python3}" - "$root" >"$work/inputs.jsonl" <<'END'
import json, sys
example = json.load(open(sys.argv[1] + "/schemas/planning-input.v1.schema.json"))["examples"][0]
for i in range(50):
    print(json.dumps(dict(example, stream=f"s{i}")))
END
code=0
(ulimit -f 1; exec "$EKYA_BIN/ekya-schedule" -i "$work/inputs.jsonl" --window-seconds 10 -o "$work/plan.json") 2>"$work/plan.messages" || code=$?
checked plan 'error: .*plan\.json: cannot write: File too large; raise the limit of file sizes \(ulimit -f'
[[ ! -e $work/plan.json ]] || fails 'plan: a part of a plan has its name'
ends

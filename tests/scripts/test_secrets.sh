#!/usr/bin/env bash
# A camera's password appears nowhere but in the stream list: not in messages, logs, job records and other files of a store, and not in
# the list of processes. What a store holds is for its user and group alone.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
secret='s3same/op#n'
url="rtsp://viewer:$secret@127.0.0.1:1/cam?token=t0k3n"
hidden='s3same|op#n|t0k3n'
(umask 077 && printf '{"schema":"ekya.streams/1","classes":["car","person"],"streams":[{"id":"cam","source":"%s"}]}\n' "$url" >"$work/streams.json")
common=(--streams "$work/streams.json" --store "$work/store" --window 1)
mkdir "$work/said"

printf '%s\n' "$hidden" >"$work/hidden"   # not in the command line of grep
# listed: processes whose command line shows a secret.
listed() { grep -laE -f "$work/hidden" /proc/[0-9]*/cmdline 2>/dev/null || true; }

"$EKYA_BIN/ekya-ingest" "${common[@]}" --max-reconnects 0 --open-timeout 2 -v >"$work/said/ingest" 2>&1 || true
grep -q 'stream cam' "$work/said/ingest" || fails "ekya-ingest says nothing: $(<"$work/said/ingest")"

# A job whose command line has the URL: of the programs, ekya-run alone takes one.
"$EKYA_BIN/ekya-run" --job "$work/store/jobs/probe" -- sh -c 'sleep 3' job "$url" >"$work/said/run" 2>&1 &
job=$!
until [[ -s $work/store/jobs/probe/job.json ]] || ! kill -0 $job 2>/dev/null; do sleep 0.02; done
! grep -qaE -f "$work/hidden" "/proc/$job/cmdline" || fails 'the process list shows the password in ekya-run'
kill -TERM $job
wait $job || true
jq -e '.command[4] == "rtsp://viewer:***@127.0.0.1:1/cam?token=***"' "$work/store/jobs/probe/job.json" >/dev/null \
    || fails "the record of the job is $(<"$work/store/jobs/probe/job.json")"

# A list whose fault lies beside the password.
printf '{"schema":"ekya.streams/1","classes":["car","person"],"streams":[{"id":"cam","source":"%s","fps":-1}]}\n' "$url" >"$work/bad.json"
"$EKYA_BIN/ekya-ingest" --streams "$work/bad.json" --store "$work/store" --window 1 >"$work/said/bad" 2>&1 || true
"$EKYA_BIN/ekya-ingest" --streams "$url" --store "$work/store" --window 1 >"$work/said/list" 2>&1 || true

! grep -rE "$hidden" "$work/said" "$work/store" >&2 || fails 'a secret is written'
[[ -z $(listed) ]] || fails "the list of processes shows it: $(listed)"

# Permissions, whatever the umask.
ffmpeg -nostdin -v error -f lavfi -i testsrc=size=64x64:rate=5:duration=2 -c:v libx264 -preset ultrafast "$work/clip.mp4" || skips 'ffmpeg cannot make a clip'
printf '{"schema":"ekya.streams/1","classes":["car","person"],"streams":[{"id":"clip","source":"%s"}]}\n' "$work/clip.mp4" >"$work/clips.json"
(umask 000 && "$EKYA_BIN/ekya-ingest" --streams "$work/clips.json" --store "$work/shared" --window 1 --keep-frames jpg >"$work/said/clip" 2>&1) \
    || fails "ekya-ingest: $(<"$work/said/clip")"
[[ -n $(find "$work/shared" -name manifest.json) ]] || fails 'nothing is stored'
open=$(find "$work/shared" -perm /0027)
[[ -z $open ]] || fails "others may reach $open"
ends

# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables come from who sources this, and go there
# Cameras and ekya-ingest, for the tests of sources. Sourced behind common.sh, not run.
#   $case_dir  where a case keeps what it leaves
#   $start_up  seconds that starting ekya-ingest takes on this machine now

# camera COMMAND...: starts a server; sets $camera to its process and $port to where it listens.
camera() {
    local i
    : >"$case_dir/camera"
    "$@" >"$case_dir/camera" 2>>"$case_dir/camera.log" &
    camera=$!
    for ((i = 0; i < 200; ++i)); do
        if read -r _ port <"$case_dir/camera"; then return; fi
        sleep 0.05
    done
    fails "the camera does not start: $(tail -n 3 "$case_dir/camera.log")"
    exit 1
}
rtsp() { camera "$here/rtsp_server.py" "$@"; }
# gone SIGNAL: the camera's process ends at once.
gone() { kill "-$1" "$camera"; wait "$camera" 2>/dev/null || true; }
# streams ID=SOURCE...: the stream list.
streams() {
    printf '%s\n' "$@" | jq -nR '{schema: "ekya.streams/1", classes: ["car", "sign"],
        streams: [inputs | {id: sub("=.*"; ""), source: sub("^[^=]*="; "")}]}' >"$case_dir/streams.json"
}
# ingest OPTION...: runs to its end; sets $code and $seconds.
ingest() { begin "$@"; finished; }
# begin OPTION...: starts ekya-ingest; its process is $ingest.
begin() {
    rm -rf "$case_dir/store"
    began=$EPOCHREALTIME
    timeout -k 5 "${limit:-60}" "$EKYA_BIN/ekya-ingest" --streams "$case_dir/streams.json" --store "$case_dir/store" --objects frame --crop-size 16 \
        --sample-every 5 --longest-backoff 1 "$@" >"$case_dir/records" 2>"$case_dir/messages" &
    ingest=$!
}
finished() {
    code=0
    wait "$ingest" || code=$?
    seconds=$(awk "BEGIN { print $EPOCHREALTIME - $began }")
    [[ ! -s $case_dir/records ]] || valid "$case_dir/records" >/dev/null || fails 'records that do not fit their schema'
}
# stop SIGNAL: to ekya-ingest; $seconds is how long its end takes.
stop() {
    began=$EPOCHREALTIME
    pkill "-$1" -P "$ingest"   # the child of timeout
    finished
}
expect_code() { [[ $code -eq $1 ]] || fails "exit $code, expected $1: $(tail -n 2 "$case_dir/messages")"; }
# expect_within SECONDS [STARTS]: and what starting that many programs takes on this machine now; they all start at once.
expect_within() {
    local limit
    limit=$(awk "BEGIN { print $1 + ${2:-20} * $start_up }")
    awk "BEGIN { exit !($seconds <= $limit) }" || fails "took $seconds s, expected at most $limit"
}
expect_message() { grep -qE -- "$1" "$case_dir/messages" || fails "no message like \"$1\": $(cat "$case_dir/messages")"; }
# expect FILTER: true of the array of all window records.
expect() { jq -se "$1" "$case_dir/records" >/dev/null || fails "not so: $1: $(jq -c 'del(.frames)' "$case_dir/records")"; }
# until_stored WINDOW [STREAM]
until_stored() {
    local i
    for ((i = 0; i < 400; ++i)); do
        [[ ! -e $case_dir/store/streams/${2:-cam}/windows/$(printf %05d "$1")/manifest.json ]] || return 0
        sleep 0.05
    done
    fails "window $1 was not stored in time: $(cat "$case_dir/messages")"
    exit 1
}

#!/usr/bin/env bash
# ekya-ingest against cameras that die, freeze, refuse, change and lose packets: it never hangs, and says what happened.
#   EKYA_LONG=1  also what takes minutes
# The cases wait more than they work, so they run side by side, each with its own camera.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
here=$root/tests/scripts
# shellcheck source=tests/scripts/cameras.sh
source "$here/cameras.sh"
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null \
    || skips 'no RTSP server (Debian: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good)'
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'

began=$EPOCHREALTIME
"$EKYA_BIN/ekya-ingest" --version >/dev/null
start_up=$(awk "BEGIN { print $EPOCHREALTIME - $began }")

fps=15
# clip FILE SIZE OPTION...: 30 s of moving pictures.
clip() { ffmpeg -nostdin -v error -f lavfi -i "testsrc2=size=$2:rate=$fps" -t 30 -g $fps "${@:3}" "$work/$1" || skips "ffmpeg cannot make $1"; }
clip h264.mp4 320x180 -pix_fmt yuv420p -c:v libx264 -preset veryfast -bf 0 -b:v 400k
clip jpeg.mkv 640x360 -pix_fmt yuvj420p -c:v mjpeg -huffman default -q:v 12
clip mpeg4.mp4 352x288 -pix_fmt yuv420p -c:v mpeg4 -b:v 300k
mkdir "$work/stills"
ffmpeg -nostdin -v error -f lavfi -i "testsrc2=size=320x180:rate=10" -t 4 -q:v 8 "$work/stills/%03d.jpg"

case_plain() {
    rtsp "$work/h264.mp4"
    streams "cam=rtsp://127.0.0.1:$port/cam"
    ingest --window 1 --windows 3
    expect_code 0
    expect_within 6
    expect 'length == 3 and all(.[]; (.gaps == []) and .damaged_packets == 0 and .complete and (.frames | length) == 15)'
    # shellcheck disable=SC2016  # $i is jq's, and so below
    expect '[.[].frames[].time] | [range(1; length) as $i | .[$i] - .[$i - 1]] | all(.[]; . > 0.06 and . < 0.075)'
}

# The server dies and comes back; the camera beside it does not notice.
case_restart() {
    local other lost_port
    rtsp "$work/h264.mp4"
    other=$port
    rtsp "$work/h264.mp4"
    lost_port=$port
    streams "cam=rtsp://127.0.0.1:$lost_port/cam" "other=rtsp://127.0.0.1:$other/cam"
    begin --window 2 --windows 7
    until_stored 0
    gone KILL
    until_stored 1   # by the clock: nothing comes any more
    sleep 0.5
    rtsp "$work/h264.mp4" --port "$lost_port"
    finished
    expect_code 0
    expect_within 20
    expect_message 'stream cam: [23]\..* s: .*; connecting again'
    expect 'map(select(.stream == "other")) | length == 7 and all(.[]; (.gaps == []) and .damaged_packets == 0 and (.frames | length) >= 29)'
    expect 'map(select(.stream == "cam")) | length == 7 and all(.[]; .complete)
        and (.[1].gaps[-1] | test("^[23]\\.[0-9]+ s: .*; away at the end of this window$"))
        and ([.[].gaps[] | select(test("connected again after [0-9.]+ s, attempt [2-9]$"))] | length == 1)
        and (.[6] | (.gaps == []) and (.frames | length) >= 28)'
    # Frames go on where the clock is, numbered without a hole. The gap in their times is the one that is told, less what
    # the new connection gave at once: frames of the second or two that opening took.
    # shellcheck disable=SC2016
    expect 'map(select(.stream == "cam")) | ([.[].gaps[] | capture("after (?<s>[0-9.]+) s").s | tonumber][0]) as $away
        | [.[].frames[]] | ([.[].frame] == [range(length)])
        and ([range(1; length) as $i | .[$i].time - .[$i - 1].time] | max | . - $away | . > -3 and . < 0.5)'
}

# It takes connections and says nothing: at the start, and in the middle.
case_silent() {
    camera /usr/bin/python3 -uc 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1]); time.sleep(100)'
    streams "cam=rtsp://127.0.0.1:$port/cam"
    ingest --open-timeout 1.5
    expect_code 1
    expect_within 3
    expect_message "error: stream cam: rtsp://127.0.0.1:$port/cam: no answer within 1.50 s"

    rtsp "$work/h264.mp4"
    streams "cam=rtsp://127.0.0.1:$port/cam"
    begin --window 2 --windows 5 --read-timeout 1 --open-timeout 2
    until_stored 0
    kill -STOP "$camera"
    until_stored 1
    kill -CONT "$camera"
    finished
    expect_code 0
    expect_within 16
    expect_message 'no data for 1.00 s; connecting again'
    expect '[.[].gaps[] | select(test("no data for 1.00 s; connected again after"))] | length == 1'
    expect '.[1].gaps | any(test("no answer within 2.00 s|no data for 1.00 s"))'
}

case_password() {
    rtsp "$work/h264.mp4" --password sesame
    local user
    for user in '' 'viewer:guess@'; do
        streams "cam=rtsp://${user}127.0.0.1:$port/cam"
        ingest
        expect_code 1
        expect_within 3
        expect_message 'error: stream cam: rtsp://.*/cam: access refused, user or password is wrong: .*401'
        if grep -q guess "$case_dir/messages"; then fails 'the password is shown'; fi
    done
    streams "cam=rtsp://viewer:sesame@127.0.0.1:$port/cam"
    begin --window 1
    until_stored 1
    # The password is changed: no use in asking for ever, and an account may be locked by it.
    gone KILL
    rtsp "$work/h264.mp4" --password swordfish --port "$port"
    finished
    expect_code 1
    expect_within 12
    expect_message 'error: stream cam: rtsp://viewer:\*\*\*@.*given up after [0-9]+ attempts? to connect again: access refused'
    expect 'length >= 2 and .[0].gaps == [] and .[-1].last and (.[-1].gaps[-1] | test("given up after .*access refused"))'
    if grep -q sesame "$case_dir/messages"; then fails 'the password is shown'; fi
}

case_codec() {
    rtsp "$work/h264.mp4"
    streams "cam=rtsp://127.0.0.1:$port/cam"
    begin --window 2 --windows 6
    until_stored 0
    gone KILL
    rtsp "$work/jpeg.mkv" --codec jpeg --port "$port"
    until_stored 2
    gone KILL
    rtsp "$work/mpeg4.mp4" --codec mpeg4 --port "$port"
    finished
    expect_code 0
    expect_within 18
    expect 'all(.[]; .width == 320 and .height == 180)'
    expect '[.[].gaps[] | select(test("frames of 640 x 360 from here on, scaled to 320 x 180"))] | length == 1'
    expect '[.[].gaps[] | select(test("frames of 352 x 288 from here on, scaled to 320 x 180"))] | length == 1'
    expect '[.[].gaps[] | select(test("connected again"))] | length == 2'
    expect '(.[-1].frames | length) >= 28'
}

# Packets are lost, also whole pictures, which leaves nothing to be seen in those that come.
case_loss() {
    local way
    rtsp "$work/h264.mp4" --drop 0.04
    streams "cam=rtsp://127.0.0.1:$port/cam"
    for way in '' --rtsp-over-udp; do
        ingest --window 1 --windows 4 ${way:+"$way"}
        expect_code 0
        expect_within 9
        expect_message 'stream cam: window [0-9]: [0-9]+ damaged packets skipped'
        expect 'length == 4 and ([.[].damaged_packets] | add >= 8 and add < 60) and ([.[].frames | length] | add > 30 and add < 60)'
        expect '[.[].gaps[]] == []'
    done
}

# A signal ends it within a second, whatever it waits for; starting programs beside it may add a little.
case_stop() {
    local signal
    camera /usr/bin/python3 -uc 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1]); time.sleep(100)'
    for signal in TERM:143 INT:130; do
        streams "cam=rtsp://127.0.0.1:$port/cam" "web=http://127.0.0.1:$port/cam"
        begin --open-timeout 60
        sleep 1
        stop "${signal%:*}"
        expect_code "${signal#*:}"
        expect_within 1 3
    done
    rtsp "$work/h264.mp4"
    streams "cam=rtsp://127.0.0.1:$port/cam"
    begin --window 1 --open-timeout 60
    until_stored 1
    stop TERM   # while it reads
    expect_code 143
    expect_within 1 3
    expect 'length >= 2'
    begin --window 1
    until_stored 1
    kill -STOP "$camera"
    sleep 0.5
    stop TERM   # while nothing comes
    expect_code 143
    expect_within 1 3
    kill -CONT "$camera"
    begin --window 1
    until_stored 1
    gone KILL
    sleep 1.2
    stop TERM   # between two attempts to connect
    expect_code 143
    expect_within 1 3
    expect_message 'connecting again'
    expect 'length >= 2'
    if find "$case_dir/store" -name '.*part*' | grep -q .; then fails 'something half written is left'; fi
}

case_mjpeg() {
    camera "$here/mjpeg_server.py" "$work/stills" --stall-after 35
    streams "cam=http://127.0.0.1:$port/cam"
    begin --window 2 --windows 5 --read-timeout 1
    finished
    expect_code 0
    expect_within 14
    # 10 pictures a second by the wall clock, though MJPEG says nothing of time.
    # shellcheck disable=SC2016
    expect '.[0].frames | length >= 10 and length <= 21 and ([range(1; length) as $i | .[$i].time - .[$i - 1].time] | add / length | . > 0.09 and . < 0.2)'
    expect '[.[].gaps[] | select(test("^3\\.[0-9]+ s: no data for 1.00 s; connected again after"))] | length == 1'
    expect '.[-1] | (.gaps == []) and (.frames | length >= 19)'
    local web=$port
    begin --window 2
    until_stored 0
    gone KILL
    camera "$here/mjpeg_server.py" "$work/stills" --port "$web"
    until_stored 2
    stop TERM
    expect_code 143
    expect '[.[].gaps[] | select(test("connected again after"))] | length == 1'
}

case_pictures() {
    cp -r "$work/stills" "$case_dir/pictures"
    head -c 500 "$work/stills/007.jpg" >"$case_dir/pictures/007.jpg"
    streams "cam=$case_dir/pictures"
    ingest --window 20
    expect_code 0
    expect_within 4
    expect 'length == 2 and .[0].damaged_packets == 1 and (.[0].gaps | length == 1 and (.[0] | test("^6.00 s: .*007.jpg: "))) and (.[0].frames | length) == 19'
}

# A camera that never answers beside one that works.
case_dead_beside_live() {
    local dead
    camera /usr/bin/python3 -uc 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print("ready", s.getsockname()[1]); time.sleep(100)'
    dead=$port
    rtsp "$work/h264.mp4"
    streams "dead=rtsp://127.0.0.1:$dead/cam" "cam=rtsp://127.0.0.1:$port/cam"
    ingest --window 1 --windows 4 --open-timeout 3
    expect_code 3
    expect_within 9
    expect_message 'error: stream dead: .*no answer within 3.00 s'
    expect 'length == 4 and all(.[]; .stream == "cam" and (.gaps == []) and (.frames | length) == 15)'
}

# The cable is pulled, and put back.
case_link_down() {
    local address=198.18.77
    namespace="ekya-test-$$"
    ip netns add "$namespace" 2>/dev/null || { namespace=''; say 'link_down: skipped, network namespaces are not permitted here'; return; }
    link_up "$namespace" "$address" || { say 'link_down: skipped, this kernel has no network between two namespaces'; return; }
    camera ip netns exec "$namespace" "$here/rtsp_server.py" "$work/h264.mp4" --address "$address.2"
    streams "cam=rtsp://$address.2:$port/cam"
    begin --window 2 --windows 6 --read-timeout 1 --open-timeout 2
    until_stored 0
    ip -n "$namespace" link set ekya1 down
    until_stored 1
    sleep 1
    ip -n "$namespace" link set ekya1 up
    finished
    gone KILL
    expect_code 0
    expect_within 18
    expect '[.[].gaps[] | select(test("^[23]\\.[0-9]+ s: no data for 1.00 s; connected again after [2-7]\\.[0-9]+ s, attempt"))] | length == 1'
    expect '.[-1] | (.gaps == []) and (.frames | length) >= 28'
}
# link_up NAMESPACE ADDRESS: .1 here, .2 there; deleting the namespace deletes both ends.
link_up() {
    ip link add "ekya0-$$" type veth peer name ekya1 netns "$1" && ip addr add "$2.1/24" dev "ekya0-$$" && ip link set "ekya0-$$" up \
        && ip -n "$1" addr add "$2.2/24" dev ekya1 && ip -n "$1" link set ekya1 up
}

# A name server that is away must not hold up more than the time-out allows.
case_name_server() {
    local resolver='import socket, sys, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 53)); time.sleep(100)'
    echo 'nameserver 127.0.0.1' >"$case_dir/resolv.conf"
    unshare -m -n mount --bind "$case_dir/resolv.conf" /etc/resolv.conf 2>/dev/null \
        || { say 'name_server: skipped, namespaces of mounts and network are not permitted here'; return; }
    streams 'cam=rtsp://camera.example/cam'
    cat >"$case_dir/inside" <<END
ip link set lo up && mount --bind "$case_dir/resolv.conf" /etc/resolv.conf || exit 77
/usr/bin/python3 -c '$resolver' & server=\$!
sleep 0.5
code=0
began=\$EPOCHREALTIME
"$EKYA_BIN/ekya-ingest" --streams "$case_dir/streams.json" --store "$case_dir/store" --open-timeout 1.5 || code=\$?
awk "BEGIN { print \$EPOCHREALTIME - \$began }" >"$case_dir/seconds"
kill \$server
exit \$code
END
    began=$EPOCHREALTIME
    unshare -m -n bash "$case_dir/inside" >"$case_dir/records" 2>"$case_dir/messages" &
    ingest=$!
    finished
    expect_code 1
    seconds=$(<"$case_dir/seconds")
    expect_within 3
    expect_message 'rtsp://camera.example/cam: no answer within 1.50 s'
}

# Long: many deaths in a row, one camera with loss, for two minutes. No hang, no window left out, memory as at the start.
case_many_restarts() {
    local i first limit=150
    rtsp "$work/h264.mp4" --drop 0.01
    streams "cam=rtsp://127.0.0.1:$port/cam"
    begin --window 5 --windows 24 --read-timeout 1
    for ((i = 0; i < 12; ++i)); do
        sleep "$((3 + i % 4)).$((i * 7 % 10))"
        gone KILL
        sleep "0.$((i * 3 % 10))"
        rtsp "$work/h264.mp4" --drop 0.01 --port "$port"
        [[ $i -ne 1 ]] || first=$(resident)
    done
    say "many_restarts: resident memory after 2 restarts $first KiB, after $i $(resident) KiB"
    [[ $(resident) -lt $((first + 20000)) ]] || fails "memory grew from $first to $(resident) KiB"
    finished
    expect_code 0
    expect_within 130
    expect '[.[].window] == [range(24)]'   # also the end of the clip brings a new connection
    expect '[.[].gaps[] | select(test("connected again"))] | length >= 12'
}
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$(pgrep -P "$ingest")/status"; }

# end_children: a camera may be stopped.
end_children() {
    local child
    for child in $(jobs -rp); do kill -CONT "$child"; kill -TERM "$child"; done 2>/dev/null || true
    [[ -z ${namespace:-} ]] || ip netns delete "$namespace"
}

cases=(plain restart silent password codec loss stop mjpeg pictures dead_beside_live link_down name_server)
[[ -z ${EKYA_LONG:-} ]] || cases+=(many_restarts)
[[ $# -eq 0 ]] || cases=("$@")
declare -A job
for name in "${cases[@]}"; do
    case_dir=$work/$name
    mkdir "$case_dir"
    (
        trap end_children EXIT
        "case_$name"
        exit $((failures > 0))
    ) 2>"$case_dir/said" &
    job[$name]=$!
done
for name in "${cases[@]}"; do
    if wait "${job[$name]}"; then say "$name: passed"; else fails "$name"; fi
    cat "$work/$name/said" >&2
done
ends

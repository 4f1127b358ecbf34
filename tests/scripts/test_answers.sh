#!/usr/bin/env bash
# Answers on their way out of a short service of two cameras: ekya-tail, a real MQTT broker, --on-event, and the preview in a
# browser, each begun before the service; a camera that goes and comes back, inference that is killed.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
here=$root/tests/scripts
case_dir=$work
# shellcheck source=tests/scripts/cameras.sh
source "$here/cameras.sh"
clip=$root/../shared/data/videos/car-detection.mp4
teacher=$root/../shared/data/models/fastestdet/FastestDet.onnx
[[ -r $clip && -r $teacher ]] || skips "$clip or $teacher is not there"
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null \
    || skips 'no RTSP server (Debian: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good)'
for program in ffmpeg curl; do command -v "$program" >/dev/null || skips "$program is not installed"; done
ffmpeg -nostdin -v error -i "$clip" -t 20 -vf scale=384:-2,fps=5 -an -pix_fmt yuv420p -c:v libx264 -preset ultrafast -g 5 -bf 0 "$work/one.mp4" \
    || skips 'ffmpeg cannot make a clip'
ffmpeg -nostdin -v error -stream_loop 8 -i "$work/one.mp4" -c copy "$work/cars.mp4"
mkdir "$work/tmp" "$work/cameras"
export TMPDIR=$work/tmp   # the sockets are here
store=$work/cameras

# eventually SECONDS COMMAND...: it succeeds within this time.
eventually() {
    local end=$((SECONDS + $1))
    while ! "${@:2}"; do
        [[ $SECONDS -lt $end ]] || { fails "not within $1 s: ${*:2}"; tail -n 12 "$work/messages" >&2; return; }
        sleep 0.1
    done
}
# ended PID CODE WHAT: it ends with this code when it gets SIGINT or SIGTERM.
ended() {
    local code=0
    wait "$1" || code=$?
    [[ $code -eq $2 ]] || fails "$3: exit $code, expected $2"
}

"$EKYA_BIN/ekya-tail" --store "$store" >"$work/tail" 2>"$work/tail.log" &
tail=$!
mqtt=''
if [[ -x $EKYA_BIN/ekya-mqtt ]] && command -v mosquitto >/dev/null && command -v mosquitto_sub >/dev/null; then
    mqtt_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    printf 'secret of the broker\n' >"$work/password"
    printf 'ekya:secret of the broker\n' >"$work/users"
    mosquitto_passwd -U "$work/users"
    chmod 600 "$work/users" "$work/password"
    printf 'listener %s 127.0.0.1\npassword_file %s\nuser root\n' "$mqtt_port" "$work/users" >"$work/mosquitto.conf"
    "$EKYA_BIN/ekya-mqtt" --store "$store" --broker "tcp://127.0.0.1:$mqtt_port" --user ekya --password-file "$work/password" \
        --max-rate 2 2>"$work/mqtt.log" &   # before there is a broker
    mqtt=$!
    sleep 0.3
    mosquitto -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
    subscribe() { mosquitto_sub -h 127.0.0.1 -p "$mqtt_port" -u ekya -P 'secret of the broker' "$@"; }
    { until subscribe -t '#' -v; do sleep 0.1; done; } >"$work/mqtt" 2>>"$work/mosquitto.log" &
else
    say 'MQTT is left out: no ekya-mqtt or no mosquitto (Debian: mosquitto mosquitto-clients)'
fi
preview=''
if [[ -x $EKYA_BIN/ekya-preview ]]; then
    "$EKYA_BIN/ekya-preview" --store "$store" --listen 127.0.0.1:0 2>"$work/preview.log" &
    preview=$!
fi

rtsp "$work/cars.mp4"
printf '{"schema":"ekya.configs/1","configs":[{"epochs":1,"data_fraction":1,"layers":"head","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
streams "gate=rtsp://127.0.0.1:$port/cam" "yard=$work/cars.mp4"
# An argument with blanks and shell syntax stays one word, and is not run.
# shellcheck disable=SC2016  # for the command
printf '#!/bin/sh\n[ "$1" = "a; b" ] && cat >>"%s" && echo "$EKYA_EVENT $EKYA_EVENT_STREAM"\n' "$work/events" >"$work/on event"
chmod +x "$work/on event"
"$EKYA_BIN/ekya-serve" --streams "$work/streams.json" --store "$store" --teacher "$teacher" --window 5 --bootstrap 1 --base-epochs 1 \
    --crop-size 16 --width 0.125 --configs "$work/configs.json" --profile-option=--trial-epochs=1 --device cpu --fraction 1 \
    --label-option=--class-map='cell phone=car' --ingest-option=--longest-backoff=1 --ingest-option=--open-timeout=4 \
    --on-event "'$work/on event' 'a; b'" >"$work/messages" 2>&1 &
service=$!

# of FILE FILTER: some record there is so.
of() { jq -ne "first(inputs | select($2)) | true" "$1" >"$work/verdict" 2>&1; }
eventually 40 of "$work/tail" '.schema == "ekya.inference/1" and .stream == "gate"'
eventually 20 of "$work/tail" '.schema == "ekya.inference/1" and .stream == "yard" and (.objects | length) > 0'
eventually 5 of "$work/tail" '.event == "model_served" and .stream == "yard" and .model == "base"'
eventually 5 of "$work/events" '.event == "model_served" and .stream == "gate"'
eventually 5 grep -q '^model_served gate$' "$store/logs/on-event.log"

# A reader that leaves takes it along, also while nothing comes.
mkdir "$work/quiet"
timeout 10 "$EKYA_BIN/ekya-tail" --store "$work/quiet" 2>>"$work/tail.log" | : || fails "ekya-tail without a reader: exit $?"
code=0
timeout 10 "$EKYA_BIN/ekya-tail" --store "$store" 2>>"$work/tail.log" | head -n 1 >"$work/verdict" || code=$?
[[ $code -le 1 || $code -eq 141 ]] || fails "ekya-tail | head: exit $code"

gone KILL   # the camera; meanwhile the others are looked at
if [[ -n $preview ]]; then
    url=$(grep -om 1 'http://.*' "$work/preview.log")
    eventually 5 curl -sf -o "$work/yard.jpg" "${url}camera/yard.jpg"
    [[ $(od -An -tx1 -N2 "$work/yard.jpg") == ' ff d8' ]] || fails 'camera/yard.jpg is no JPEG'
    timeout 3 curl -sN "${url}camera/yard.mjpg" >"$work/yard.mjpg" || true
    [[ $(grep -ac '^--picture' "$work/yard.mjpg") -ge 4 ]] || fails "$(grep -ac '^--picture' "$work/yard.mjpg") pictures in 3 s"
    [[ $(curl -s -o "$work/verdict" -w '%{http_code}' -H 'Host: evil.example' "$url") == 403 ]] || fails 'the name of somebody else is let in'
    browser=$(command -v chromium || true)
    if [[ -n $browser ]]; then
        shot() {
            timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/browser" --window-size=800,600 \
                --virtual-time-budget=2500 --screenshot="$work/$1.png" "$url$2" >"$work/browser.log" 2>&1 || fails "the browser: exit $?"
        }
        shot page camera/yard
        shot nothing style.css
        # A page of text compresses to little, a street does not.
        [[ $(stat -c %s "$work/page.png") -gt $((3 * $(stat -c %s "$work/nothing.png"))) ]] || fails 'the browser shows no picture'
        ! grep -iE 'console|refused|violat' "$work/browser.log" >&2 || fails 'the browser complains'
    else
        say 'the browser is left out (Debian: chromium)'
    fi
fi
eventually 15 of "$store/run/events.jsonl" '.event == "camera_lost" and .stream == "gate" and .reason != ""'
rtsp "$work/cars.mp4" --port "$port"
# Inference is killed: what follows it goes on.
last=$(tail -n 1 "$store/run/yard.answers.jsonl" | jq .frame)
pkill -KILL -f -- "ekya-infer .*--stream yard --store $store" || fails 'there is no inference to kill'
eventually 20 of "$work/tail" ".schema == \"ekya.inference/1\" and .stream == \"yard\" and .frame > $last + 5"
eventually 15 of "$work/events" '.event == "camera_back" and .stream == "gate"'

if [[ -n $mqtt ]]; then
    # message TOPIC FILTER: one with this topic is so.
    message() { sed -n "s#^$1 ##p" "$work/mqtt" >"$work/of-topic"; of "$work/of-topic" "$2"; }
    eventually 5 grep -qx 'ekya/status online' "$work/mqtt"
    for id in gate yard; do
        eventually 5 message "ekya/$id/answers" '.schema == "ekya.inference/1"'
        eventually 5 message "ekya/$id/state" '.schema == "ekya.camera-state/1" and .online and .counts.car != null and .model != null'
        eventually 5 message "homeassistant/sensor/ekya-$id/count-car/config" ".state_topic == \"ekya/$id/state\""
    done
    eventually 5 message ekya/gate/events '.event == "camera_lost"'
    subscribe -W 2 -t 'ekya/+/state' -C 2 >"$work/retained" || fails 'states are not retained'
    kill -TERM "$mqtt"
    ended "$mqtt" 143 ekya-mqtt
    [[ $(subscribe -W 2 -t ekya/status -C 1) == offline ]] || fails 'the bridge is gone, and the status is not offline'
    ! grep -q 'secret' "$work/mqtt.log" || fails 'the password is told'
fi
kill -TERM "$service"
ended "$service" 143 ekya-serve
[[ ! -e $store/run/sockets && ! -L $store/run/sockets ]] || fails 'the link to the sockets is left'
kill -INT "$tail"
ended "$tail" 130 ekya-tail
if [[ -n $preview ]]; then
    kill -TERM "$preview"
    ended "$preview" 143 ekya-preview
fi
[[ -z $mqtt ]] || cat "$work/retained" >>"$work/events"
valid "$work/tail" "$work/events" "$store/run/events.jsonl" || fails 'records that do not fit their schemas'
"$EKYA_BIN/ekya-tail" --store "$store" --recorded --stream yard --count 3 >"$work/recorded" || fails "ekya-tail --recorded: exit $?"
[[ $(wc -l <"$work/recorded") -eq 3 ]] || fails 'ekya-tail --recorded --count 3 prints something else'
cmp -s "$work/recorded" <(head -n 3 "$store/run/yard.answers.jsonl") || fails 'recorded answers are printed otherwise than they are'
ends

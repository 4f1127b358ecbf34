#!/usr/bin/env bash
# An operator's first days, in short: two RTSP cameras and a file without annotations, one camera off at the start, a golden
# detector. The service learns from nothing, survives kills of its programs and of itself, takes a changed list, classes that come,
# go and are renamed, and the end of everything at once, and leaves nothing.
#   EKYA_LONG=1  20 kills of programs and 5 of the service instead of 4 and 1; KILLS=N, SERVICE_KILLS=N other numbers
#                and waits until models of the changed classes have learned
#   SEED=N       of which process is killed when [1]
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
here=$root/tests/scripts
case_dir=$work
# shellcheck source=tests/scripts/cameras.sh
source "$here/cameras.sh"
kills=${KILLS:-$([[ -n ${EKYA_LONG:-} ]] && echo 20 || echo 4)}
service_kills=${SERVICE_KILLS:-$([[ -n ${EKYA_LONG:-} ]] && echo 5 || echo 1)}
RANDOM=${SEED:-1}
clip=$root/../shared/data/videos/car-detection.mp4
teacher=$root/../shared/data/models/fastestdet/FastestDet.onnx
[[ -r $clip && -r $teacher ]] || skips "$clip or $teacher is not there"
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null \
    || skips 'no RTSP server (Debian: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good)'
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'

ffmpeg -nostdin -v error -stream_loop 20 -i "$clip" -t 300 -vf scale=384:-2,fps=5 -an -pix_fmt yuv420p -c:v libx264 -preset ultrafast \
    -g 5 -bf 0 "$work/cars.mp4" || skips 'ffmpeg cannot make a clip'
# The store on a small disk of its own, where this may be made (root), so that it can be full.
mkdir "$work/disk"
small_disk=false
if mount -t tmpfs -o size=120m tmpfs "$work/disk" 2>"$work/mount"; then small_disk=true; fi
without_disk() {
    local code=$?
    set +e
    ! $small_disk || umount -l "$work/disk"
    (exit "$code")
    clean_up   # exits with it
}
trap without_disk EXIT
store=$work/disk/store
mkdir "$work/tmp"
export TMPDIR=$work/tmp   # its sockets are here
printf '{"schema":"ekya.configs/1","configs":[{"epochs":6,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
window=8
# The golden model's names for the classes: seen from above at this size, it takes most cars of the clip for cell phones.
names=(--label-option=--class-map='cell phone=car')

serve() {
    "$EKYA_BIN/ekya-serve" --streams "$work/streams.json" --store "$store" --teacher "$teacher" --window "$window" --bootstrap 1 \
        --base-epochs 3 --crop-size 16 --width 0.125 --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu \
        --keep-hours 0.02 --least-free 0.05 --ingest-option=--longest-backoff=2 --ingest-option=--open-timeout=4 "${names[@]}" >>"$work/messages" 2>&1 &
    service=$!
}
# eventually SECONDS COMMAND...: it succeeds within this time.
eventually() {
    local end=$((SECONDS + $1))
    while ! "${@:2}"; do
        [[ $SECONDS -lt $end ]] || { fails "not within $1 s: ${*:2}"; tail -n 12 "$work/messages" >&2; return 1; }
        kill -0 "$service" 2>/dev/null || { fails 'the service has ended'; tail -n 12 "$work/messages" >&2; ends; }
        sleep 0.2
    done
}
serves() { [[ -e $store/streams/$1/serving.json ]]; }
answered() { [[ -s $store/run/$1.answers.jsonl ]]; }
# windows ID: how many are stored.
windows() { find "$store/streams/$1/windows" -mindepth 1 -maxdepth 1 -name '[0-9]*' 2>/dev/null | wc -l; }
newest() { find "$store/streams/$1/windows" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' 2>/dev/null | sort | tail -n 1; }
newer() { [[ $(newest "$1") > $2 ]]; }
# answered_window ID: the window of its newest answer.
answered_window() { tail -n 1 "$store/run/$1.answers.jsonl" | jq -r '.window' 2>/dev/null || echo -1; }
answers_go_on() { local w; w=$(answered_window "$1"); [[ ${w:--1} -gt $2 ]]; }
processes() { pgrep -f -- "--store $store( |\$)" || true; }
none_left() { [[ -z $(processes) ]]; }
gone_soon() { for ((i = 0; i < 100; ++i)); do ! none_left || return 0; sleep 0.05; done; return 1; }

# stop_service: it ends when it is told to, and takes its programs along.
stop_service() {
    local begun=$SECONDS code=0
    kill -TERM "$service"
    wait "$service" || code=$?
    [[ $code -eq 143 ]] || fails "exit $code after SIGTERM, expected 143"
    [[ $((SECONDS - begun)) -le 10 ]] || fails "took $((SECONDS - begun)) s to end"
    gone_soon || { fails 'still running:'; pgrep -af -- "--store $store" >&2; }
}
# classes ID: of the model that serves. answers NAME ID WINDOW: an object in a later window was given this class.
serving() { jq -r .model "$store/streams/$1/serving.json"; }
classes() { jq -r '.classes | join(" ")' "$store/streams/$1/models/$(serving "$1")/card.json"; }
answers() { head -n -1 "$store/run/$2.answers.jsonl" | jq -e -n --arg c "$1" --argjson w "$3" 'any(inputs; .window > $w and any(.objects[]; .class == $c))' >"$work/verdict"; }
# has_learned CLASSES: a retrained model answers in these.
has_learned() { jq -e -s --arg c "$1" 'any(.[]; .window >= 0 and .promotion and (.classes | join(" ")) == $c)' "$store"/streams/*/models/w*/card.json >"$work/verdict" 2>&1; }

rtsp "$work/cars.mp4"
north=$port
rtsp "$work/cars.mp4"
east=$port
east_camera=$camera
kill -TERM "$east_camera"   # off at the start
wait "$east_camera" 2>/dev/null || true
streams "north=rtsp://127.0.0.1:$north/cam" "east=rtsp://127.0.0.1:$east/cam" "yard=$work/cars.mp4"
sed -i 's/"sign"/"person", "truck"/' "$work/streams.json"

# Checks first.
SECONDS=0
code=0
"$EKYA_BIN/ekya-doctor" --streams "$work/streams.json" --store "$store" --teacher "$teacher" --seconds 4 --json >"$work/doctor.json" 2>"$work/doctor.log" || code=$?
[[ $code -eq 3 ]] || fails "ekya-doctor: exit $code, expected 3 (one camera is off)"
[[ $SECONDS -lt 20 ]] || fails "ekya-doctor took $SECONDS s"
valid "$work/doctor.json" || fails 'the report does not fit its schema'
jq -e '[.cameras[] | (.problem == "")] == [true, false, true] and .cameras[0].frames > 0 and .cameras[0].objects >= 0' "$work/doctor.json" >"$work/verdict" \
    || fails "the report says something else: $(<"$work/doctor.json")"
[[ ! -e $store ]] || fails 'ekya-doctor has made the store'

# From nothing: base models, live answers, and the camera that was off.
serve
eventually 60 serves north
eventually 20 answered north
eventually 20 serves yard
! serves east || fails 'a camera that is off has a model'
if "$EKYA_BIN/ekya-serve" --streams "$work/streams.json" --store "$store" --teacher "$teacher" >"$work/second" 2>&1; then fails 'a second service on the store'; fi
grep -q "is held by ekya-serve, process $service, since 20" "$work/second" || fails "who holds the store is not said: $(<"$work/second")"
rtsp "$work/cars.mp4" --port "$east"
eventually 60 serves east
retrained() { compgen -G "$store/streams/*/models/w*" >"$work/seen"; }
eventually 60 retrained
agrees() { grep -q 'agrees [0-9]* % (' "$work/messages"; }
eventually 30 agrees

# Programs die.
for ((kill = 0; kill < kills; ++kill)); do
    sleep "$((1 + RANDOM % 3))"
    mapfile -t targets < <(pgrep -P "$service"; pgrep -f -- "--store $store( |\$)" | grep -v "^$service\$")
    [[ ${#targets[@]} -gt 0 ]] || continue
    kill -KILL "${targets[RANDOM % ${#targets[@]}]}" 2>/dev/null || true
done
last=$(newest north)
eventually 60 newer north "$last"
for id in north east yard; do eventually 60 answers_go_on "$id" "$((10#$last))"; done

declare -A served
# The service dies: nothing of it goes on, and the next one goes on with what was learned.
for ((kill = 0; kill < service_kills; ++kill)); do
    sleep "$((RANDOM % 4))"
    kill -KILL "$service"
    wait "$service" 2>/dev/null || true
    gone_soon || { fails 'programs go on without their service:'; pgrep -af -- "--store $store" >&2; }
    last=$(newest north)
    for id in north east yard; do served[$kill,$id]=$(jq -r .model "$store/streams/$id/serving.json"); done
    serve
    eventually 40 newer north "$last"
    for id in north east yard; do
        eventually 60 answers_go_on "$id" "$((10#$last))"
        valid_models "$store"
        before=${served[$kill,$id]}
        [[ -e $store/streams/$id/models/$before/card.json || $(jq -r .previous "$store/streams/$id/serving.json") != "$before" ]] \
            || fails "$id: the model that served, $before, is gone"
        jq -e --arg m "$before" '.model == $m or .previous == $m' "$store/streams/$id/serving.json" >"$work/verdict" \
            || say "$id: went on from $before, and serves $(jq -c '[.model, .previous]' "$store/streams/$id/serving.json") by now"
    done
done

# The list changes: one leaves, one comes.
streams "north=rtsp://127.0.0.1:$north/cam" "yard=$work/cars.mp4" "door=rtsp://127.0.0.1:$north/cam"
sed -i 's/"sign"/"person", "truck"/' "$work/streams.json"
eventually 10 serves door   # with the model of another camera
grep -q 'stream door: begins with the model of' "$work/messages" || fails 'a new camera has not begun with the model of another'
eventually 30 answered door
no_east() { ! pgrep -f -- "--stream east --store $store" >"$work/seen"; }
eventually 10 no_east
[[ $(windows east) -ge 1 ]] || fails 'what a camera that has left had learned is gone'

# A class is added.
last=$(newest north)
sed -i 's/"truck"/"truck", "bus"/' "$work/streams.json"
eventually 10 grep -q 'stream north: the list says something new of it' "$work/messages"
eventually 40 answers_go_on north "$((10#$last))"

# The disk has too little room, is full to the last byte, and has room again.
if $small_disk; then
    fallocate -l $(( $(df --output=avail -B1 "$work/disk" | tail -n 1) - 30000000 )) "$work/disk/other"
    eventually 10 grep -q 'nothing is recorded until there is room' "$work/messages"
    dd if=/dev/zero of="$work/disk/rest" bs=1M 2>"$work/seen" || true
    sleep 6
    last=$(newest north)
    rm "$work/disk/other" "$work/disk/rest"
    eventually 10 grep -q 'recording goes on' "$work/messages"
    for id in north yard door; do eventually 60 newer "$id" "$last"; done
    last=$(newest north)
    for id in north yard door; do eventually 60 answers_go_on "$id" "$((10#$last))"; done
fi

# A class is removed: models answer in the others at once, without the removed one, and go on learning.
last=$(newest north)
sed -i 's/ "truck",//' "$work/streams.json"
for id in north yard door; do eventually 30 grep -q "stream $id: its model answers in the classes of the list" "$work/messages"; done
for id in north yard door; do [[ $(classes "$id") =~ ^'car person'( bus)?$ ]] || fails "$id: answers in: $(classes "$id")"; done
eventually 40 answers_go_on north "$((10#$last + 1))"
! answers truck north "$((10#$last + 1))" || fails 'a removed class is still answered'
[[ -z ${EKYA_LONG:-} ]] || eventually 120 has_learned 'car person bus'

# A class is renamed, with the service stopped.
stop_service
last=$(newest north)   # the one behind it had begun
before=$(serving north)
"$EKYA_BIN/ekya-models" --store "$store" --rename-class car=vehicle -o "$work/models" >>"$work/messages" 2>&1 || fails 'ekya-models --rename-class failed'
sed -i 's/"car"/"vehicle"/' "$work/streams.json"
names=(--label-option=--class-map=car=vehicle --label-option=--class-map='cell phone=vehicle')
serve
eventually 40 answers_go_on north "$((10#$last + 1))"
[[ $(classes north) =~ ^'vehicle person'( bus)?$ ]] || fails "after renaming north answers in: $(classes north)"
[[ $(serving north) == "$before" || $(jq -r .previous "$store/streams/north/serving.json") == "$before" || -n ${EKYA_LONG:-} ]] \
    || fails "after renaming north serves $(serving north), before it was $before"
eventually 30 answers vehicle north "$((10#$last + 1))"
! answers car north "$((10#$last + 1))" || fails 'the old name is still answered'
# later_labels FILTER: true of the labels of a window behind $last.
later_labels() {
    local labels
    for labels in "$store"/streams/north/windows/*/labels.json; do
        [[ ! $(basename "${labels%/*}") > $last ]] || ! jq -e "$1" "$labels" >"$work/verdict" 2>&1 || return 0
    done
    return 1
}
eventually 90 later_labels '[.labels[].class] | index("vehicle")'
! later_labels '.yield.other_classes | has("car") or has("cell phone")' || fails 'the golden model'"'"'s name is not taken for the new one'
for labels in "$store"/streams/*/windows/*/labels.json; do
    jq -e '[.labels[].class] | index("car") == null' "$labels" >"$work/verdict" || fails "$labels: holds the old name"
done
[[ -z ${EKYA_LONG:-} ]] || eventually 120 has_learned 'vehicle person bus'

# The machine goes down and comes up: no process, socket or control group is left, and files may be cut short.
last=$(newest north)
mapfile -t all < <(processes)
disown "$service"   # or its end is told here
kill -KILL "$service" "${all[@]}" 2>/dev/null || true
gone_soon || fails 'something outlives SIGKILL'
rm -rf "$TMPDIR"/ekya-*
for pid in "$service" "${all[@]}"; do find /sys/fs/cgroup -depth -type d -name "ekya-*-$pid" -exec rmdir {} + 2>"$work/seen" || true; done
truncate -s -20 "$store/run/north.answers.jsonl"
serve
for id in north yard door; do eventually 40 newer "$id" "$last"; done
last=$(newest north)
for id in north yard door; do eventually 60 answers_go_on "$id" "$((10#$last - 1))"; done
stop_service
mapfile -t files < <(records_of "$store" | grep -v '\.lock$')
valid "${files[@]}" || fails 'records that do not fit their schemas'
valid_models "$store"
# Old windows are gone, and no frame outlives its labels.
for labels in "$store"/streams/*/windows/*/labels.json; do
    directory=${labels%/*} id=${labels%/windows/*}
    id=${id##*/}
    compgen -G "$directory/frame-*" >"$work/seen" || continue
    # Of the newest windows they are deleted with the end of the next one.
    [[ $((10#$(basename "$directory"))) -ge $((10#$(newest "$id") - 2)) ]] || fails "frames of a labelled window are left: $directory"
done
ends

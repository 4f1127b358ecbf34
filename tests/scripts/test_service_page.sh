#!/usr/bin/env bash
# The commands of docs/service.md, in the page's order, on cameras of this machine: each does what the page says of it. A command that
# this test does not know fails it, so page and test stay together. What is not run, and why, is said.
#   Windows are short, networks small: $faster stands behind the page's own words, and replaces none of them.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
here=$root/tests/scripts
case_dir=$work
# shellcheck source=tests/scripts/cameras.sh
source "$here/cameras.sh"
page=$root/docs/service.md
clip=$root/../shared/data/videos/car-detection.mp4
models=$root/../shared/data/models/fastestdet
[[ -r $clip && -r $models/FastestDet.onnx ]] || skips "$clip or $models is not there"
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null \
    || skips 'no RTSP server (Debian: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good)'
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'

mkdir "$work/srv"
cd "$work/srv"
ln -s "$models/FastestDet.onnx" "$models/coco.names" .
ffmpeg -nostdin -v error -stream_loop 20 -i "$clip" -t 200 -vf scale=384:-2,fps=5 -an -pix_fmt yuv420p -c:v libx264 -preset ultrafast \
    -g 5 -bf 0 "$work/cars.mp4" || skips 'ffmpeg cannot make a clip'
rtsp "$work/cars.mp4"
printf '{"schema":"ekya.configs/1","configs":[{"epochs":2,"data_fraction":1,"layers":"head","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
export PATH=$root/scripts:$EKYA_BIN:$PATH
# Of this clip the golden model takes most cars for cell phones.
faster=(--bootstrap 1 --base-epochs 1 --width 0.125 --crop-size 16 --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu
        --label-option=--class-map='cell phone=car' --fraction 1)
window=6
period=10

# The page's fenced blocks: $work/block.N, the first line is the language.
awk -v to="$work/block." '/^```/ { inside = !inside; if (inside) { file = sprintf("%s%03d", to, ++n); print substr($0, 4) > file; next } } inside { print > file }' "$page"
# of_page COMMAND OPTION...: runs a line of the page with options behind its own, and in front of where its output goes.
of_page() {
    local command="$1 \"\$@\""
    [[ $1 != *' >>'* ]] || command=${1/ >>/ \"\$@\" >>}
    bash -c "$command" page "${@:2}"
}
grep -h '^2.*Z window ' "$work"/block.* >"$work/sample"
answered() { [[ -s cameras/run/$1.answers.jsonl && $(tail -n 1 "cameras/run/$1.answers.jsonl" | jq -r .window 2>/dev/null) -ge $2 ]]; }
# eventually SECONDS COMMAND...: while the service runs.
eventually() {
    local end=$((SECONDS + $1))
    while ! "${@:2}"; do
        sleep 0.2
        if [[ $SECONDS -lt $end ]] && kill -0 "$service" 2>/dev/null; then continue; fi
        fails "not within $1 s: ${*:2}"
        tail -n 12 serve.log >&2
        return
    done
}
newest() { find "cameras/streams/$1/windows" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' 2>/dev/null | sort | tail -n 1; }
# Numbers aside, a line of the service is the one that the page shows.
numbers_aside() { sed -E 's/[0-9]+/N/g' "$@"; }
says_what_the_page_shows() { numbers_aside serve.log | grep -qxFf <(numbers_aside "$work/sample"); }

doctor() {
    of_page "$1" >doctor.out 2>doctor.log || fails "$1: exit $?: $(<doctor.log)"
    [[ ! -e cameras ]] || fails "$1: has recorded something"
    for id in gate yard; do grep -q "$id" doctor.out || fails "$1: says nothing of $id: $(<doctor.out)"; done
    grep -qiE '[0-9.]+ GB' doctor.out || fails "$1: no gigabytes a day: $(<doctor.out)"
}
serve() {
    local from=0 id
    [[ ! -d cameras ]] || from=$((10#$(newest gate) + 2))   # the window behind the newest had begun
    (exec bash -c "exec $1 \"\$@\"" page "${faster[@]}" --window "$window") >>serve.log 2>&1 &
    service=$!
    for id in gate yard; do eventually 60 answered "$id" "$from"; done
    [[ $from -gt 0 ]] || eventually 60 says_what_the_page_shows
    kill -TERM "$service"
    wait "$service" || [[ $? -eq 143 ]] || fails "$1: exit $?"
    if [[ $1 == *pedestrian* ]]; then
        for id in gate yard; do
            jq -e '.classes == ["car", "pedestrian"]' "cameras/streams/$id/models/$(jq -r .model "cameras/streams/$id/serving.json")/card.json" >"$work/verdict" \
                || fails "$id: the class is not renamed"
        done
    fi
}
rename() {
    sed -i 's/"person"/"pedestrian"/' streams.json   # "change the list with the service stopped"
    of_page "$1" >models.out 2>models.log || fails "$1: exit $?: $(<models.log)"
    grep -q 'person is pedestrian in' models.log || fails "$1: $(<models.log)"
}
cron() {
    local turn command=${1#'*/10 * * * *  '}
    command=${command//\/srv\/cameras/$work\/srv}
    command=${command/--seconds 600/--seconds $period}
    for turn in 0 1 2; do
        of_page "$command" "${faster[@]}" || fails "$command: turn $turn: exit $?: $(<window.log)"
        grep -q "^window $turn recorded" window.log || fails "turn $turn does not say what it did: $(<window.log)"
    done
    grep -q 'base models: gate, yard' window.log || fails "no base model after three turns: $(<window.log)"
    grep -qE '^window [0-9]+: .* yard agrees [0-9]+ %' window.log || fails "the agreement is not told: $(<window.log)"
}

ran=0
for block in "$work"/block.*; do
    language=$(head -n 1 "$block")
    while IFS= read -r line; do
        case $language:$line in
            json:*) printf '%s\n' "$line" | sed "s#rtsp://10[.0-9]*/stream1#rtsp://127.0.0.1:$port/cam#g" >>streams.json; continue ;;
            'sh:ekya-doctor '*) doctor "$line" ;;
            'sh:ekya-serve '*) serve "$line" ;;
            'sh:ekya-models '*) rename "$line" ;;
            'sh:systemctl '*) say "not run: $line (no service manager here; script.systemd checks the units)" ; continue ;;
            ':*/10 * * * *  '*) cron "$line" ;;
            :2*Z\ window*) continue ;;   # what the service says, compared by serve
            *) fails "the page has a line that this test does not know: $language: $line" ;;
        esac
        ran=$((ran + 1))
        say "$SECONDS s: $line"
    done < <(tail -n +2 "$block")
done
[[ $ran -ge 5 ]] || fails "only $ran commands were found in $page"
# Options that are named between the blocks are options of some tool.
for tool in ekya-serve ekya-doctor ekya-models ekya-window ekya-loop ekya-ingest ekya-label ekya-train ekya-infer; do "$EKYA_BIN/$tool" --help; done >"$work/help" 2>&1
while read -r option; do
    grep -qE -- "$option( |,|$)" "$work/help" || fails "the page names $option, which no tool has"
done < <(grep -v '^systemctl ' "$page" | grep -oE -- '--[a-z][a-z-]+' | sort -u)
ends

#!/usr/bin/env bash
# Every command of the README and of the pages in docs/ and examples/ is run here, or is named here with the test that runs it, or the
# reason why none does; a command that this test does not know fails it. C++ blocks of the pages compile.
#   Windows are short, networks small: $faster stands behind the page's own words, and replaces none of them.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
[[ -s $video/crossing.mp4 ]] || skips "no rendered cameras in $video (test tool.video)"

# What the commands name lies where they expect it: two cameras that are video files here.
mkdir -p "$work/here/build/release" "$work/jobs"
cd "$work/here"
ln -s "$root/scripts" "$root/examples" .
ln -s "$EKYA_BIN" build/release/bin
for kind in mp4 csv; do ln "$video/crossing.$kind" gate.$kind; ln "$video/main-street.$kind" yard.$kind; done 2>/dev/null \
    || for kind in mp4 csv; do cp "$video/crossing.$kind" gate.$kind; cp "$video/main-street.$kind" yard.$kind; done
printf '{"schema":"ekya.configs/1","configs":[{"epochs":2,"data_fraction":1,"layers":"head","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >configs.json
jq '.streams = [["gate", "yard"][] | {id: ., source: "\(.).mp4", annotations: "\(.).csv"}]' "$video/streams.json" >streams.json
window=4
faster=(--window "$window" --base-epochs 1 --bootstrap 1 --width 0.125 --configs "$PWD/configs.json" --pace 2 --fraction 1 --device cpu)
export PATH=$EKYA_BIN:$PATH

# Each command of the pages once, in their order, as LINE; lines that end in | or \ go on. What stands behind " #" is for people.
pages=("$root"/README.md "$root"/docs/*.md "$root"/examples/*/README.md)
awk 'FNR == 1 { inside = 0 } /^ *```sh/ { inside = 1; next } /^ *```/ { inside = 0 }
     inside && NF { line = line $0
                    if (line ~ /[|\\]$/) { sub(/\\$/, "", line); line = line " "; next }
                    sub(/ +# .*/, "", line); gsub(/  +/, " ", line); if (!told[line]++) print line; line = "" }' "${pages[@]}" >commands

# of_page COMMAND OPTION...: a line of a page, with options behind its own.
of_page() { bash -c "$1 \"\$@\"" page "${@:2}" >output 2>messages || fails "$1: exit $?: $(tail -n 3 messages)"; }
# The experiment's policy thief is, to all that looks at a store, a service's store that ended.
experiment() {
    of_page "$1" "${faster[@]}"
    grep -q '^thief .*MEAN' output || fails "$1: no table: $(<output)"
    mkdir -p ekya-demo/video
    ln -s "$PWD/results" ekya-demo/loop
    cp streams.json gate.* yard.* ekya-demo/video/
    cp -r results/thief cameras
    rm -f cameras/results.json
}
# one_stage COMMAND: the lines of the README that follow each other in the demo's directory.
one_stage() {
    pushd ekya-demo >/dev/null
    of_page "$1"
    popd >/dev/null
}
# The service of the store has ended: what there is of it is told all the same.
stands() {
    local code=0 id
    bash -c "$1" >output 2>messages || code=$?
    [[ $code -le 3 ]] || fails "$1: exit $code: $(<messages)"
    for id in gate yard; do grep -q "$id" output || fails "$1: says nothing of $id: $(<output)"; done
}
report() {
    local file
    file=$(grep -oE -- '-o [a-z0-9]+\.html' <<<"$1" | cut -d ' ' -f 2) || file=figures
    [[ $1 == *--overwrite* ]] || rm -rf "$file"    # each page begins anew
    of_page "$1"
    [[ -s $file ]] || fails "$1: no $file"
}
tail_of_answers() {
    of_page "$1"
    jq -es 'length > 100 and all(.[]; .schema | startswith("ekya."))' output >verdict || fails "$1: $(head -n 2 output)"
}
prints_settings() {
    of_page "$1"
    local file=${1##*>}
    ekya-serve --config "$file" --print-config >again 2>messages || fails "$1: cannot be read again: $(<messages)"
    # behind each value stands where it comes from
    diff "$file" <(sed -E 's/ +# [^ ]+:[0-9]+$//' again) >&2 || fails "$1: other settings when it is read again"
}
spin() {
    local code=0
    bash -c "${1//\/tmp\/jobs/$work\/jobs}" >output 2>messages || code=$?
    [[ $code -eq 124 ]] || fails "$1: exit $code, the README says 124"
}
used() {
    bash -c "${1//\/tmp\/jobs/$work\/jobs}" >output
    jq -e '.share == 0.25 and (.used / .seconds - 0.25 | fabs) < 0.1' output >/dev/null || fails "$1: $(<output), the README says a quarter"
}
# Two boxes: their sockets meet on this one.
cameras_box() {
    local port=$((20000 + RANDOM % 20000))
    two_boxes=${1//0.0.0.0:5560/127.0.0.1:$port}
    printf '%s' $port >port
    # ends with the video; begins when the other box listens
    bash -c "$two_boxes \"\$@\"" page --await-subscribers 1 --window "$window" --pace 4 --queue 1000 >ingest.out 2>ingest.log &
    ingest=$!
}
inference_box() {
    of_page "timeout 60 ${1//box-a:5560/127.0.0.1:$(<port)}"
    wait "$ingest" || fails "ekya-ingest: exit $?: $(tail -n 3 ingest.log)"
    [[ $(jq -s '[.[] | select(.schema == "ekya.inference/1")] | length' answers.jsonl) -gt 50 ]] || fails "$1: too few answers: $(wc -l <answers.jsonl)"
}

# What the other commands look at.
loop=$(grep '^\./scripts/ekya-loop\.sh ' commands) || fails 'the README has no experiment'
experiment "$loop"
say "$SECONDS s: $loop"
seen=0
while IFS= read -r line; do
    elsewhere=''
    case $line in
        ./scripts/demo.sh | ./scripts/test.sh) elsewhere='installs and builds; this is its result' ;;
        './scripts/setup.sh --cuda' | ./scripts/build-cuda.sh | ./build/cuda/bin/ekya-doctor) elsewhere='needs 6 GB of CUDA' ;;
        'ekya-serve --streams streams.json --keep-gigabytes 50 --print-config >'*) prints_settings "$line" ;;
        'ekya-serve '*' --on-event '*) elsewhere='script.answers' ;;
        'ekya-doctor --streams streams.json'* | 'ekya-serve --streams streams.json'* | 'ekya-models --store cameras --rename'*)
            elsewhere='script.service_page' ;;
        'systemctl '*) elsewhere='no service manager here; script.systemd checks the units' ;;
        ./scripts/setup.sh | ./scripts/package.sh | 'apt install '* | 'cp streams.json '*'/etc/ekya/' | 'sed -i '*'/etc/ekya/'* \
            | 'ekya-doctor --streams /etc/ekya/'* | 'ekya-serve --config '*)
            elsewhere='needs a machine of its own; script.package and EKYA_LONG=1' ;;
        'cmake --'*) elsewhere='script.install' ;;
        'podman '*) elsewhere='needs a registry of containers' ;;
        'ekya-metrics --store cameras --listen '*) elsewhere='script.monitoring' ;;
        'ekya-mqtt '* | 'ekya-preview '* | 'ekya-tail --store cameras' | 'ekya-tail --store cameras --stream gate --only answers')
            elsewhere='script.answers' ;;
        'ekya-status cameras' | 'ekya-top --once cameras') stands "$line" ;;
        'ekya-report '*) report "$line" ;;
        'ekya-tail --store cameras --recorded --count 1000') tail_of_answers "$line" ;;
        "$loop") elsewhere='above' ;;
        'cd ekya-demo && cp -r loop/thief try') of_page "$line" ;;
        '../build/release/bin/ekya-label '*) one_stage "$line" ;;
        '../build/release/bin/ekya-simulate --journal '*) one_stage "$line" ;;
        'build/release/bin/ekya-run --share 0.25 '*) spin "$line" ;;
        'tail -n 1 /tmp/jobs/spin/use.jsonl') used "$line" ;;
        'ekya-simulate --estimates examples/worked-example/'*)
            of_page "$line"
            grep -q '^best' output || fails "$line: $(<output)" ;;
        'ekya-keys --keys keys'*) of_page "$line" ;;
        'ekya-ingest '*'--publish tcp://0.0.0.0:5560 --keys keys') cameras_box "$line" ;;
        'ekya-infer '*'--frames tcp://box-a:5560 --keys analyst-keys'*) inference_box "$line" ;;
        *) fails "no test knows this command of a page: $line" ;;
    esac
    seen=$((seen + 1))
    say "$SECONDS s: $line${elsewhere:+ ($elsewhere)}"
done <commands
[[ $seen -ge 15 ]] || fails "only $seen commands were found in ${pages[*]}"

# The C++ of the pages.
awk -v to="$work/block." 'FNR == 1 { inside = 0 } /^ *```cpp/ { inside = 1; file = sprintf("%s%03d.cpp", to, ++n); next } /^ *```/ { inside = 0 }
     inside { print > file }' "$root/docs/tour.md"
for block in "$work"/block.*.cpp; do
    "${CXX:-c++}" -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I "$root/libekya/include" -I "$root/libekya/src/schedule" -I "$root/libekya/src/nn" "$block" \
        || fails "$(head -n 1 "$block"): does not compile"
done
ends

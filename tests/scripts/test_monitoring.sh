#!/usr/bin/env bash
# A service of two cameras, watched: ekya-status says that it is well, ekya-top shows it in a terminal and leaves that as it was, a
# real Prometheus scrapes ekya-metrics, whose counters outlive a killed inference; when the service is killed, all of them say so.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
for tool in ekya-top ekya-metrics; do
    [[ -x $EKYA_BIN/$tool ]] || skips "$tool is not built"
done
for program in prometheus promtool curl; do
    command -v "$program" >"$work/found" || skips "$program is not installed (Debian: prometheus curl)"
done
python=${PYTHON:-python3}

# Of the fixture's four windows the first is stored already, with base models; the others are live.
store=$work/store
cp -r "$video/store" "$store"
rm -rf "$store"/streams/*/windows/0000[123] "$store"/streams/*/profiles
"$EKYA_BIN/ekya-serve" --streams "$video/streams.json" --store "$store" --window 6 --bootstrap 1 --policy none --device cpu 2>"$work/serve.log" &
service=$!
"$EKYA_BIN/ekya-metrics" --store "$store" --listen 127.0.0.1:0 2>"$work/metrics.log" &
# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    while ! "${@:2}"; do
        if [[ $SECONDS -ge $end ]]; then
            fails "not within $1 s: ${*:2}"
            tail -n 5 "$work"/*.log >&2
            return 1
        fi
        sleep 0.1
    done
}
listens() { address=$(sed -n 's#.*http://\([0-9.:]*\)/metrics.*#\1#p' "$work/metrics.log"); [[ -n $address ]]; }
wait_for 10 listens
scrape() { curl -s --max-time 5 "http://$address/$1"; }

sed "s/127.0.0.1:9464/$address/; s/scrape_interval: .*/scrape_interval: 500ms/" "$root/examples/prometheus/prometheus.yml" >"$work/prometheus.yml"
cp "$root/examples/prometheus/alerts.yml" "$work/"
promtool check config "$work/prometheus.yml" >"$work/promtool" 2>&1 || fails "promtool check config: $(<"$work/promtool")"
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="127.0.0.1:$port" 2>"$work/prometheus.log" &
# value QUERY: of the first series that a query gives; nothing if there is none.
value() {
    curl -s --max-time 5 --get "http://127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1" 2>"$work/curl.log" \
        | jq -r '.data.result[0].value[1] // empty' 2>>"$work/curl.log" || true
}
is() { [[ $(value "$1") == "$2" ]]; }

# The page's commands are those that are run here, but for names.
page=$root/docs/monitoring.md
[[ $(awk '/^```/ { inside = $0 == "```sh"; next } inside' "$page") == $'ekya-status cameras\nekya-metrics --store cameras --listen 127.0.0.1:9464' ]] \
    || fails "$page has commands that this test does not know"
check='ekya-status /srv/cameras || [ $? -eq 3 ]'
grep -qF "$check" "$page" || fails "$page does not say: $check"
check=${check//\/srv\/cameras/$store}

# While it runs.
only_down_fails() { PATH=$EKYA_BIN:$PATH bash -c "$check" >"$work/checked" 2>&1; }
well() { "$EKYA_BIN/ekya-status" "$store" >"$work/status" 2>&1; }
wait_for 30 well || cat "$work/status" >&2
only_down_fails || fails "$check: exit $?"
wait_for 20 is 'up{job="ekya"}' 1
wait_for 10 is 'ekya_up' 1
wait_for 20 is 'count(ekya_camera_state{state="live"} == 1)' 2
answers='min(ekya_camera_frames_analysed_total) > bool 5'
wait_for 20 is "$answers" 1
scrape metrics >"$work/metrics"
promtool check metrics <"$work/metrics" >"$work/promtool" 2>&1 || fails "promtool check metrics: $(<"$work/promtool")"
[[ $(scrape healthz) == healthy ]] || fails "healthz: $(scrape healthz)"
is 'count(ekya_camera_model_info{model="base"})' 2 || fails 'Prometheus does not know which models serve'

"$EKYA_BIN/ekya-top" --once "$store" >"$work/picture" || fails "ekya-top --once: exit $?"
# The page shows the same columns, with other widths.
[[ $(grep '^CAMERA ' "$work/picture" | tr -s ' ') == "$(grep '^CAMERA ' "$page" | tr -s ' ')" ]] || fails "$page shows other columns"
grep -q '^crossing  *live' "$work/picture" || fails "ekya-top --once does not show crossing: $(<"$work/picture")"
awk 'length($0) > 100 { exit 1 }' "$work/picture" || fails "ekya-top --once is wider than 100 columns: $(<"$work/picture")"
"$EKYA_BIN/ekya-top" --once --json "$store" | jq -e '.schema == "ekya.status/1" and .health == "healthy"' >"$work/verdict" \
    || fails 'ekya-top --once --json is no record of a healthy store'
code=0
"$python" "$root/tests/scripts/terminal.py" 24 80 's+q' "$EKYA_BIN/ekya-top" "$store" >"$work/screen" || code=$?
[[ $code -eq 0 ]] || fails "ekya-top and q: exit $code"
grep -q 'main-street' "$work/screen" || fails 'ekya-top shows no camera'
code=0
"$python" "$root/tests/scripts/terminal.py" 5 20 's!' "$EKYA_BIN/ekya-top" "$store" >"$work/screen" || code=$?
[[ $code -eq 143 ]] || fails "ekya-top and SIGTERM: exit $code"

# Inference is killed and started again: what it has counted stays.
count() { scrape metrics | sed -n 's/^ekya_camera_frames_analysed_total{camera="crossing"} //p'; }
before=$(count)
kill -KILL "$(jq .pid "$store/jobs/crossing.infer/job.json")"
goes_on() { after=$(count); [[ -z $after || $after -ge $before ]] || fails "the counter falls from $before to $after"; [[ ${after:-0} -gt $before ]]; }
wait_for 20 goes_on
wait_for 10 is 'ekya_camera_program_restarts_total{camera="crossing"}' 1

# The service is killed.
kill -KILL "$service"
wait "$service" 2>"$work/waited" || true
code=0
"$EKYA_BIN/ekya-status" "$store" >"$work/status" 2>&1 || code=$?
[[ $code -eq 1 ]] || fails "the service is dead, ekya-status exits with $code: $(<"$work/status")"
red() { grep -q $'\x1b\[31m' "$work/screen"; }
env -u NO_COLOR "$python" "$root/tests/scripts/terminal.py" 24 80 q "$EKYA_BIN/ekya-top" "$store" >"$work/screen" || fails "ekya-top: exit $?"
red || fails 'ekya-top has no colour for what is wrong'
NO_COLOR=1 "$python" "$root/tests/scripts/terminal.py" 24 80 q "$EKYA_BIN/ekya-top" "$store" >"$work/screen" || fails "ekya-top: exit $?"
if red; then fails 'ekya-top has colours although NO_COLOR is set'; fi
grep -q '! nobody runs the store' "$work/screen" || fails 'ekya-top does not say in words what is wrong'
if only_down_fails; then fails "$check: the service is dead, and exit 0"; fi
down() { [[ $(curl -s -o "$work/healthz" -w '%{http_code}' "http://$address/healthz") == 503 ]]; }
wait_for 10 down
grep -q 'nobody runs the store' "$work/healthz" || fails "healthz does not say why: $(<"$work/healthz")"
wait_for 10 is 'ekya_up' 0
ends

#!/usr/bin/env bash
# Cost of watching a service: CPU time of ekya-top and of ekya-metrics, scraped, beside 8 cameras that are served.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
cameras=8
seconds=60
interval=2

usage() {
    cat <<END
Usage: monitoring.sh [--cameras N] [--seconds S] [--interval S]

Renders a camera of 10 frames a second, serves it N times with ekya-serve, and lets ekya-top and a scrape of ekya-metrics look at the store every
few seconds. Prints as CSV the CPU time of each over S seconds, and both together as per cent of a core.

  --cameras N    [$cameras]
  --seconds S    that are measured [$seconds]
  --interval S   between two looks of each [$interval]
Exit: 0 both together take at most 2 % of a core; 1 they take more, or the service fails; 2 wrong command line.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --cameras|--seconds|--interval) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;&
        --cameras) cameras=$2; shift 2 ;;
        --seconds) seconds=$2; shift 2 ;;
        --interval) interval=$2; shift 2 ;;
        --help|-h) usage; exit 0 ;;
        *) usage_error "unknown option $1" ;;
    esac
done
for value in "$cameras" "$seconds" "$interval"; do
    [[ $value =~ ^[1-9][0-9]*$ ]] || usage_error "\"$value\" is no number from 1"
done
needs script bsdutils
needs curl curl
needs jq jq
streets=$(program ekya-example-streets)
serve=$(program ekya-serve)
top=$(program ekya-top)
metrics=$(program ekya-metrics)
status=$(program ekya-status)

work=$(mktemp -d)
clean_up() {
    local code=$? job
    trap - EXIT
    for job in $(jobs -rp); do kill -TERM "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
    exit "$code"
}
trap clean_up EXIT

window=10
warm_up=60   # until the base models serve
say 'rendering a camera'
"$streets" --output "$work" --cameras 1 --seconds $((warm_up + seconds + 60)) --width 320 --height 180 --window $window >"$work/rendered" 2>&1
jq --argjson n "$cameras" '.streams[0] as $one | .streams = [range($n) | $one + {id: "camera-\(.)"}]' "$work/streams.json" >"$work/cameras.json"
"$serve" --streams "$work/cameras.json" --store "$work/store" --window $window --bootstrap 1 --base-epochs 2 --width 0.125 --crop-size 16 \
    --policy none --device cpu >"$work/serve.log" 2>&1 &
service=$!
"$metrics" --store "$work/store" --listen 127.0.0.1:0 2>"$work/metrics.log" &
metrics_process=$!
served() { "$status" --json "$work/store" 2>"$work/said" | jq -e --argjson n "$cameras" '[.cameras[] | select(.analysed > 0)] | length == $n' >"$work/verdict"; }
for ((i = 0; i < 2 * warm_up; ++i)); do
    ! served || break
    kill -0 "$service" 2>/dev/null || die "the service has ended: $(tail -n 3 "$work/serve.log")"
    sleep 1
done
served || die "not all cameras are served after $((2 * warm_up)) s: $(tail -n 3 "$work/serve.log")"
address=$(sed -n 's#.*http://\([0-9.:]*\)/metrics.*#\1#p' "$work/metrics.log")
TERM=xterm-256color script -qfec "stty rows 40 cols 120; exec '$top' --interval $interval '$work/store'" "$work/screen" >"$work/script.out" 2>&1 &
sleep 2
top_process=$(pgrep -f -- "^$top --interval $interval $work/store" | head -n 1)
[[ -n $top_process ]] || die "ekya-top does not run: $(tail -n 3 "$work/script.out")"

# ticks PROCESS: CPU time that it has used.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
say "measuring for $seconds s"
begun=$(now)
top_before=$(ticks "$top_process")
metrics_before=$(ticks "$metrics_process")
scrapes=0
while holds "$(now) - $begun < $seconds"; do
    curl -s --max-time 5 "http://$address/metrics" >"$work/scraped"
    scrapes=$((scrapes + 1))
    sleep "$interval"
done
hertz=$(getconf CLK_TCK)
took=$(calc "$(now) - $begun")
top_cpu=$(calc "($(ticks "$top_process") - $top_before) / $hertz")
metrics_cpu=$(calc "($(ticks "$metrics_process") - $metrics_before) / $hertz")
percent=$(calc "100 * ($top_cpu + $metrics_cpu) / $took")
printf 'cameras,seconds,scrapes,scrape_bytes,top_cpu_seconds,metrics_cpu_seconds,percent_of_a_core\n'
printf '%d,%.1f,%d,%d,%.2f,%.2f,%.2f\n' "$cameras" "$took" "$scrapes" "$(stat -c %s "$work/scraped")" "$top_cpu" "$metrics_cpu" "$percent"
holds "$percent <= 2" || exit 1

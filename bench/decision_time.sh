#!/usr/bin/env bash
# Measures how long scheduling decisions take and how that grows with the number of streams.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
output=$root/bench/results
filter=.
repetitions=3
redraw=false

usage() {
    cat <<END
Usage: decision_time.sh [--output DIR] [--quick | --redraw]

Runs ekya-bench-schedule and leaves decision_time.csv (medians of $repetitions repetitions) and the plot decision_time.svg and
.png: seconds per decision over 10 to 10,000 streams on an eighth as many GPUs. Takes a few minutes; other work on the machine
spoils it.

  --output DIR   where results go [bench/results]
  --quick        only up to 100 streams, once
  --redraw       measure nothing, draw the DIR/decision_time.csv that is there
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --output) [[ $# -ge 2 ]] || usage_error "$1 needs a value"; output=$2; shift 2 ;;
        --quick) filter='/(10|30|100)x'; repetitions=1; shift ;;
        --redraw) redraw=true; shift ;;
        --help|-h) usage; exit 0 ;;
        *) usage_error "unknown option $1" ;;
    esac
done
needs gnuplot gnuplot-nox
needs jq jq
csv=$output/decision_time.csv

if ! $redraw; then
    bench=$(program ekya-bench-schedule)
    work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-bench.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    "$bench" --benchmark_filter="$filter" --benchmark_repetitions="$repetitions" --benchmark_out="$work/raw.json" >&2
    jq -r -f "$root/bench/lib/decision_time.jq" "$work/raw.json" | write_atomically "$csv"
    say "$csv"
fi
[[ -r $csv ]] || usage_error "--redraw: $csv is not there"
draw growth.gp "$output/decision_time" data="$csv"

#!/usr/bin/env bash
# Several hundred retrainings and swaps in one process: resident memory must not grow.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
rounds=400
networks=(resnet18 mobilenet_v2 shufflenet_v2)

usage() {
    cat <<END
Usage: soak.sh [--rounds N] [NETWORK...]

For each network, in a process of its own, N rounds: retrain on top of the last weights (all layers, last stage and head by turns), load
the result aside while the old model classifies, exchange them. Prints resident memory in MiB after every 20 rounds as CSV.

  --rounds N   [$rounds]
Networks: ${networks[*]}
Exit: 0 no growth; 1 the mean of the last third is more than 8 MiB above that of the first; 2 wrong command line.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --rounds) [[ $# -ge 2 ]] || usage_error "$1 needs a value"; rounds=$2; shift 2 ;;
        --help|-h) usage; exit 0 ;;
        -*) usage_error "unknown option $1" ;;
        *) break ;;
    esac
done
[[ $# -eq 0 ]] || networks=("$@")
[[ $rounds =~ ^[1-9][0-9]*$ ]] || usage_error '--rounds: a number from 1 is needed'
bench=$(program ekya-bench-soak)
grown=false
for network in "${networks[@]}"; do
    say "$network"
    "$bench" --network "$network" --rounds "$rounds" || grown=true
done
if $grown; then exit 1; fi

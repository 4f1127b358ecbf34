#!/usr/bin/env bash
# Enforced shares in the live loop: live.sh [STORE] [option of ekya-loop.sh...]
# Three rendered street cameras at real-time pace, ten scored windows of 11 s with every policy, a_MIN 0.3 (9 minutes). Prints what
# each policy reached, whether any job used more than its grant or, having work, less, and for how long inference was below
# a_MIN; appends nothing to the repository.
set -euo pipefail
[[ ${1:-} != --help ]] || { sed -n '2,5s/^# //p' "$0"; exit 2; }
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
store=${1:-$PWD/ekya-bench-live}
shift $(( $# > 0 ? 1 : 0 ))
bin=${EKYA_BIN:-$root/build/release/bin}
mkdir -p "$store"
store=$(cd "$store" && pwd)
[[ -e $store/video/streams.json ]] || "$bin/ekya-example-streets" --output "$store/video" --seconds 132 --window 11 --overwrite
"$root/scripts/ekya-loop.sh" --streams "$store/video/streams.json" --store "$store/loop" --window 11 --bootstrap 2 --policy none,uniform,thief,best \
    --pace realtime --fraction 0.15 --exemplars 150 --min-accuracy 0.3 --configs "$root/examples/streets/configs.json" --profile-option=--min-samples=64 "$@"
python3 "$root/bench/lib/shares.py" "$store/loop" "$store/video" 0.3

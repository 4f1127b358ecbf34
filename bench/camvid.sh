#!/usr/bin/env bash
# The whole loop on two streams of real street video, live protocol: camvid.sh DATA_DIR [STORE] [option of ekya-loop.sh...]
# DATA_DIR holds streams.json (schema ekya.streams/1), two videos of 429 frames at 1 fps and their boxes. At real-time pace
# it takes 6 minutes per policy.
set -euo pipefail
[[ $# -ge 1 && $1 != --help ]] || { sed -n '2,4s/^# //p' "$0"; exit 2; }
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
data=$1
store=${2:-$PWD/ekya-bench-camvid}
shift $(( $# > 1 ? 2 : 1 ))
[[ -r $data/streams.json ]] || { printf 'camvid.sh: skipped: %s/streams.json is not there\n' "$data" >&2; exit 77; }
exec "$root/scripts/ekya-loop.sh" --streams "$data/streams.json" --store "$store" --window 30 --bootstrap 3 --fraction 0.3 \
    --policy none,uniform,thief,best --pace realtime "$@"

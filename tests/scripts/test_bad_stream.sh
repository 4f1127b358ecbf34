#!/usr/bin/env bash
# One of two streams cannot be read: the loop names it with place and cause, serves the other one and ends with 3.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

echo 'this is no video' >"$work/text.mp4"
jq -c --arg video "$video" --arg text "$work/text.mp4" \
    '.streams |= [{id: "bad", source: $text, annotations: ($video + "/" + .[1].annotations)},
                  {id: "good", source: ($video + "/" + .[0].source), annotations: ($video + "/" + .[0].annotations)}]' \
    "$video/streams.json" >"$work/streams.json"
store="$work/store"
code=0
"$root/scripts/ekya-loop.sh" --streams "$work/streams.json" --store "$store" --window 6 --bootstrap 1 --windows 1 --base-epochs 1 \
    --policy none --pace 3 --device cpu >"$work/table" 2>"$work/messages" || code=$?
[[ $code -eq 3 ]] || fails "exit $code, expected 3"
grep -q 'stream bad: .*text\.mp4: cannot be opened as video' "$work/messages" || fails 'the bad stream is not named with place and cause'
if [[ -e $store/results.json ]]; then
    valid "$store/results.json" || fails 'results do not fit their schema'
    "$python" "$root/tests/scripts/check_results.py" "$store/results.json" 1 30 || fails 'results do not add up'
    [[ $(jq -r '.policies[0].streams[] | select(.stream == "bad") | .failed' "$store/results.json") == *text.mp4* ]] \
        || fails 'results do not say why the bad stream failed'
    jq -e '.policies[0].streams[] | select(.stream == "good") | .mean_accuracy > 0' "$store/results.json" >"$work/verdict" \
        || fails 'the good stream has no accuracy'
else
    fails 'no results.json'
fi

# Nothing but bad streams: the work failed.
jq -c '.streams |= .[:1]' "$work/streams.json" >"$work/bad.json"
code=0
"$root/scripts/ekya-loop.sh" --streams "$work/bad.json" --store "$work/other" --window 6 --bootstrap 1 --policy none 2>>"$work/messages" || code=$?
[[ $code -eq 1 ]] || fails "only bad streams: exit $code, expected 1"
[[ $failures -eq 0 ]] || cat "$work/messages" >&2
ends

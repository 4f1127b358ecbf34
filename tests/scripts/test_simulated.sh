#!/usr/bin/env bash
# Simulated = live: a window of every policy is run live, then once more from its journal by the simulator, which must order the
# same in the same sequence. With another share in the journal it must say so.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

for policy in best thief separable uniform uniform:cheapest:0.3 fair none thief-fixed-resources thief-fixed-config cached; do
    store="$work/${policy//:/-}"
    cp -a "$video/store" "$store"
    code=0
    "$EKYA_BIN/ekya-window" --streams "$video/streams.json" --store "$store" --window 3 --seconds 20 --policy "$policy" --configs "$video/configs.json" \
        --profile-option=--trial-epochs=2 --train-option=--promote=always --device cpu >"$work/retrainings.jsonl" 2>"$work/said" || code=$?
    [[ $code -eq 0 ]] || { fails "$policy: exit $code"; cat "$work/said" >&2; show_logs "$store"; continue; }
    journal="$store/logs/00003/journal.jsonl"
    valid "$journal" || fails "$policy: the journal does not fit its schema"
    "$EKYA_BIN/ekya-simulate" --journal "$journal" -o "$work/again.jsonl" --overwrite 2>"$work/said" || { fails "$policy: orders something else"; cat "$work/said" >&2; }
    cmp "$work/retrainings.jsonl" "$work/again.jsonl" || fails "$policy: other retrainings"
    if [[ $policy == best ]]; then
        [[ $(jq -s '[.[] | select(.outcome == "served")] | length' "$work/retrainings.jsonl") -ge 1 ]] || fails 'best: nothing was retrained'
        sed '0,/"what":"hold"/s/"value":0/"value":9/' "$journal" >"$work/changed.jsonl"
        if "$EKYA_BIN/ekya-simulate" --journal "$work/changed.jsonl" >"$work/said" 2>&1; then fails 'another share passes for the same'; fi
    fi
done
ends

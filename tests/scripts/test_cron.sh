#!/usr/bin/env bash
# Windows that something else starts on time: none is refused, a base model comes by itself, and each says in a line what it did.
# A list whose classes have changed is taken over by the next one.
#   EKYA_LONG=1  eight windows of 30 s instead of four of 8 s
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
period=$([[ -n ${EKYA_LONG:-} ]] && echo 30 || echo 8)
turns=$([[ -n ${EKYA_LONG:-} ]] && echo 8 || echo 4)
"$EKYA_BIN/ekya-example-streets" --output "$work/video" --seconds "$((period * (turns + 1)))" --window "$period" --cameras 2 >"$work/made" 2>&1
printf '{"schema":"ekya.configs/1","configs":[{"epochs":4,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
store=$work/store
turn() {
    local code=0
    "$root/scripts/ekya-window.sh" --streams "$work/video/streams.json" --store "$store" --next --seconds "$period" --bootstrap 1 --base-epochs 1 \
        --configs "$work/configs.json" --profile-option=--trial-epochs=3 --device cpu >"$work/out.$1" 2>"$work/messages.$1" || code=$?
    printf '%s\n' "$code" >"$work/code.$1"
}
begun=$EPOCHREALTIME
for ((turn = 0; turn < turns; ++turn)); do
    turn "$turn" &
    sleep "$(awk -v a="$begun" -v n="$EPOCHREALTIME" -v t="$(((turn + 1) * period))" 'BEGIN { d = a + t - n; print (d > 0 ? d : 0) }')"
done
wait
for ((turn = 0; turn < turns; ++turn)); do
    [[ $(<"$work/code.$turn") == 0 ]] || { fails "turn $turn: exit $(<"$work/code.$turn")"; cat "$work/messages.$turn" >&2; }
    grep -q "^window $turn recorded" "$work/messages.$turn" || { fails "turn $turn does not say what it did"; cat "$work/messages.$turn" >&2; }
done
grep -q '; base models: ' "$work/messages.1" || fails "no base model in the second turn: $(<"$work/messages.1")"
grep -q '; retrained ' "$work/messages.$((turns - 1))" || fails "nothing is retrained in the last turn: $(<"$work/messages.$((turns - 1))")"
# Classes in another order: models answer in it before they learn on.
jq '.classes |= reverse' "$work/video/streams.json" >"$work/reversed.json"
mv "$work/reversed.json" "$work/video/streams.json"
turn "$turns"
[[ $(<"$work/code.$turns") == 0 ]] || { fails "with other classes: exit $(<"$work/code.$turns")"; cat "$work/messages.$turns" >&2; }
grep -q '; retrained ' "$work/messages.$turns" || fails "with other classes nothing is retrained: $(<"$work/messages.$turns")"
for stream in "$store"/streams/*/; do
    jq -e --slurpfile list "$work/video/streams.json" '.classes == $list[0].classes' "$stream/models/$(jq -r .model "$stream/serving.json")/card.json" >"$work/verdict" \
        || fails "$stream: the serving model has other classes than the list"
    compgen -G "$stream/models/*-c[0-9]" >"$work/verdict" || fails "$stream: its model was not fitted to the list"
done
mapfile -t files < <(records_of "$store")
valid "${files[@]}" || fails 'records that do not fit their schemas'
ends

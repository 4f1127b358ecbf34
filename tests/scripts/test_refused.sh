#!/usr/bin/env bash
# A retrained model that is worse than the serving one is kept, does not serve, and the record says that it was refused.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

# A head that begins at random and learns next to nothing; policy uniform retrains with it whatever is expected of it.
cat >"$work/configs.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[
 {"epochs":1,"data_fraction":1,"layers":"head","batch_size":32,"head_width":8,"learning_rate":0.000001}]}
END_OF_CONFIGS
store="$work/store"
cp -r "$video/store" "$store"
code=0
"$root/scripts/ekya-window.sh" --streams "$video/streams.json" --stream crossing --store "$store" --window 3 --seconds 90 --policy uniform \
    --uniform-config "$work/configs.json" --configs "$work/configs.json" --profile-option=--trial-epochs=1 --device cpu >"$work/out" 2>&1 || code=$?
[[ $code -eq 0 ]] || { fails "exit $code"; cat "$work/out" >&2; show_logs "$store"; }
jq -e '.outcome == "refused" and .moments[-1].what == "ended" and .why != "" and (.model | startswith("w00003-"))' "$store/streams/crossing/retrainings/00003.json" >"$work/verdict" \
    || fails "the record is $(cat "$store/streams/crossing/retrainings/00003.json")"
[[ $(jq -r .model "$store/streams/crossing/serving.json") == base ]] || fails 'another model serves'
jq -e '.promotion.promoted == false' "$store"/streams/crossing/models/w00003-*/card.json >"$work/verdict" || fails 'the card does not say that it was refused'
grep -q 'stream crossing: the retrained model is not promoted' "$work/out" || fails 'nothing says so'
# A twentieth of 90 s, less what trials end late by.
grep -q -e "--no-drop.*--budget.*4[.]05" "$store/logs/00003/profile.0.log" || fails "the profile's budget is not a twentieth of the window"
ends

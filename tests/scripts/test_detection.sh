#!/usr/bin/env bash
# The loop with models that find objects, live on the rendered fixture: first with annotations, then with a golden detector alone.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas

cat >"$work/configs.json" <<'END_OF_CONFIGS'
{"schema":"ekya.configs/1","configs":[{"epochs":4,"data_fraction":1,"layers":"last_stage","batch_size":4,"head_width":0,"learning_rate":0.05}]}
END_OF_CONFIGS
store=$work/store
loop=("$root/scripts/ekya-loop.sh" --task detection --window 8 --bootstrap 1 --base-epochs 30 --pace 1 --configs "$work/configs.json" --device cpu)
code=0
"${loop[@]}" --streams "$video/streams.json" --store "$store" --policy best >"$work/table" 2>"$work/messages" || code=$?
if [[ $code -ne 0 || ! -e $store/results.json ]]; then
    cat "$work/messages" >&2
    show_logs "$store"
    fails "exit $code"
    ends
fi
mapfile -t files < <(records_of "$store")
valid "${files[@]}" || fails 'records that do not fit their schemas'
valid_models "$store/best"
best=$store/best/streams/crossing
jq -e '.task == "detection" and .crops == 0 and .objects_from == "model" and ([.frames[].image // empty] | length) == (.frames | length) / 2' \
    "$best/windows/00001/manifest.json" >/dev/null || fails 'the window holds no frames'
jq -e '(.labels | length) == 0 and ([.frames[].boxes[]] | length) > 0 and .yield.given > 0' "$best/windows/00001/labels.json" >/dev/null || fails 'no boxes are labelled'
jq -e '.architecture.task == "detection" and .preprocess.fit == "letterbox" and .min_score > 0 and .parameters > 100000' \
    "$best/models/base/card.json" >/dev/null || fails 'the card says nothing of detection'
for window in 00001 00002; do
    jq -e '.seen == .frames and .lost == 0 and .accuracy != null and .detection.answers > 0
        and (.accuracy - 2 * .detection.matched / (.detection.answers + .objects) | fabs) < 1e-9
        and ([.detection.classes[].objects] | add) == .objects' "$best/results/$window.json" >/dev/null || fails "window $window: the score does not add up"
done
jq -e '[.policies[].streams[].windows[].retraining.outcome] | any(. == "served" or . == "refused")' "$store/results.json" >/dev/null || fails 'nothing was retrained'
# Objects are followed: some track is seen in two frames and more.
jq -s -e '[.[] | .objects[] | .track // empty] | group_by(.) | any(length > 1)' "$store/best/run/crossing.answers.jsonl" >/dev/null || fails 'no object is followed'

# Options that do not go together.
code=0
"${loop[@]}" --streams "$video/streams.json" --store "$work/none" --objects motion >/dev/null 2>"$work/refusal" || code=$?
[[ $code -eq 2 ]] || fails "--objects motion: exit $code, expected 2"
grep -q -- '--task detection' "$work/refusal" || fails 'the refusal does not say what goes together'

# Cameras without annotations: the golden detector alone says what objects are.
data=$root/../shared/data
if [[ ! -e $data/models/fastestdet || ! -e $data/videos/car-detection.mp4 ]]; then
    say 'left out: no golden detector and no clip (shared data)'
    ends
fi
jq -n --arg clip "$data/videos/car-detection.mp4" '{schema: "ekya.streams/1", classes: ["car"], streams: [{id: "road", source: $clip}]}' >"$work/bare.json"
"${loop[@]}" --streams "$work/bare.json" --store "$work/bare" --policy best --windows 2 --window 6 --teacher "$data/models/fastestdet/FastestDet.onnx" \
    >"$work/table" 2>"$work/messages" || { cat "$work/messages" >&2; show_logs "$work/bare"; fails "without annotations: exit $?"; ends; }
jq -e '.accuracy == null and (has("detection") | not)' "$work/bare/best/streams/road/results/00001.json" >/dev/null || fails 'an accuracy without annotations'
jq -e '.agreement.model == "base" and (.agreement | has("share"))' "$work/bare/best/streams/road/windows/00001/labels.json" >/dev/null || fails 'no agreement with the golden model'
jq -s -e 'all(.[]; .objects | type == "array") and length > 0' "$work/bare/best/run/road.answers.jsonl" >/dev/null || fails 'no answers'
ends

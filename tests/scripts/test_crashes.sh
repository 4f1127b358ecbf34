#!/usr/bin/env bash
# Any process killed at a random moment, again and again: the loop completes, every record is valid, no model is half written,
# and the stream that was hit loses no more frames than come in while its program is started again.
#   EKYA_LONG=1  100 crashes instead of 4; CRASHES=N another number
#   SEED=N       of which process is killed when [1]
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
needs_schemas
crashes=${CRASHES:-$([[ -n ${EKYA_LONG:-} ]] && echo 100 || echo 4)}
RANDOM=${SEED:-1}

printf '{"schema":"ekya.configs/1","configs":[{"epochs":8,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
# below PID: the programs that run for that process, and their names; keepers of jobs among them.
below() {
    local pid name
    for pid in $(pgrep -P "$1" || true); do
        name=$(cat "/proc/$pid/comm" 2>/dev/null || true)
        [[ $name != ekya-* || $name == ekya-loop ]] || printf '%s %s\n' "$pid" "$name"
        below "$pid"
    done
}
total=0 runs=0 lost=0 frames=0
: >"$work/killed"
# The fixture's video is three windows long; as many runs as there are crashes to spread over them.
while [[ $total -lt $crashes ]]; do
    store="$work/store$runs"
    "$root/scripts/ekya-loop.sh" --streams "$video/streams.json" --store "$store" --window 8 --bootstrap 1 --base-epochs 1 --policy thief --pace 1 \
        --configs "$work/configs.json" --profile-option=--trial-epochs=3 --train-option=--promote=always --device cpu >"$work/table$runs" 2>"$work/messages$runs" &
    loop=$!
    for ((i = 0; i < 2400; ++i)); do
        [[ ! -s $store/thief/run/crossing.answers.jsonl ]] || break
        sleep 0.05
    done
    here=0
    while kill -0 "$loop" 2>/dev/null && [[ $total -lt $crashes && $here -lt 8 ]]; do
        sleep "$(awk -v r="$RANDOM" 'BEGIN { printf "%.2f", 0.5 + 2.5 * r / 32768 }')"
        # Programs that work for this run, and who holds them; the loop itself not.
        mapfile -t targets < <(below "$loop")
        [[ ${#targets[@]} -gt 0 ]] || continue
        read -r pid name <<<"${targets[RANDOM % ${#targets[@]}]}"
        kill -KILL "$pid" 2>/dev/null || continue
        printf '%s\n' "$name" >>"$work/killed"
        total=$((total + 1)) here=$((here + 1))
    done
    code=0
    wait "$loop" || code=$?
    [[ $code -eq 0 || $code -eq 3 ]] || { fails "run $runs: the loop ended with $code"; cat "$work/messages$runs" >&2; }
    if [[ ! -e $store/results.json ]]; then
        fails "run $runs: no results.json"
        cat "$work/messages$runs" >&2
    else
        mapfile -t files < <(records_of "$store")
        valid "${files[@]}" || fails "run $runs: records that cannot be read"
        valid_models "$store/thief"
        for answers in "$store"/thief/run/*.answers.jsonl; do
            jq -s -e '[.[].frame] | . == unique' "$answers" >"$work/verdict" || fails "$answers: frames answered twice or out of order"
        done
        [[ $(jq '[.policies[0].streams[] | select(.failed != "")] | length' "$store/results.json") -eq 0 ]] || fails "run $runs: a stream counts as failed"
        lost=$((lost + $(jq '[.policies[0].streams[].windows[].lost] | add' "$store/results.json")))
        frames=$((frames + $(jq '[.policies[0].streams[].windows[].frames] | add' "$store/results.json")))
    fi
    [[ -z $(pgrep -f -- "--store $store" || true) ]] || fails "run $runs: processes are left"
    [[ $failures -gt 0 ]] || rm -rf "$store"
    runs=$((runs + 1))
done
printf '%d crashes in %d runs: %s; %d of %d frames lost\n' "$total" "$runs" "$(sort "$work/killed" | uniq -c | awk '{ printf "%s%s x %d", (NR > 1 ? ", " : ""), $2, $1 }')" "$lost" "$frames"
# Starting inference takes about a second; the fixture has 5 frames a second.
[[ $lost -le $((total * 15)) ]] || fails "$lost frames lost in $total crashes"
ends

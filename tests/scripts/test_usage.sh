#!/usr/bin/env bash
# Wrong command lines of the scripts end with 2, say what is wrong and touch nothing; --help ends with 0.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
cd "$work"
echo '{"schema":"ekya.streams/1","classes":["car","sign"],"streams":[{"id":"a","source":"a.mp4"}]}' >"$work/list.json"
ls -A "$work" >"$work/.before"

# wrong TEXT SCRIPT ARGUMENTS...: exit 2, TEXT is said, nothing new lies here.
wrong() {
    local text=$1 script=$2 code=0 said
    shift 2
    said=$("$root/scripts/$script" "$@" 2>&1 >/dev/null) || code=$?
    [[ $code -eq 2 ]] || fails "$script $*: exit $code, expected 2"
    [[ $said == *"$text"* ]] || fails "$script $*: says \"$said\", not \"$text\""
    diff <(grep -v '^\.before$' "$work/.before") <(find . -mindepth 1 -maxdepth 1 ! -name .before -printf '%f\n' | sort) \
        || fails "$script $*: left something"
}

for script in ekya-loop.sh ekya-window.sh demo.sh setup.sh fuzz.sh sbom.sh; do
    code=0
    "$root/scripts/$script" --help >"$work/.help" 2>&1 || code=$?
    [[ $code -eq 0 && $(<"$work/.help") == *Usage:* ]] || fails "$script --help: exit $code"
    rm "$work/.help"
    wrong '' $script --nosuch 1
done
for script in ekya-loop.sh ekya-window.sh; do
    wrong '--streams is required' $script --store x
    wrong 'nosuch.json' $script --streams nosuch.json --window 2
    wrong '--seed: 1 required' $script --streams list.json --seed
    wrong '--executor: cloud not in' $script --streams list.json --executor cloud
    # what a user types is a number or it is refused, and runs nothing
    wrong '--min-accuracy' $script --streams list.json --min-accuracy 'system("touch x")'
done
wrong '"greedy" is not one of' ekya-loop.sh --streams list.json --policy none,greedy
wrong '"greedy" is not one of' ekya-window.sh --streams list.json --window 2 --policy greedy
wrong 'can only be simulated' ekya-window.sh --streams list.json --window 2 --policy cloud
wrong '"greedy" is not one of' ekya-loop.sh --streams list.json --policy greedy --policy greedy   # the last counts
wrong '--gpus' ekya-window.sh --streams list.json --gpus -1
wrong '--seconds' ekya-window.sh --streams list.json --next --seconds 'system("touch x")'
wrong '--network: vgg not in' ekya-loop.sh --streams list.json --network vgg
wrong '--pace' ekya-loop.sh --streams list.json --pace fast
wrong '--pace' ekya-loop.sh --streams list.json --pace 0
wrong '--window' ekya-loop.sh --streams list.json --window -3
wrong '--retrain-every' ekya-loop.sh --streams list.json --retrain-every 0
wrong '--fresh-windows' ekya-window.sh --streams list.json --window 2 --fresh-windows none
wrong '--profile-budget' ekya-window.sh --streams list.json --window 2 --profile-budget soon
wrong '--bootstrap' ekya-loop.sh --streams list.json --bootstrap 0
wrong '--windows' ekya-loop.sh --streams list.json --windows many
wrong '--seconds' fuzz.sh --seconds 'system("touch x")'
wrong '--seconds' fuzz.sh --seconds 0
wrong 'no target' fuzz.sh ../../x
wrong '--format' sbom.sh --format xml
ends

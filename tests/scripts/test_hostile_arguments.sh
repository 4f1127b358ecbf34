#!/usr/bin/env bash
# Hostile command lines: each is refused with exit 2 (1 where only the work shows it) and a message without control characters; nothing
# is executed, and nothing is written outside the store.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

mkdir "$work/inner"
cd "$work/inner"
echo '{"schema":"ekya.streams/1","classes":["car","sign"],"streams":[{"id":"cam","source":"none.mp4"}]}' >streams.json
list=(--streams streams.json)
before=$(find "$work" | sort)

tried=0
# refused CODE TOOL ARGUMENT...
refused() {
    local expected=$1 tool=$2 code=0
    shift 2
    [[ -x $EKYA_BIN/$tool ]] || return 0
    tried=$((tried + 1))
    "$EKYA_BIN/$tool" "$@" </dev/null >"$work/out" 2>"$work/messages" || code=$?
    [[ $code -eq $expected ]] || fails "$tool $(printf '%q ' "$@"): exit $code, expected $expected: $(head -c 300 "$work/messages")"
    [[ -s $work/messages ]] || fails "$tool $(printf '%q ' "$@"): no message"
    if grep -q "[$(printf '\001-\010\013-\037\177')]" "$work/messages"; then
        fails "$tool $(printf '%q ' "$@"): control characters in the message"
    fi
    [[ $(wc -c <"$work/messages") -le 6000 ]] || fails "$tool: a message of $(wc -c <"$work/messages") bytes"
}

long=$(printf 'a%.0s' {1..129})
for name in ../x a/b .. '' $'\e]0;owned\a' $'a\nb' "\$(touch pwned)" "$long"; do
    refused 2 ekya-ingest "${list[@]}" --store s --stream "$name"
    refused 2 ekya-models --store s --stream cam --serve "$name"
    refused 2 ekya-keys --keys k --client "$name" --into c
done
for name in ../x $'\e[31m'; do
    refused 2 ekya-infer "${list[@]}" --store s --model "$name"
    refused 2 ekya-label "${list[@]}" --store s --window 1 --model "$name"
    refused 2 ekya-profile "${list[@]}" --store s --window 1 --model "$name"
    refused 2 ekya-train "${list[@]}" --store s --stream cam --window 1 --parent "$name"
    refused 2 ekya-train "${list[@]}" --store s --stream "$name" --window 1
    refused 2 ekya-export --store s --stream "$name"
    refused 2 ekya-export --store s --stream cam --model "$name"
    refused 2 ekya-doctor "${list[@]}" --stream "$name"
done

for number in nan inf -1 0 1e999 '1;touch pwned' "\$(touch pwned)" "a[\$(touch pwned)]" $'1\e[31m' 0x; do
    refused 2 ekya-ingest "${list[@]}" --store s --window "$number"
    refused 2 ekya-window "${list[@]}" --store s --next --seconds "$number"
done
for number in nan -1 1e300 $'\e[31m'; do
    refused 2 ekya-schedule --gpus "$number"
    refused 2 ekya-run --share "$number" -- true
done
refused 2 ekya-ingest "${list[@]}" --store s --windows 2147483647
refused 2 ekya-ingest "${list[@]}" --store s --from-window 99999999999999999999
refused 2 ekya-ingest "${list[@]}" --store s --crop-size 1000000000
refused 2 ekya-ingest "${list[@]}" --store s --pace "\$(touch pwned)"
refused 2 ekya-ingest "${list[@]}" --store s --pace nan
refused 2 ekya-ingest "${list[@]}" --store s $'--\e[2J'
refused 2 ekya-schedule --policy $'best\e[31m'
refused 2 ekya-schedule --policy best,../../x
refused 2 ekya-loop "${list[@]}" --store s --policy ../../x --restart
refused 2 ekya-loop "${list[@]}" --store s --policy $'thief\e[31m'
refused 2 ekya-models --store s --rename-class $'\e[31m'
refused 1 ekya-models --store $'s\e[31m' --stream cam
refused 1 ekya-ingest --streams $'\e[31m.json' --store s
refused 1 ekya-schedule -i $'\e]0;owned\a'
refused 1 ekya-ingest --streams . --store s
refused 1 ekya-ingest --streams /dev/zero --store s

left=$(find "$work" ! -name out ! -name messages | sort)
[[ $left == "$before" ]] || fails "something was written: $(diff <(echo "$before") <(echo "$left"))"
say "$tried command lines"
ends

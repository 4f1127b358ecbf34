#!/usr/bin/env bash
# How good the micro-profiler's estimates are, and what they cost, against training every configuration for real.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
work=$PWD/ekya-bench-profiler
output=$root/bench/results
cameras=3
window=100                 # of rendered cameras, seconds
windows=13
fps=2
fraction=0.5               # of the rendered frames is labelled
seed=13                    # what the profiler expects before it has seen anything was chosen on rendered streets of seeds 1, 7 and 12 and CamVid of seeds 7 to 12
repeats=4                  # trainings of each configuration on CamVid, whose windows have few objects
street_repeats=1           # the same on rendered cameras
profile_options=()
camvid=''
detection=''

usage() {
    cat <<END
Usage: profiler.sh [DATA_DIR] [--work DIR] [--output DIR] [--window S] [--fps N] [--fraction F] [--seed N]
                   [--repeats N] [--street-repeats N] [--detection DIR] [--profile-option O]...

Renders $cameras street cameras of $windows windows of $window s (about 1,100 labels in each), and takes real street video if DATA_DIR
(streams.json, videos of 1 frame a second, boxes) is given. Window after window, one job at a time, every stream is profiled
from the labels of the window before, every configuration is trained for real and measured on all objects of the window itself
(ekya-profile --exhaustive), and one of five configurations in turn is trained and serves on. Prints errors, costs, rank
correlation, calibration of the error bars and what planning with the estimates loses; leaves profiler.csv, profiler.svg and .png.

  --work DIR             where stores and videos go; what was measured there is kept, only the micro-profiles are made anew [$work]
  --output DIR           where the results go [bench/results]
  --cameras N            rendered cameras [$cameras]
  --window S             length of their windows [$window]
  --fps N                their frame rate [$fps]
  --fraction F           of their frames are labelled [$fraction]
  --seed N               of pictures, labels and trainings [$seed]
  --repeats N            trainings of each configuration on the real video; their mean is the truth [$repeats]
  --street-repeats N     the same for rendered cameras [$street_repeats]
  --detection DIR        also models that find objects, on DIR/streams.json in windows of 10 s (3 frames a second); --repeats trainings
  --profile-option O     further option for ekya-profile, repeatable
  --help
Takes about an hour of CPU time the first time, on the real video half an hour more for each of the trainings beyond the first. Exit: 0 done; 1 the work failed; 2 wrong command line, or something is missing.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
        --help|-h) usage; exit 0 ;;
        --work|--output|--cameras|--window|--fps|--fraction|--seed|--repeats|--street-repeats|--detection|--profile-option) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        -*) usage_error "unknown option $1" ;;
        *) camvid=$1; shift; continue ;;
    esac
    case $1 in
        --work) work=$2 ;;
        --output) output=$2 ;;
        --cameras) cameras=$2 ;;
        --window) window=$2 ;;
        --fps) fps=$2 ;;
        --fraction) fraction=$2 ;;
        --seed) seed=$2 ;;
        --repeats) repeats=$2 ;;
        --street-repeats) street_repeats=$2 ;;
        --detection) detection=$2 ;;
        --profile-option) profile_options+=("$2") ;;
    esac
    shift 2
done
[[ -z $detection || -r $detection/streams.json ]] || usage_error "$detection/streams.json cannot be read"
[[ -z $camvid || -r $camvid/streams.json ]] || usage_error "$camvid/streams.json cannot be read"
needs jq jq
needs gnuplot gnuplot-nox
needs python3 python3
declare -A tool
for name in ekya-example-streets ekya-ingest ekya-label ekya-train ekya-profile ekya-simulate; do tool[$name]=$(program "$name"); done
for value in "$cameras" "$fps" "$seed"; do [[ $value =~ ^[0-9]+$ ]] || usage_error "$value is not a whole number"; done
[[ $repeats =~ ^[1-9][0-9]{0,2}$ ]] || usage_error "--repeats: $repeats is not a whole number in [1, 999]"
[[ $street_repeats =~ ^[1-9][0-9]{0,2}$ ]] || usage_error "--street-repeats: $street_repeats is not a whole number in [1, 999]"
for value in "$window" "$fraction"; do [[ $value =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage_error "$value is not a number"; done
# What was measured with other settings cannot be gone on with.
declare -A settings=([streets]="cameras $cameras, window $window, fps $fps, fraction $fraction, seed $seed, repeats $street_repeats" [camvid]="data ${camvid:+$(realpath "$camvid")}, seed $seed, repeats $repeats"
    [detection]="data ${detection:+$(realpath "$detection")}, seed $seed, repeats $repeats")
[[ $cameras -gt 0 ]] || unset 'settings[streets]'
[[ -n $camvid ]] || unset 'settings[camvid]'
[[ -n $detection ]] || unset 'settings[detection]'
for name in "${!settings[@]}"; do
    [[ ! -e $work/$name || $(cat "$work/$name.settings" 2>/dev/null) == "${settings[$name]}" ]] \
        || usage_error "$work/$name was made with $(cat "$work/$name.settings" 2>/dev/null || echo 'unknown settings'); name another --work"
done
mkdir -p "$work" "$output"
for name in "${!settings[@]}"; do printf '%s\n' "${settings[$name]}" >"$work/$name.settings"; done

# quiet LOG COMMAND...: its messages into the log; its end tells where they are.
quiet() {
    local log=$1
    shift
    "$@" >>"$log" 2>&1 || die "$1 failed; see $log"
}

# What serves from window to window does not depend on the estimates, so that these can be made anew with the truth kept.
served=('--epochs=15' '--epochs=5' '--epochs=30 --data-fraction=0.5' '--epochs=15 --data-fraction=0.5' '--epochs=30 --layers=head')

# simulate NAME SECONDS ESTIMATES TRUTH RECORD [OPTION...]: plans windows of so many seconds with the estimates, scored with the truth; on one device.
simulate() {
    "${tool[ekya-simulate]}" --estimates "$work/$1/$3.jsonl" --truth "$work/$1/$4.jsonl" --window-seconds "$2" --gpus 1 \
        --policy best,thief --format json -o "$work/$1/$5.json" --overwrite "${@:6}"
}
# simulate_all NAME SECONDS TRUTH SUFFIX: planning with all kinds of estimates.
simulate_all() {
    local kind
    for kind in typical predicted accuracies; do simulate "$1" "$2" "$kind" "$3" "$kind$4"; done
    simulate "$1" "$2" predicted "$3" "live$4"
}

# measure NAME LIST WINDOW BOOTSTRAP FRACTION EXEMPLARS WIDTH REPEATS: window after window, all streams of the list.
measure() {
    local name=$1 list=$2 seconds=$3 bootstrap=$4 fraction=$5 exemplars=$6 width=$7 repeats=$8 id at last windows=0 model=base log
    local store="$work/$name/store" truth="$work/$name/truth" recorded=() base=(--epochs 30 --learning-rate 0.1)
    # Of detection all else is as the programs have it.
    [[ $name != detection ]] || { recorded=(--objects model); base=(); }
    local -A last_of
    mkdir -p "$store/streams" "$truth"
    log=$work/$name/log   # all that the tools said
    local common=(--streams "$list" --seed "$seed" --overwrite)
    for id in $(jq -r '.streams[].id' "$list"); do
        say "$name: stream $id, labels and base model"
        [[ -d $truth/streams/$id ]] || quiet "$log" "${tool[ekya-ingest]}" "${common[@]}" --stream "$id" --store "$truth" --window "$seconds" "${recorded[@]}" -o /dev/null
        last=$(find "$truth/streams/$id/windows" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort | tail -n 1)
        jq -e .complete "$truth/streams/$id/windows/$last/manifest.json" >/dev/null || last=$((10#$last - 1))
        last_of[$id]=$((10#$last))
        [[ $windows -ge ${last_of[$id]} ]] || windows=${last_of[$id]}
        [[ -d $store/streams/$id ]] || cp -a "$truth/streams/$id" "$store/streams/$id"
        for ((at = 0; at <= last_of[$id]; ++at)); do
            quiet "$log" "${tool[ekya-label]}" "${common[@]}" --stream "$id" --store "$truth" --window "$at" --fraction 1 -o /dev/null
            quiet "$log" "${tool[ekya-label]}" "${common[@]}" --stream "$id" --store "$store" --window "$at" --fraction "$fraction" --choice uniform -o /dev/null
        done
        quiet "$log" "${tool[ekya-train]}" "${common[@]}" --stream "$id" --store "$store" --base "$bootstrap" "${base[@]}" --width "$width" --serve -o /dev/null
    done
    local streams new budget=()
    # All profiles together may take a twentieth of the window, trials that end a little late included, as in ekya-window.sh, unless an option says otherwise.
    budget=(--budget "$(jq -n "0.045 * $seconds / ($(jq '.streams | length' "$list"))")" --no-drop)
    [[ ${profile_options[*]} != *--budget* ]] || budget=()
    for ((at = bootstrap + 1; at <= windows; ++at)); do
        say "$name: window $at of $windows"
        streams=()
        for id in "${!last_of[@]}"; do [[ $at -gt ${last_of[$id]} ]] || streams+=(--stream "$id"); done
        # One process for all streams, as in a live window. Retrainings start from the deployed model here, whatever else might suit.
        local job=("${common[@]}" --store "$store" --window "$at" --exemplars "$exemplars" --warm-start off)
        quiet "$log" "${tool[ekya-profile]}" "${job[@]}" "${streams[@]}" --model "$model" --no-prune "${budget[@]}" "${profile_options[@]}" -o /dev/null
        read -r -a new <<<"${served[at % ${#served[@]}]}"
        for id in "${!last_of[@]}"; do
            [[ $at -le ${last_of[$id]} ]] || continue
            [[ -e $store/streams/$id/truth/$(number5 "$at").json ]] || quiet "$log" "${tool[ekya-profile]}" "${job[@]}" --stream "$id" --model "$model" \
                --exhaustive --repeats "$repeats" --truth-store "$truth" -o /dev/null
            quiet "$log" "${tool[ekya-train]}" "${job[@]}" --stream "$id" --parent "$model" "${new[@]}" -o "$work/$name/card.json"
        done
        model=$(jq -r 'select(.schema == "ekya.model/1") | .id' "$work/$name/card.json")   # the same of all streams
    done
    # What plans lose with the estimates of retraining, the cost of inference being known: it is measured on the side. Planned once, a
    # retraining gets no more than its planned time, so one whose cost was underestimated is lost; live it is waited
    # for. Hence the loss is given with true costs too. "typical" knows each window's level and what each configuration gains on average
    # over all windows: what it loses is luck, the noise among 18 measurements of which the truth takes the largest. Where the truth
    # is the mean of several trainings, the loss against each single one of them is given too, and, without the luck, the loss against
    # planning with what the others gave, both plans being judged by the one.
    local kind change file gains one
    gains=$(jq -s '[.[] | .accuracy as $before | .retraining[] | {config, gain: (.accuracy - $before)}]
        | group_by(.config) | map({config: .[0].config, gain: (map(.gain) | add / length)})' "$store"/streams/*/truth/*.json)
    # shellcheck disable=SC2016  # $truth, $gains, $before and $config are jq's
    for kind in oracle typical predicted accuracies; do
        change='.inference = $truth[0].inference'
        [[ $kind != accuracies ]] || change+=' | .retraining |= map(.config as $config | .device_seconds = ($truth[0].retraining[] | select(.config == $config) | .device_seconds))'
        [[ $kind != oracle ]] || change='$truth[0]'
        [[ $kind != typical ]] || change='$truth[0] | .accuracy as $before
            | .retraining |= map(.config as $config | del(.accuracies) | .accuracy = ([0, ([1, $before + ($gains[] | select(.config == $config).gain)] | min)] | max))'
        for id in $(jq -r '.streams[].id' "$list"); do
            for file in "$store/streams/$id/truth"/*.json; do
                jq -c --slurpfile truth "$file" --argjson gains "$gains" "$change" "$store/streams/$id/profiles/$(basename "$file")"
            done
        done >"$work/$name/$kind.jsonl"
    done
    simulate "$name" "$seconds" oracle oracle oracle
    simulate_all "$name" "$seconds" oracle ''
    for ((one = 0; one < repeats && repeats > 1; ++one)); do
        jq -c --argjson one "$one" '.retraining |= map(.accuracy = .accuracies[$one] | del(.accuracies))' "$work/$name/oracle.jsonl" >"$work/$name/oracle.$one.jsonl"
        jq -c --argjson one "$one" '.retraining |= map(.accuracies |= del(.[$one]) | .accuracy = (.accuracies | add / length) | del(.accuracies))' \
            "$work/$name/oracle.jsonl" >"$work/$name/others.$one.jsonl"
        simulate "$name" "$seconds" "oracle.$one" "oracle.$one" "oracle.$one"
        simulate "$name" "$seconds" "others.$one" "oracle.$one" "others.$one"
        simulate_all "$name" "$seconds" "oracle.$one" ".$one"
    done
}

names=()
if [[ $cameras -gt 0 ]]; then
    [[ -e $work/streets.video/streams.json ]] || "${tool[ekya-example-streets]}" --output "$work/streets.video" --cameras "$cameras" \
        --seconds "$(jq -n "$windows * $window")" --fps "$fps" --window "$window" --seed "$seed" --overwrite
    measure streets "$work/streets.video/streams.json" "$window" 2 "$fraction" 200 0.125 "$street_repeats"
    names+=("streets:$window")
fi
if [[ -n $camvid ]]; then
    measure camvid "$camvid/streams.json" 30 3 0.3 600 0.25 "$repeats"
    names+=(camvid:30)
fi
if [[ -n $detection ]]; then
    measure detection "$detection/streams.json" 10 2 0.3 20 0.125 "$repeats"
    names+=(detection:10)
fi
python3 "$root/bench/lib/profiler.py" "$work" "$output/profiler.csv" "${names[@]}"
draw profiler.gp "$output/profiler" data="$output/profiler.csv"

#!/usr/bin/env bash
# bench/profiler.sh: wrong command lines touch nothing. bench/lib/profiler.py: the figures of a made-up store, worked out by hand.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v gnuplot >/dev/null || skips 'gnuplot is not installed'

wrong() {
    local text=$1 code=0 said
    shift
    said=$("$root/bench/profiler.sh" "$@" --work "$work/untouched" --output "$work/untouched" 2>&1 >/dev/null) || code=$?
    [[ $code -eq 2 ]] || fails "profiler.sh $*: exit $code, expected 2"
    [[ $said == *"$text"* ]] || fails "profiler.sh $*: says \"$said\", not \"$text\""
    [[ ! -e $work/untouched ]] || fails "profiler.sh $*: left something"
}
wrong 'unknown option --nosuch' --nosuch
wrong 'not a whole number' --cameras 2.5
wrong 'in [1, 999]' --repeats 0
wrong 'in [1, 999]' --repeats 08
wrong 'in [1, 999]' --street-repeats 0
wrong 'cannot be read' "$work/nosuch"
[[ $("$root/bench/profiler.sh" --help) == Usage:* ]] || fails 'profiler.sh --help'

mkdir -p "$work/kept/streets"
code=0
said=$("$root/bench/profiler.sh" --work "$work/kept" --output "$work/untouched" 2>&1 >/dev/null) || code=$?
[[ $code -eq 2 && $said == *'unknown settings'* ]] || fails "profiler.sh goes on with a store of unknown settings: $code, $said"

# record KIND ACCURACY ACCURACIES: three configurations of 1, 2 and 4 device-seconds.
record() {
    jq -nc --argjson accuracy "$2" --argjson accuracies "$3" --argjson measured "$1" '{schema: (if $measured then "ekya.truth/1" else "ekya.profile/1" end), stream: "a", window: 4, accuracy: $accuracy,
        profiling_seconds: 0.5, labels: 100, model: "base", inference: [{config: {frame_stride: 1, input_size: 0}, relative_accuracy: 1, share: 0.1}],
        retraining: [range(3) | {config: {epochs: (. + 1), data_fraction: 1, layers: "all", batch_size: 32, head_width: 0, learning_rate: 0.02},
            accuracy: $accuracies[.], accuracy_error: 0.05, accuracy_now: ($accuracies[.] / 2), device_seconds: pow(2; .)}]}'
}
mkdir -p "$work/made/store/streams/a/"{profiles,truth}
record false 0.5 '[0.60, 0.70, 0.80]' >"$work/made/store/streams/a/profiles/00004.json"
record true 0.4 '[0.62, 0.60, 0.76]' >"$work/made/store/streams/a/truth/00004.json"
for kind in predicted live accuracies typical oracle; do echo '{"policy": "best", "mean_accuracy": '"$([[ $kind == oracle ]] && echo 0.75 || echo 0.7)"'}' >"$work/made/$kind.json"; done
table=$("${PYTHON:-python3}" "$root/bench/lib/profiler.py" "$work" "$work/made.csv" made:10) || fails 'profiler.py failed'
expect() { grep -qF -- "$1" <<<"$table" || fails "profiler.py does not say \"$1\": $table"; }
expect 'points: median / mean / 90th percentile: 4.0 / 5.3 / 10.0'
expect 'bias: +4.0'
expect 'that the labels are of: 2.0 / 2.7 / 5.0'
expect 'of the gain over the deployed model, median: 6.0'
expect 'exhaustive cost over profiling cost: 14.0'
expect 'mean / most: 5.0 % / 5.0 %'
expect 'accuracies, mean of windows: 0.33'   # two pairs agree, one does not
expect 'within one / two error bars (68 % / 95 % expected): 67 % / 100 %'
expect 'estimated accuracies, points: best: 5.00'
expect 'the same, as live, points: best: 5.00'
expect 'mean gain, points: best: 5.00'
# Where the truth is a mean of trainings: the loss against each of them, on average.
for one in 0 1; do
    for kind in predicted live accuracies typical; do echo '{"policy": "best", "mean_accuracy": 0.7}' >"$work/made/$kind.$one.json"; done
    echo '{"policy": "best", "mean_accuracy": 0.7'"$((6 + 2 * one))"'}' >"$work/made/oracle.$one.json"
    echo '{"policy": "best", "mean_accuracy": 0.71'"$((2 * one))"'}' >"$work/made/others.$one.json"
done
table=$("${PYTHON:-python3}" "$root/bench/lib/profiler.py" "$work" "$work/made.csv" made:10) || fails 'profiler.py failed'
expect 'mean gain, points: best: 5.00 (mean against single trainings: 7.00, against planning with the others: 1.10)'
[[ $(wc -l <"$work/made.csv") -eq 4 ]] || fails 'profiler.csv: a row for each configuration was expected'
gnuplot -e "here='$root/bench/plots'; data='$work/made.csv'; output='$work/made.svg'" "$root/bench/plots/profiler.gp" || fails 'profiler.gp'
grep -q '</svg>' "$work/made.svg" || fails 'profiler.gp: no whole SVG'
ends

#!/usr/bin/env bash
# bench/figures.sh and bench/decision_time.sh: wrong command lines touch nothing; a small run on made-up profiles leaves every
# CSV and plot, with the numbers of ekya-simulate.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v gnuplot >/dev/null || skips 'gnuplot is not installed'

# wrong TEXT SCRIPT ARGUMENTS...: exit 2, TEXT is said, no output.
wrong() {
    local text=$1 script=$2 code=0 said
    shift 2
    said=$("$root/bench/$script" "$@" --output "$work/untouched" 2>&1 >/dev/null) || code=$?
    [[ $code -eq 2 ]] || fails "$script $*: exit $code, expected 2"
    [[ $said == *"$text"* ]] || fails "$script $*: says \"$said\", not \"$text\""
    [[ ! -e $work/untouched ]] || fails "$script $*: left something"
}
for script in figures.sh decision_time.sh; do
    wrong 'unknown option --nosuch' $script --nosuch
    wrong 'is not there' $script --redraw
    [[ $("$root/bench/$script" --help) == Usage:* ]] || fails "$script --help"
done
wrong '--only: "figure7"' figures.sh --only figure6,figure7
wrong 'A directory is needed' figures.sh --profiles "$work/nosuch"

# plotted NAME...: SVG and PNG of each are there.
plotted() {
    local name
    for name in "$@"; do
        grep -q '</svg>' "$work/out/$name.svg" || fails "$name.svg is not whole"
        [[ $(head -c 8 "$work/out/$name.png" | od -An -tx1 | tr -d ' \n') == 89504e470d0a1a0a ]] || fails "$name.png is no PNG"
    done
}

# Two cameras, one window, three configurations.
mkdir "$work/profiles"
camera() {
    jq -n --argjson start "$1" --argjson gain "$2" '
        [["0_5", 0.3, 4], ["0_15", 0.7, 12], ["3_30", 1, 90]] as $configs |
        ($configs | map(["\(.[0])", $start, $start + $gain * .[1], .[2], "resnet18"])) as $rows |
        {taskwise_train_profiles: {"1": $rows}, taskwise_predicted_profiles: {"1": $rows},
         taskwise_infer_profiles: {"1": {"0": [$start, "resnet18"], "3": [$start, "resnet18"]}}}'
}
camera 0.6 0.2 >"$work/profiles/a.json"
camera 0.4 0.4 >"$work/profiles/b.json"
printf 'subsampling,c1\n1,1\n2,0.78\n4,0.6\n10,0.15\n20,0.04\n' >"$work/profiles/real_inference_profiles.csv"

figures=(figure6 figure8 figure10a figure11b capacity)
run=("$root/bench/figures.sh" --quick --target 0.5 --profiles "$work/profiles" --output "$work/out")
"${run[@]}" 2>"$work/said" || { fails "figures.sh: exit $?"; cat "$work/said" >&2; }
plotted "${figures[@]}"
[[ $(sed -n '1p' "$work/out/figure6.csv") == policy,mode,streams,gpus,* ]] || fails 'figure6.csv has no header'
# 7 policies, 1 and 2 streams, 1 and 2 GPUs; 5 policies and 2 GPUs; 3 policies, 2 GPUs, 2 noises; 7 policies, 2 GPUs
for rows in figure6:28 figure8:14 figure10a:10 figure11b:12 capacity:14; do
    [[ $(tail -n +2 "$work/out/${rows%:*}.csv" | wc -l) -eq ${rows#*:} ]] || fails "${rows%:*}.csv: not ${rows#*:} rows"
done
expected=$("$EKYA_BIN/ekya-simulate" --reference-profiles "$work/profiles" --reference-scoring --policy thief --gpus 2 --streams 2 \
    --format csv | awk -F, 'NR == 2 { print $10 }')
[[ $(awk -F, '$1 == "thief" && $4 == 2 { print $10 }' "$work/out/figure8.csv") == "$expected" ]] || fails "figure8.csv: thief is not $expected"
grep -q '^best,predicted,1,0,0,[^,]*,0.1,0.5,2,' "$work/out/capacity.csv" || fails 'capacity.csv: best does not hold both streams'

gain=$(awk -F, '$3 == 2 && $4 == 2 && $1 == "best" { best = $10 } $3 == 2 && $4 == 2 && /^uniform/ && $10 > uniform { uniform = $10 }
    END { printf "%.1f", 100 * (best - uniform) }' "$work/out/figure6.csv")
sed 's/^\([^,]*,[^,]*\),2,/\1,8,/' "$work/out/figure6.csv" >"$work/figure6.csv"
grep -qE "^\| over the best uniform, 8 streams.*\| [0-9.-]+ / $gain \|" <(awk -f "$root/bench/lib/shapes.awk" "$work/figure6.csv") \
    || fails "shapes.awk: best does not gain $gain over the best uniform"
[[ $(grep -c '^|' "$work/out/shapes.md") -ge 8 ]] || fails 'shapes.md lacks rows'

rm "$work"/out/*.svg "$work"/out/*.png
"${run[@]}" --redraw 2>"$work/said" || { fails "figures.sh --redraw: exit $?"; cat "$work/said" >&2; }
plotted "${figures[@]}"

if [[ -x $EKYA_BIN/ekya-bench-schedule ]]; then
    "$root/bench/decision_time.sh" --quick --output "$work/out" 2>"$work/said" || { fails "decision_time.sh: exit $?"; cat "$work/said" >&2; }
    plotted decision_time
    awk -F, 'NR > 1 && ($5 != 18 || $6 <= 0 || $7 <= 0) { exit 1 } END { exit NR < 10 }' "$work/out/decision_time.csv" \
        || fails 'decision_time.csv has other rows than expected'
fi
ends

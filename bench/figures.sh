#!/usr/bin/env bash
# The shapes of the paper's Figures 6, 8, 10a and 11b and of its Table 2, simulated: CSV and plots.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
profiles=$root/../shared/data/profiles/ref
name=''
output=$root/bench/results
only=figure6,figure8,figure10a,figure11b,capacity
target=0.65
bound=false
redraw=false
seed=1
mode=()
scoring=(--reference-scoring)
streams=2,4,6,8,10
gpus_few=1,2               # figure 6
gpus_many=1,2,4,8          # figures 8 and 11b, capacity
gpus_ablation=2,4,6,8      # figure 10a
noises=0,0.05,0.1,0.2,0.5

# The paper's two uniform configurations are a costly and a cheap one; the numbers are inference's parts of the shares.
uniforms=(uniform:most-accurate:0.5 uniform:cheapest:0.3 uniform:cheapest:0.5 uniform:cheapest:0.9)
planners=(best thief reference-thief)
ablations=(thief thief-fixed-config:cheapest thief-fixed-resources uniform:cheapest:0.5)

usage() {
    cat <<END
Usage: figures.sh [--profiles DIR] [--output DIR] [options]

Simulates retraining windows with ekya-simulate and leaves a CSV, an SVG and a PNG of each in DIR:
  figure6     accuracy over 2 to 10 streams on 1 and 2 GPUs
  figure8     accuracy over 1 to 8 GPUs, 10 streams
  figure10a   what the thief loses with fixed shares or a fixed configuration, 2 to 8 GPUs
  figure11b   accuracy with Gaussian noise of 0 to 50 points on the predicted accuracies, 1 to 8 GPUs
  capacity    the most streams that reach the target accuracy (Table 2)
and shapes.md, a table of what was gained and lost here and in the paper.

  --profiles DIR   profiles in the published simulator's format [../shared/data/profiles/ref]
  --name TEXT      what the profiles are, for the plots [the directory's name]
  --output DIR     where results go [bench/results]
  --only F,...     only these of the above [all]
  --target A       accuracy for capacity, in [0, 1] [$target]
  --continuous     score in continuous time, a job on at most one GPU; by default in whole seconds and with jobs that
                   span GPUs, as the published simulator does, whose thief plans for that
  --oracle         plan with the true accuracies everywhere; figure11b always does, with its noise added
  --bound          also what no plan could exceed, in figures 6 and 8; takes some minutes
  --seed N         of the noise [$seed]
  --quick          at most 2 streams and 2 GPUs: to see that everything runs
  --redraw         simulate nothing, draw the CSV files that are in DIR
  --help
Exit: 0 done; 1 the work failed; 2 wrong command line, or something needed is missing.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --oracle) mode=(--oracle); shift; continue ;;
        --continuous) scoring=(); shift; continue ;;
        --bound) bound=true; shift; continue ;;
        --redraw) redraw=true; shift; continue ;;
        --quick) streams=1,2; gpus_few=1,2; gpus_many=1,2; gpus_ablation=1,2; noises=0,0.2; shift; continue ;;
        --help|-h) usage; exit 0 ;;
        --profiles|--name|--output|--only|--target|--seed) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        *) usage_error "unknown option $1" ;;
    esac
    case $1 in
        --profiles) profiles=$2 ;;
        --name) name=$2 ;;
        --output) output=$2 ;;
        --only) only=$2 ;;
        --target) target=$2 ;;
        --seed) seed=$2 ;;
    esac
    shift 2
done
IFS=, read -r -a figures <<<"$only"
for figure in "${figures[@]}"; do
    [[ $figure =~ ^(figure6|figure8|figure10a|figure11b|capacity)$ ]] || usage_error "--only: \"$figure\" is no figure"
done
needs gnuplot gnuplot-nox
if $redraw; then
    for figure in "${figures[@]}"; do
        [[ -r $output/$figure.csv ]] || usage_error "--redraw: $output/$figure.csv is not there"
    done
else
    [[ -r $profiles/real_inference_profiles.csv ]] || usage_error "--profiles: $profiles has no real_inference_profiles.csv. \
A directory is needed with <camera>.json for every camera (what each retraining configuration costs and gives, window by window), \
real_inference_profiles.csv (accuracy over frame sampling) and, for their order, manifest.json: the published simulator's format"
    tool=$(program ekya-simulate)
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-figures.XXXXXX")
trap 'rm -rf "$work"' EXIT
most=${streams##*,}
name=${name:-profiles \"$(basename "$profiles")\"}

joined() { local IFS=,; printf '%s' "$*"; }

# simulate FIGURE POLICIES OPTION...: leaves FIGURE.csv. With --bound the curve of best has its bound, in figures 6 and 8.
simulate() {
    local figure=$1 policies=$2 common first=() rest
    shift 2
    ! $redraw || return 0
    common=(--reference-profiles "$profiles" --seed "$seed" "${scoring[@]}" --format csv "$@")
    # A bound takes longer than all policies together and is the same for all.
    if $bound && [[ $figure =~ ^figure[68]$ ]]; then first=(--bound); fi
    rest=${policies#best,}
    rm -f "$work"/*.csv
    "$tool" "${common[@]}" --policy best "${first[@]}" -o "$work/best.csv" || die "$figure: ekya-simulate failed"
    "$tool" "${common[@]}" --policy "$rest" -o "$work/rest.csv" || die "$figure: ekya-simulate failed"
    { cat "$work/best.csv"; tail -n +2 "$work/rest.csv"; } | write_atomically "$output/$figure.csv"
    say "$output/$figure.csv"
}

# streams_of FIGURE: how many its first row has.
streams_of() { awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i } NR == 2 { print $at["streams"] }' "$output/$1.csv"; }

# protocol FIGURE: how its numbers came about, for the line below the title.
protocol() {
    awk -F, -v time="$([[ ${#scoring[@]} -gt 0 ]] && printf 'whole-second' || printf 'continuous')" \
        -v noise="$([[ $1 != figure11b ]] || printf ' plus Gaussian noise')" 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i } NR == 2 {
        if ("target" in at) printf "target %g %%; ", 100 * $at["target"]
        printf "planned with %s accuracies%s; ", $at["mode"] == "oracle" ? "true" : "predicted", noise
        if ("window_seconds" in at) printf "windows of %g s, ", $at["window_seconds"]
        printf "%s scoring", time
    }' "$output/$1.csv"
}

# curves FIGURE TITLE X PANEL SERIES ORDER LOG: draws FIGURE.csv with curves.gp.
curves() {
    local figure=$1 title=$2 x=$3 panel=$4 series=$5 order=$6 log=$7
    awk -v x="$x" -v panel="$panel" -v series="$series" -v order="$order" -f "$root/bench/plots/curves.awk" \
        "$output/$figure.csv" >"$work/curves" || die "$output/$figure.csv cannot be drawn"
    draw curves.gp "$output/$figure" curves="$work/curves" title="$title" subtitle="$name; $(protocol "$figure")" \
        x_label="${x/gpus/GPUs}" x_log="$log" panel="$panel"
}

all=$(joined "${planners[@]}" "${uniforms[@]}")
mkdir -p "$output"
for figure in "${figures[@]}"; do
    case $figure in
        figure6)
            simulate "$figure" "$all" --streams "$streams" --gpus "$gpus_few" "${mode[@]}"
            curves "$figure" 'Accuracy over streams (as Figure 6 of the paper)' streams gpus policy "bound,$all" 0 ;;
        figure8)
            simulate "$figure" "$all" --streams "$most" --gpus "$gpus_many" "${mode[@]}"
            curves "$figure" "Accuracy over GPUs, $(streams_of "$figure") streams (as Figure 8)" gpus '' policy "bound,$all" 1 ;;
        figure10a)
            simulate "$figure" "best,$(joined "${ablations[@]}")" --streams "$most" --gpus "$gpus_ablation" "${mode[@]}"
            curves "$figure" "What the thief's two choices are worth, $(streams_of "$figure") streams (as Figure 10a)" gpus '' policy \
                "best,$(joined "${ablations[@]}")" 0 ;;
        figure11b)
            simulate "$figure" best,thief,uniform:cheapest:0.5 --streams "$most" --gpus "$gpus_many" --noise "$noises" --oracle
            curves "$figure" "Accuracy with noise on the predictions, $(streams_of "$figure") streams (as Figure 11b)" gpus policy noise \
                'noise 0,noise 0.05,noise 0.1,noise 0.2,noise 0.5,uniform:cheapest:0.5' 1 ;;
        capacity)
            simulate "$figure" "$all" --streams "$(seq -s , 1 "$most")" --gpus "$gpus_many" --capacity "$target" "${mode[@]}"
            draw capacity.gp "$output/capacity" data="$output/capacity.csv" policies="${all//,/ }" \
                title='Most streams at the target accuracy (as Table 2)' subtitle="$name; $(protocol capacity)" ;;
    esac
done

csvs=()
for figure in "${figures[@]}"; do csvs+=("$output/$figure.csv"); done
awk -f "$root/bench/lib/shapes.awk" "${csvs[@]}" | write_atomically "$output/shapes.md"
say "$output/shapes.md"

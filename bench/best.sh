#!/usr/bin/env bash
# How much better best plans than the published thief, and how close that is to what any plan could reach.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
profiles=$root/../shared/data/profiles/ref
output=$root/bench/results
streams=2,3,4,5,6,7,8,9,10
gpus=1,2,3,4,5,6,7,8
bound=(--bound)

usage() {
    cat <<END
Usage: best.sh [--profiles DIR] [--output DIR] [--streams LIST] [--gpus LIST] [--no-bound]

Plans all windows of the profiles with best, with best as told (its predictions are not pooled) and with the published simulator's thief (reference-thief: 10
iterations, steal 0.1), with the true accuracies (oracle) and the predicted ones, for every number of streams on every number of devices,
scores all alike in the published simulator's whole-second time, and leaves best.csv in DIR. Prints what best gains, in points.

  --profiles DIR   profiles in the published simulator's format [../shared/data/profiles/ref]
  --output DIR     where best.csv goes [bench/results]
  --streams LIST   numbers of streams [$streams]
  --gpus LIST      numbers of devices [$gpus]
  --no-bound       without the upper bound, which takes some minutes
  --help
Exit: 0 done; 1 the work failed; 2 wrong command line, or something needed is missing.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --no-bound) bound=(); shift; continue ;;
        --help|-h) usage; exit 0 ;;
        --profiles|--output|--streams|--gpus) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        *) usage_error "unknown option $1" ;;
    esac
    case $1 in
        --profiles) profiles=$2 ;;
        --output) output=$2 ;;
        --streams) streams=$2 ;;
        --gpus) gpus=$2 ;;
    esac
    shift 2
done
[[ -r $profiles/real_inference_profiles.csv ]] || usage_error "--profiles: $profiles has no real_inference_profiles.csv; see bench/figures.sh --help"
tool=$(program ekya-simulate)
work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-best.XXXXXX")
trap 'rm -rf "$work"' EXIT

common=(--reference-profiles "$profiles" --streams "$streams" --gpus "$gpus" --reference-scoring --format csv)
# The bound is of the true values, the same for all policies, whatever they plan with.
"$tool" "${common[@]}" --oracle --policy best "${bound[@]}" -o "$work/oracle.best.csv"
"$tool" "${common[@]}" --oracle --policy reference-thief -o "$work/oracle.others.csv"
"$tool" "${common[@]}" --policy best,reference-thief -o "$work/predicted.csv"
"$tool" "${common[@]}" --no-pooling --policy best | sed 's/^best,/best-as-told,/' >"$work/told.csv"
awk -F, -v OFS=, '
    FNR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; if (NR == 1) print; next }
    $at["policy"] == "best" {
        key = $at["streams"] SUBSEP $at["gpus"]
        if ($at["bound"] != "") bound[key] = $at["bound"]
        else if (key in bound) { $at["bound"] = bound[key]; $at["gap"] = bound[key] - $at["mean_accuracy"] }
    }
    { print }' "$work/oracle.best.csv" "$work/oracle.others.csv" "$work/predicted.csv" "$work/told.csv" | write_atomically "$output/best.csv"
awk -F, '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    { s = $at["streams"]; g = $at["gpus"]; m = $at["mode"]; p = $at["policy"]; a[m, p, s, g] = 100 * $at["mean_accuracy"]
      if (p == "best") { order[++n] = m SUBSEP s SUBSEP g; if ($at["gap"] != "") gap[m, s, g] = 100 * $at["gap"] } }
    END {
        printf "%-10s %7s %5s %8s %14s %16s %8s\n", "mode", "streams", "GPUs", "best", "over the thief", "as told: over it", "to bound"
        for (i = 1; i <= n; ++i) {
            split(order[i], k, SUBSEP); m = k[1]; s = k[2]; g = k[3]; thief = a[m, "reference-thief", s, g]
            d = a[m, "best", s, g] - thief; t = a[m, m == "oracle" ? "best" : "best-as-told", s, g] - thief; has = (m, s, g) in gap
            printf "%-10s %7d %5g %8.2f %14.2f %16.2f %8s\n", m, s, g, a[m, "best", s, g], d, t, has ? sprintf("%.2f", gap[m, s, g]) : ""
            for (j = 0; j < 2; ++j) {
                where = j ? "both" : m
                sum[where] += d; told[where] += t; ++count[where]; if (!(where in low) || d < low[where]) low[where] = d
                if (s >= 6 && g >= 4) { many[where] += d; ++manys[where] }
                if (has) gaps[where] += gap[m, s, g]
            }
        }
        for (i = split("oracle predicted both", w, " "); i >= 1; --i) names[4 - i] = w[i]
        for (i = 3; i >= 1; --i) {
            m = names[i]
            printf "%s: best is %.2f points over the thief on average, at least %.2f; %sas told %.2f%s\n", m, sum[m] / count[m], low[m], \
                m in manys ? sprintf("%.2f where streams >= 6 and GPUs >= 4; ", many[m] / manys[m]) : "", told[m] / count[m], m in gaps ? sprintf("; %.2f below the bound", gaps[m] / count[m]) : ""
        }
    }' "$output/best.csv"

#!/usr/bin/env bash
# The live loop where devices are scarce: eight streams of street video on 2, 1 and half a core.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
cores_list=2,1,0.5
# The uniform settings are three of the paper's: costly or cheap configuration, part for inference.
policies=none,uniform:most-accurate:0.5,uniform:cheapest:0.3,uniform:cheapest:0.9,thief,best
results=''
table_only=false
loop_options=()

usage() {
    cat <<END
Usage: contended.sh DATA_DIR [STORE] [options] [-- option of ekya-loop.sh...]

Runs the live loop at real-time pace on eight streams of 300 frames at 1 fps, with every policy
and on every number of cores. Prints two tables: what each policy reached, and with how many cores
policy best reaches the same accuracy (linear between the capacities measured). A window has 30 s;
base models learn from the first 3 windows, the other 7 are scored. DATA_DIR holds 0016E5.mp4,
0001TP.mp4, their boxes (.csv) and classes.json. The streams are parts of these sequences in other
orders, as FFmpeg lists and CSV files in STORE/streams. A policy takes about 4 minutes on each
capacity; what STORE holds already is not run again. The machine has to be idle.

  --cores-list N,...    capacities. The loop runs on that many CPUs (taskset); a part of a core is
                        held by --gpus and by a control group around all of the loop [$cores_list]
  --policies P,...      as --policy of ekya-loop.sh [$policies]
  --results DIR         leave contended.csv, contended.json and a plot there
  --table               run nothing, print the tables of what is in STORE
  --help
Exit: 0 done; 1 the work failed; 2 wrong command line; 77 DATA_DIR has no such videos.
END
}

positional=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
        --help|-h) usage; exit 0 ;;
        --table) table_only=true; shift; continue ;;
        --) loop_options=("${@:2}"); break ;;
        --cores-list|--policies|--results) [[ $# -ge 2 ]] || usage_error "$1 needs a value" ;;
        -*) usage_error "unknown option $1" ;;
        *) positional+=("$1"); shift; continue ;;
    esac
    case $1 in
        --cores-list) cores_list=$2 ;;
        --policies) policies=$2 ;;
        --results) results=$2 ;;
    esac
    shift 2
done
[[ ${#positional[@]} -ge 1 && ${#positional[@]} -le 2 ]] \
    || usage_error 'DATA_DIR is needed, and STORE at most'
data=${positional[0]}
store=${positional[1]:-$PWD/ekya-bench-contended}
if [[ ! -r $data/0016E5.mp4 || ! -r $data/0001TP.mp4 ]]; then
    say "contended.sh: skipped: $data has no 0016E5.mp4 and 0001TP.mp4"
    exit 77
fi
needs ffprobe ffmpeg
needs taskset util-linux
helper=$root/bench/lib/contended.py
IFS=, read -r -a capacities <<<"$cores_list"
names=()
for cores in "${capacities[@]}"; do
    capacity=$(python3 "$helper" capacity "$cores") || usage_error "--cores-list: $cores"
    names+=("${capacity##* }")
done

# run_capacity CORES: all policies with so many cores, into STORE/<cores>-cores.
run_capacity() {
    local cpus gpus name holder
    read -r cpus gpus name <<<"$(python3 "$helper" capacity "$1")"
    # Programs see only these CPUs, so a device is all of them. --gpus limits what the loop shares
    # out; decoding and planning run beside that, so the group holds all of them together.
    holder=(taskset --cpu-list "$cpus")
    [[ $gpus == 1 ]] || holder+=("$ekya_run" --executor cgroup --share "$gpus" --)
    # Base models are the same whatever is scarce afterwards.
    if [[ ! -e $store/$name && -e $store/${names[0]}/bootstrap ]]; then
        mkdir "$store/$name"
        cp -a "$store/${names[0]}/bootstrap" "$store/$name/bootstrap"
    fi
    say "== $1 cores: CPUs $cpus, $gpus of them"
    "${holder[@]}" "$root/scripts/ekya-loop.sh" --streams "$store/streams/streams.json" \
        --store "$store/$name" --window 30 --bootstrap 3 --windows 7 --pace realtime \
        --policy "$policies" --gpus "$gpus" "${loop_options[@]}"
}

if ! $table_only; then
    ekya_run=$(program ekya-run)
    python3 "$helper" streams "$data" "$store/streams"
    for cores in "${capacities[@]}"; do run_capacity "$cores"; done
fi
joined() { local IFS=,; printf '%s' "$*"; }
python3 "$helper" table "$store" "$(joined "${names[@]}")" "$policies" ${results:+"$results"}
[[ -n $results ]] || exit 0
needs gnuplot gnuplot-nox
curves=$(mktemp)
trap 'rm -f "$curves"' EXIT
awk -v x=cores -v panel= -v series=policy -v order="$policies" -f "$root/bench/plots/curves.awk" "$results/contended.csv" >"$curves"
draw curves.gp "$results/contended" curves="$curves" title='Mean accuracy of eight live street cameras' \
    subtitle='CamVid, windows of 30 s, 7 scored, one run each' x_label='CPU cores for inference and retraining' x_log=1 panel=

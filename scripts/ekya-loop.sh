#!/usr/bin/env bash
# All retraining windows of a stream list, live: inference of every stream runs while retraining runs beside it.
set -euo pipefail

# Defaults
streams=''
store=./ekya-data
seconds=200
bootstrap=2
windows=0                  # scored windows, 0 = all
retrain_every=1
fraction=0.3
policies=best
pace=1
base_epochs=30
base_learning_rate=0.1      # from random weights; a retraining starts from a trained model and takes smaller steps
base_fraction=''             # as fraction
crop_size=32
network=resnet18
width=0.25
place_width=32
seed=1
threads=1
device=auto
share_holder=auto
objects=auto
ingest_options=()
window_options=()

usage() {
    cat <<END
Usage: ekya-loop.sh --streams LIST [--store DIR] [options]

Trains a base model of every stream on its first windows, then serves all streams live, one retraining window after
the other, once with each policy. Leaves DIR/results.json (schema ekya.results/1) and prints a table.

  --streams LIST        stream list (schema ekya.streams/1)
  --store DIR           where everything goes: DIR/bootstrap, DIR/<policy>, DIR/results.json [$store]
  --window S            length of a retraining window in seconds of video [$seconds]
  --bootstrap N         the base model is trained on the first N windows, which are not scored [$bootstrap]
  --windows N           stop after N scored windows, 0 = at the end of the video [$windows]
  --retrain-every N     retrain regularly in every N-th window after the bootstrap, with the labels of all N; in the others only
                        streams that have drifted (see ekya-profile --help) [$retrain_every]
  --fraction F          part of the objects that the golden model labels [$fraction]
  --policy P[,P...]     best, thief, uniform, none or any other that ekya-schedule --help names; run one after the other
                        [$policies]
  --pace N              realtime or seconds of video per second [$pace]
  --base-epochs N       epochs of the base model's training [$base_epochs]
  --base-learning-rate R
                        its learning rate [$base_learning_rate]
  --base-fraction F     part of the bootstrap windows' objects that is labelled [as --fraction]
  --network N           resnet18, mobilenet_v2 or shufflenet_v2 [$network]
  --width W             width multiplier of the network [$width]
  --place-width N       neurons of its head that see where in the frame an object is, 0 = none [$place_width]
  --crop-size PX        side of the object crops and of the network's input [$crop_size]
  --objects O           where boxes come from (see ekya-ingest --help) [$objects]
  --ingest-option O     further option for ekya-ingest, repeatable, e.g. --ingest-option=--keep-frames=jpg
  --device D            where networks run: auto, cpu, cuda or cuda:N [$device]
  --share-holder H      what holds jobs to their shares: auto, cgroup or threads (see ekya-window.sh --help) [$share_holder]
  --threads N           CPU threads of each job [$threads]
  --seed N              of all random choices [$seed]
  --teacher, --label-option, --profile-option, --gpus, --min-accuracy, --quantum, --uniform-config, --configs,
  --profile-budget, --exemplars, --train-option:
                        as in ekya-window.sh --help
$(executor_usage)
  --help

What is done already in DIR (bootstrap, a policy's whole run) is not done again.
Exit: 0 done; 1 the work failed; 2 wrong command line; 3 some streams failed, the results of the others are valid.
END
}

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/lib/stage.sh
source "$here/lib/stage.sh"
# shellcheck source=scripts/lib/executor.sh
source "$here/lib/executor.sh"

while [[ $# -gt 0 ]]; do
    case $1 in
        --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
        --help|-h) usage; exit 0 ;;
    esac
    [[ $# -ge 2 ]] || usage_error "$1 needs a value"
    if executor_option "$1" "$2"; then shift 2; continue; fi
    case $1 in
        --streams) streams=$2 ;;
        --store) store=$2 ;;
        --window) seconds=$2 ;;
        --bootstrap) bootstrap=$2 ;;
        --windows) windows=$2 ;;
        --retrain-every) retrain_every=$2 ;;
        --fraction) fraction=$2 ;;
        --policy) policies=$2 ;;
        --pace) pace=$2 ;;
        --base-epochs) base_epochs=$2 ;;
        --base-learning-rate) base_learning_rate=$2 ;;
        --base-fraction) base_fraction=$2 ;;
        --network) network=$2 ;;
        --width) width=$2 ;;
        --place-width) place_width=$2 ;;
        --crop-size) crop_size=$2 ;;
        --objects) objects=$2 ;;
        --ingest-option) ingest_options+=("$2") ;;
        --device) device=$2 ;;
        --share-holder) share_holder=$2 ;;
        --threads) threads=$2 ;;
        --seed) seed=$2 ;;
        --teacher|--label-option|--profile-option|--gpus|--min-accuracy|--quantum|--uniform-config|--configs|--profile-budget|--exemplars|--train-option)
            window_options+=("$1=$2") ;;
        *) usage_error "unknown option $1" ;;
    esac
    shift 2
done
[[ -n $streams ]] || usage_error '--streams is needed'
[[ -r $streams ]] || usage_error "--streams: $streams cannot be read"
[[ $bootstrap =~ ^[1-9][0-9]*$ ]] || usage_error '--bootstrap: a number from 1 is needed'
[[ $windows =~ ^[0-9]+$ ]] || usage_error '--windows: a number from 0 is needed'
[[ $retrain_every =~ ^[1-9][0-9]{0,5}$ ]] || usage_error '--retrain-every: a number from 1 is needed'
[[ $network =~ ^(resnet18|mobilenet_v2|shufflenet_v2)$ ]] || usage_error "--network: $network is not resnet18, mobilenet_v2 or shufflenet_v2"
[[ $pace != realtime ]] || pace=1
is_positive() { [[ $1 =~ ^[0-9]*\.?[0-9]+$ ]] && holds "$1 > 0"; }
is_positive "$pace" || usage_error '--pace: realtime or a positive number is needed'
is_positive "$seconds" || usage_error '--window: a positive number is needed'
need_commands jq awk flock column
find_tools "$here"
IFS=, read -r -a policy_list <<<"$policies"
for policy in "${policy_list[@]}"; do check_policy --policy "$policy"; done
need_programs
start_executor "$device" "$threads"
mapfile -t ids < <(jq -r '.streams[].id' "$streams" 2>/dev/null)
# The tool's own reader knows more of what can be wrong with a list.
[[ ${#ids[@]} -gt 0 ]] || "$bin/ekya-ingest" --streams "$streams" -o /dev/null --overwrite || exit
mkdir -p "$store"
store=$(cd "$store" && pwd)
exec 8>"$store/.loop.lock"
flock --nonblock 8 || die "$store: another ekya-loop.sh is at work here"

# A store holds one experiment: results of other settings must not be mixed with it.
settings=$(jq -n --arg list "$(sha256sum <"$streams" | cut -d ' ' -f 1)" --arg window "$seconds" --arg bootstrap "$bootstrap" \
    --arg windows "$windows" --arg retrain_every "$retrain_every" --arg fraction "$fraction" --arg pace "$pace" --arg seed "$seed" --arg network "$network" --arg width "$width" --arg place_width "$place_width" --arg crop_size "$crop_size" \
    --arg base "$base_epochs $base_learning_rate $base_fraction" --arg options "$objects $device $threads ${ingest_options[*]} ${window_options[*]}" '$ARGS.named')
if [[ -e $store/.settings ]]; then
    different=$(jq -r --argjson now "$settings" '{retrain_every: "1"} + . | to_entries[] | select($now[.key] != .value) | "\(.key) was \(.value), now \($now[.key])"' "$store/.settings" | head -n 1)
    [[ -z $different ]] || usage_error "$store holds a run with other settings ($different); choose another --store"
else
    printf '%s\n' "$settings" | write_atomically "$store/.settings"
fi
wall=$(calc "$seconds / $pace")           # seconds of a window on the clock
declare -A failed=()                      # stream -> why

# Sockets have short names, so they live in a directory of their own.
sockets=$(mktemp -d "${TMPDIR:-/tmp}/ekya.XXXXXX")
clean_up() {
    local code=$?
    trap - EXIT INT TERM
    local job
    for job in $(jobs -rp); do kill -TERM -- "-$job" 2>/dev/null || kill -TERM "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$sockets"
    exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

stream_fails() {
    [[ -n ${failed[$1]:-} ]] || say "stream $1: $2"
    failed[$1]=$2
}
last_error() { grep -h 'error:' "$1" 2>/dev/null | grep -vE '^srun: error: [^:]*: task|error: (the stream|all streams|failed streams)' | tail -n 1 | sed 's/^[^:]*: error: //; s/^stream [^:]*: //' || true; }
alive() {
    local id
    for id in "${ids[@]}"; do [[ -n ${failed[$id]:-} ]] || printf '%s\n' "$id"; done
}

# bootstrap_stream ID: the first windows into the store, labelled, and the base model trained on them.
bootstrap_stream() {
    local id=$1 base="$store/bootstrap" log="$store/bootstrap/logs/$1" window
    [[ ! -e $base/streams/$id/serving.json ]] || return 0
    run_local "$log.ingest.log" -- "$bin/ekya-ingest" --streams "$streams" --stream "$id" --store "$base" --window "$seconds" \
        --windows "$bootstrap" --crop-size "$crop_size" --objects "$objects" "${ingest_options[@]}" -o /dev/null --overwrite || return 1
    local label=()
    for option in "${window_options[@]}"; do
        case $option in
            --teacher=*) label+=("$option") ;;
            --label-option=*) label+=("${option#--label-option=}") ;;
        esac
    done
    for ((window = 0; window < bootstrap; ++window)); do
        $run "$log.label.log" -- "$bin/ekya-label" --streams "$streams" --stream "$id" --store "$base" --window "$window" \
            --fraction "${base_fraction:-$fraction}" --seed "$seed" --device "$device" "${label[@]}" -o /dev/null --overwrite || return 1
    done
    $run "$log.train.log" -- "$bin/ekya-train" --streams "$streams" --stream "$id" --store "$base" --base "$bootstrap" \
        --epochs "$base_epochs" --learning-rate "$base_learning_rate" --network "$network" --width "$width" --place-width "$place_width" --input-size "$crop_size" --seed "$seed" --device "$device" \
        --threads "$threads" --serve -o "$log.train.jsonl" --overwrite
}

say "bootstrap: base models of ${#ids[@]} streams from $bootstrap windows of $seconds s"
declare -A work=()
for id in "${ids[@]}"; do
    bootstrap_stream "$id" &
    work[$id]=$!
    while (( $(jobs -rp | wc -l) >= jobs_at_once )); do wait -n || true; done
done
for id in "${ids[@]}"; do
    wait "${work[$id]}" && continue
    why=$(for stage in ingest label train; do last_error "$store/bootstrap/logs/$id.$stage.log"; done | tail -n 1)
    stream_fails "$id" "${why:-bootstrap failed; see $store/bootstrap/logs/$id.*.log}"
done
[[ -n $(alive) ]] || die 'no stream could be started'
declare -A failed_at_start=()
for id in "${!failed[@]}"; do failed_at_start[$id]=${failed[$id]}; done
most_restarts=10   # of one program in one run; something that keeps crashing will not stop

# was_killed CODE: by a signal, and not one that asks to end.
was_killed() { [[ $1 -gt 128 && $1 -ne 130 && $1 -ne 143 ]]; }

# supervise_ingest ID RUN START: live decoding; after a crash it goes on with the window it was in.
supervise_ingest() {
    local id=$1 run=$2 start=$3 code from last child='' limit=() restarts=0
    trap 'kill -TERM $child 2>/dev/null; wait $child; exit 143' TERM
    while :; do
        last=$(find "$run/streams/$id/windows" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort | tail -n 1)
        from=$((10#$last + 1))
        [[ $windows -eq 0 || $from -lt $((bootstrap + windows)) ]] || return 0
        [[ $windows -eq 0 ]] || limit=(--windows $((bootstrap + windows - from)))
        code=0
        "$bin/ekya-run" --executor "$share_holder" --job "$run/jobs/$id.ingest" -- \
            "$bin/ekya-ingest" --streams "$streams" --stream "$id" --store "$run" --window "$seconds" --from-window "$from" \
            --pace "$pace" --start-at "$(calc "$start + ($from - $bootstrap) * $wall")" --crop-size "$crop_size" \
            --objects "$objects" --publish "ipc://$sockets/{stream}.frames" --await-subscribers 1 "${limit[@]}" \
            "${ingest_options[@]}" -o /dev/null --overwrite 2>>"$run/logs/$id.ingest.log" &
        child=$!
        echo "$child" >"$run/run/$id.ingest.pid"
        wait "$child" || code=$?
        if ! was_killed "$code" || (( ++restarts > most_restarts )); then break; fi
        say "stream $id: ingestion was killed (exit $code) and is started again"
        sleep 0.2
    done
    return "$code"
}

# supervise_infer ID RUN: live inference; after a crash it takes up the window it was in.
supervise_infer() {
    local id=$1 run=$2 code child='' resume=() restarts=0 plan share
    trap 'kill -TERM $child 2>/dev/null; wait $child; exit 143' TERM
    while :; do
        code=0
        # Without a share until the first plan; what it is told then it keeps, though it is started again.
        share=$(jq '.share' "$run/jobs/$id.infer/job.json" 2>/dev/null || printf '0\n')
        "$bin/ekya-run" --executor "$share_holder" --share "$share" --job "$run/jobs/$id.infer" -- \
            "$bin/ekya-infer" --streams "$streams" --stream "$id" --store "$run" --frames "ipc://$sockets/{stream}.frames" \
            --control "ipc://$sockets/{stream}.control" --crop-size "$crop_size" --device "$device" --threads "$threads" \
            --answers "$run/run/$id.answers.jsonl" "${resume[@]}" -o /dev/null --overwrite 2>>"$run/logs/$id.infer.log" &
        child=$!
        echo "$child" >"$run/run/$id.infer.pid"
        wait "$child" || code=$?
        if ! was_killed "$code" || (( ++restarts > most_restarts )); then break; fi
        say "stream $id: inference was killed (exit $code) and is started again"
        resume=(--resume)
        plan=$(find "$run/plans" -name '[0-9]*.json' 2>/dev/null | sort | tail -n 1)
        [[ -z $plan ]] || mapfile -t -O 1 resume < <(jq -r --arg id "$id" '.streams[] | select(.stream == $id)
            | "--frame-stride=\(.inference.frame_stride)", "--input-size=\(.inference.input_size // 0)"' "$plan")
    done
    return "$code"
}

# report RUN WINDOW: one line for people when a window is over.
report() {
    local run=$1 window=$2 id file line
    line=$(printf 'window %3d:' "$window")
    for id in $(alive); do
        file="$run/streams/$id/results/$(number5 "$window").json"
        [[ -e $file ]] || continue
        line+=$(jq -r --arg id "$id" '"  " + $id + " " + (if .accuracy == null then "-" else (.accuracy * 100 | round | tostring) + " %" end)
            + (if (.models | length) > 1 then " (new model after " + ((.models[-1].from_time - .models[0].from_time) * 10 | round / 10 | tostring) + " s)" else "" end)' "$file")
    done
    say "$line"
}

# collect RUN POLICY START: one policy's results; windows begin at START, a Unix time.
collect() {
    local run=$1 policy=$2 start=$3 id file window
    {
        for id in "${ids[@]}"; do
            # A stretch of time belongs to the window that its middle lies in.
            [[ ! -e $run/jobs/$id.infer/use.jsonl ]] || whole_records <"$run/jobs/$id.infer/use.jsonl" | jq -c -s --arg stream "$id" --argjson start "$start" --argjson wall "$wall" --argjson bootstrap "$bootstrap" '
                map(. + {window: ((.time + .seconds / 2 - $start) / $wall | floor + $bootstrap), granted: (if .paused then 0 else .seconds * (if .share > 0 then .share else 1 end) end)})
                | group_by(.window)[] | {kind: "inference", stream: $stream, window: .[0].window, record: {granted: (map(.granted) | add), used: (map(.used) | add)}}'
            for file in "$run"/jobs/[0-9]*/"$id.train/job.json"; do
                window=${file#"$run/jobs/"}
                [[ ! -e $file ]] || jq -c --arg stream "$id" --argjson window "$((10#${window%%/*}))" \
                    '{kind: "retraining", stream: $stream, window: $window, record: {granted, used}}' "$file"
            done
        done
        for id in "${ids[@]}"; do
            for kind in accuracy:results training:trainings estimate:profiles; do
                for file in "$run/streams/$id/${kind#*:}"/*.json; do
                    [[ ! -e $file ]] || jq -c --arg kind "${kind%%:*}" --arg stream "$id" --argjson window "$((10#$(basename "$file" .json)))" \
                        '{kind: $kind, stream: $stream, window: $window, record: .}' "$file"
                done
            done
            for file in "$run/streams/$id"/models/*/card.json; do
                [[ ! -e $file ]] || jq -c '{kind: "card", stream: .stream, window: .window, record: .}' "$file"
            done
        done
        for file in "$run"/plans/*.json; do
            [[ ! -e $file ]] || jq -c '{kind: "plan", stream: null, window: .window, record: .}' "$file"
        done
    } | jq -s --arg policy "$policy" --argjson window_seconds "$seconds" \
        --argjson streams "$(for id in "${ids[@]}"; do jq -n --arg id "$id" --arg failed "${failed[$id]:-}" '{id: $id, failed: $failed}'; done | jq -s .)" \
        -f "$here/lib/results.jq"
}

# run_policy POLICY: the whole live run into DIR/POLICY; its results.json appears when it is complete.
run_policy() {
    local policy=$1 run="$store/$1" id start window deadline code going_on only=() early=()
    local -A ingest=() infer=()
    failed=()
    for id in "${!failed_at_start[@]}"; do failed[$id]=${failed_at_start[$id]}; done
    rm -rf "$run"
    mkdir -p "$run/run" "$run/logs"
    for id in $(alive); do
        mkdir -p "$run/streams"
        cp -a "$store/bootstrap/streams/$id" "$run/streams/$id"
        supervise_infer "$id" "$run" &
        infer[$id]=$!
    done
    for id in $(alive); do   # a model that loads in the first window would cost it frames
        while [[ ! -S $sockets/$id.control ]] && kill -0 "${infer[$id]}" 2>/dev/null; do sleep 0.05; done
    done
    start=$(calc "$(now) + 1.5")
    for id in $(alive); do
        supervise_ingest "$id" "$run" "$start" &
        ingest[$id]=$!
    done
    for ((window = bootstrap; windows == 0 || window < bootstrap + windows; ++window)); do
        sleep_until "$(calc "$start + ($window - $bootstrap) * $wall")"
        deadline=$(calc "$start + ($window - $bootstrap + 1) * $wall")
        # Streams whose video has ended take part no longer.
        only=()
        going_on=0
        for id in $(alive); do
            code=0
            wait_for_window "$run" "$id" $((window - 1)) "${ingest[$id]}" || code=$?
            if [[ $code -eq 2 ]]; then going_on=1; fi
            [[ $code -eq 0 ]] || continue
            [[ $(jq .last "$run/streams/$id/windows/$(number5 $((window - 1)))/manifest.json") == true ]] || only+=("--stream=$id")
        done
        if [[ ${#only[@]} -eq 0 ]]; then
            [[ $going_on -eq 1 ]] || break
            continue
        fi
        early=()
        (( (window - bootstrap) % retrain_every == 0 )) || early=(--only-drifted)
        setsid "$here/ekya-window.sh" --streams "$streams" --store "$run" --window "$window" --seconds "$seconds" --fraction "$fraction" \
            --fresh-windows "$retrain_every" "${early[@]}" \
            --policy "$policy" --pace "$pace" --deadline "$deadline" --control "ipc://$sockets/{stream}.control" \
            --device "$device" --share-holder "$share_holder" --threads "$threads" --seed "$seed" "${only[@]}" "${window_options[@]}" "${executor_options[@]}" &
        wait $! || say "window $window: not everything succeeded (exit $?); the streams go on with the models they have"
        [[ $window -eq $bootstrap ]] || report "$run" $((window - 1))
    done
    for id in $(alive); do
        wait "${ingest[$id]}" || stream_fails "$id" "$(last_error "$run/logs/$id.ingest.log")"
    done
    for id in $(alive); do
        # The end of the stream ends inference; give what still waits in its queue a moment.
        for ((i = 0; i < 100; ++i)); do kill -0 "${infer[$id]}" 2>/dev/null || break; sleep 0.1; done
        kill -TERM "${infer[$id]}" 2>/dev/null || true   # its supervisor ends it
        code=0
        wait "${infer[$id]}" || code=$?
        [[ $code -eq 0 || $code -eq 143 ]] || stream_fails "$id" "inference ended with exit code $code: $(last_error "$run/logs/$id.infer.log")"
    done
    report "$run" $((window - 1))
    collect "$run" "$policy" "$start" | write_atomically "$run/results.json"
}

# wait_for_window RUN ID WINDOW PID: until the window is stored; returns 1 if ingestion ended before, 2 if it is late.
wait_for_window() {
    local i
    for ((i = 0; ; ++i)); do
        [[ ! -e $1/streams/$2/windows/$(number5 "$3")/manifest.json ]] || return 0
        kill -0 "$4" 2>/dev/null || return 1
        [[ $i -lt 200 ]] || { say "stream $2: window $3 is late"; return 2; }
        sleep 0.05
    done
}

parts=()
for policy in "${policy_list[@]}"; do
    if [[ -e $store/$policy/results.json ]]; then
        say "policy $policy: done already in $store/$policy"
    else
        say "policy $policy: live at $pace x real time, windows of $wall s"
        run_policy "$policy"
    fi
    parts+=("$store/$policy/results.json")
done
jq -s --argjson window_seconds "$seconds" --argjson pace "$pace" --argjson bootstrap "$bootstrap" --argjson fraction "$fraction" \
    '{schema: "ekya.results/1", window_seconds: $window_seconds, pace: $pace, bootstrap: $bootstrap, fraction: $fraction, protocol: "live", policies: .}' \
    "${parts[@]}" | write_atomically "$store/results.json"
jq -r -f "$here/lib/table.jq" "$store/results.json" | column -t -s $'\t'
say "results: $store/results.json; records, models and logs of each policy: $store/<policy>/"
[[ ${#failed[@]} -eq 0 ]] || exit 3

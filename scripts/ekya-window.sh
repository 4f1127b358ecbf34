#!/usr/bin/env bash
# One retraining window, stage by stage: label, profile, schedule, train. Leaves everything in the store.
set -euo pipefail

# Defaults
streams=''                 # stream list
store=./ekya-data
window=''                  # the retraining window; its labels are of the window before
seconds=200                # length of a window
fraction=0.3               # of the window's objects that the golden model labels
teacher=annotations
policy=best
gpus=1
min_accuracy=0
quantum=0.1
device=auto                # where networks run: auto, cpu, cuda, cuda:N
threads=1                  # CPU threads of each job
exemplars=600
fresh_windows=1            # newest windows whose labels are new
only_drifted=false         # retrain nothing else
configs=''                 # ekya.configs/1 file
profile_budget=auto        # device-seconds per stream for the micro-profiler
seed=1
share_holder=auto          # what holds shares: auto, cgroup, threads
pace=1                     # seconds of video per second
deadline=''                # Unix time at which the window ends
control=''                 # control endpoint of the running inferences, with {stream}
only=()                    # ids of the streams to work on
ingest_options=()
label_options=()
profile_options=()
train_options=()
uniform_config=''

usage() {
    cat <<END
Usage: ekya-window.sh --streams LIST [--store DIR] [--window W | --next] [options]

Runs one retraining window: labels a sample of window W-1, profiles the retraining configurations, plans window W,
retrains as planned and swaps the results into running inference (--control) or makes them the serving models; one that
ekya-train does not promote is kept but does not serve (outcome refused).
Every job is held to its share of the device by ekya-run; DIR/jobs says what each was granted and used. Whenever a
retraining has ended, takes longer than planned, or inference falls behind, the rest of the window is planned anew: what
runs gets another share, is paused, or comes to its end with what it has. A retraining for which too little of the window
is left is skipped; one that does not get through all its epochs runs fewer. Inference is DIR/jobs/STREAM.infer, if it runs
under ekya-run; without a GPU the plan leaves out what ingestion (DIR/jobs/STREAM.ingest) has used of the device lately.

  --streams LIST        stream list (schema ekya.streams/1)
  --store DIR           directory of windows, models and plans [$store]
  --window W            the retraining window, 1 or more
  --next                the window after the last one in the store; window W-1 is ingested first (for cron)
  --seconds S           length of a window in seconds of video [$seconds]
  --fraction F          part of the objects that the golden model labels [$fraction]
  --teacher T           annotations, or the golden model's file (see ekya-label --help) [$teacher]
  --ingest-option O     further option for ekya-ingest with --next, repeatable, e.g. --ingest-option=--objects=motion
  --label-option O      further option for ekya-label, repeatable, e.g. --label-option=--class-map=person=pedestrian
  --profile-option O    further option for ekya-profile, repeatable, e.g. --profile-option=--min-samples=100
  --train-option O      further option for ekya-train, repeatable, e.g. --train-option=--promote=always
  --policy P            best, thief, uniform, none or any other that ekya-schedule --help names [$policy]
  --gpus G              devices to share out; without a GPU all cores are one device [$gpus]
  --min-accuracy A      a_MIN [$min_accuracy]
  --quantum D           share that the thief steals at a time [$quantum]
  --uniform-config FILE configuration of policy uniform (schema ekya.configs/1)
  --configs FILE        retraining configurations to profile (schema ekya.configs/1)
  --profile-budget S    device-seconds per stream for the micro-profiler, 0 = no limit; short of it, configurations are estimated
                        from what earlier windows showed, or dropped. auto: together a twentieth of the window's device time,
                        and nothing is dropped [$profile_budget]
  --exemplars N         crops of earlier windows mixed in [$exemplars]
  --fresh-windows N     newest windows whose labels are learned from in full, as far as that has not been done [$fresh_windows]
  --only-drifted        retrain only streams that have drifted (see ekya-profile --help): for windows between regular retrainings
  --device D            where networks run: auto, cpu, cuda or cuda:N [$device]
  --threads N           CPU threads of each job [$threads]
  --pace N              seconds of video per second [$pace]
  --deadline T          Unix time at which the window ends; trainings still running then are stopped
                        [now + seconds / pace]
  --control ENDPOINT    control endpoint of the running inferences; {stream} becomes the id
  --share-holder H      what holds jobs to their shares: cgroup (the kernel), threads (thread counts, and stopping a job that is
                        ahead), auto = what works here [$share_holder]
  --stream ID           work on this stream only, repeatable
  --seed N              of all random choices [$seed]
$(executor_usage)
  --help

Exit: 0 done; 1 the work failed; 2 wrong command line; 3 some streams failed, the others are done.
Crontab example (a window every 200 s is not on cron's grid; this one takes ten minutes):
  */10 * * * *  cd /srv/cameras && ekya-window.sh --streams streams.json --next --seconds 600 >>window.log 2>&1
END
}

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/lib/stage.sh
source "$here/lib/stage.sh"
# shellcheck source=scripts/lib/executor.sh
source "$here/lib/executor.sh"

next=false
while [[ $# -gt 0 ]]; do
    case $1 in
        --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
        --help|-h) usage; exit 0 ;;
        --next) next=true; shift; continue ;;
        --only-drifted) only_drifted=true; shift; continue ;;
    esac
    [[ $# -ge 2 ]] || usage_error "$1 needs a value"
    if executor_option "$1" "$2"; then shift 2; continue; fi
    case $1 in
        --streams) streams=$2 ;;
        --store) store=$2 ;;
        --window) window=$2 ;;
        --seconds) seconds=$2 ;;
        --fraction) fraction=$2 ;;
        --teacher) teacher=$2 ;;
        --ingest-option) ingest_options+=("$2") ;;
        --label-option) label_options+=("$2") ;;
        --profile-option) profile_options+=("$2") ;;
        --train-option) train_options+=("$2") ;;
        --policy) policy=$2 ;;
        --gpus) gpus=$2 ;;
        --min-accuracy) min_accuracy=$2 ;;
        --quantum) quantum=$2 ;;
        --uniform-config) uniform_config=$2 ;;
        --configs) configs=$2 ;;
        --profile-budget) profile_budget=$2 ;;
        --exemplars) exemplars=$2 ;;
        --fresh-windows) fresh_windows=$2 ;;
        --device) device=$2 ;;
        --threads) threads=$2 ;;
        --pace) pace=$2 ;;
        --deadline) deadline=$2 ;;
        --control) control=$2 ;;
        --share-holder) share_holder=$2 ;;
        --stream) only+=("$2") ;;
        --seed) seed=$2 ;;
        *) usage_error "unknown option $1" ;;
    esac
    shift 2
done
[[ -n $streams ]] || usage_error '--streams is needed'
[[ -r $streams ]] || usage_error "--streams: $streams cannot be read"
need_commands jq awk flock mkfifo pkill ps
find_tools "$here"
[[ $fresh_windows =~ ^[1-9][0-9]{0,5}$ ]] || usage_error '--fresh-windows: a number from 1 is needed'
[[ $profile_budget == auto || $profile_budget =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage_error '--profile-budget: auto or seconds are needed'
[[ $share_holder =~ ^(auto|cgroup|threads)$ ]] || usage_error "--share-holder: $share_holder is not auto, cgroup or threads"
plan_options=(--policy "$policy" --min-accuracy "$min_accuracy" --quantum "$quantum")
[[ -z $uniform_config ]] || plan_options+=(--uniform-config "$uniform_config")
check_policy "${plan_options[@]}" --gpus "$gpus"
need_programs
start_executor "$device" "$threads"

# Told to end, it takes along what it has started; each job under ekya-run is asked to end and then killed. Only srun is left
# out: it would have its job killed at once, and run_slurm has Slurm ask the job first.
descendants() {
    ps -e -o pid= -o ppid= -o comm= | awk -v root="$1" '
        $3 != "srun" { parent[$1] = $2 }
        function is_below(pid) { return pid == root || (pid in parent && is_below(parent[pid])) }
        END { for (pid in parent) if (pid != root && is_below(pid)) print pid }'
}
end_children() {
    trap - EXIT INT TERM
    # shellcheck disable=SC2046  # several words; some may be gone by now
    kill -TERM $(descendants $$) 2>/dev/null || true
    wait 2>/dev/null || true
    exit "$1"
}
trap 'end_children 130' INT
trap 'end_children 143' TERM

mkdir -p "$store"
# Two windows at once on one store would train the same models twice: the second run waits for nothing and says so.
exec 9>"$store/.window.lock"
flock --nonblock 9 || die "$store: another ekya-window.sh is at work here"

mapfile -t all < <(jq -r '.streams[].id' "$streams") || die "$streams: not a stream list"
[[ ${#only[@]} -gt 0 ]] || only=("${all[@]}")
[[ ${#only[@]} -gt 0 && -n ${only[0]} ]] || die "$streams: names no stream"

if $next; then
    last=$(for id in "${only[@]}"; do
        find "$store/streams/$id/windows" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' 2>/dev/null || true
    done | sort | tail -n 1)
    window=1
    [[ -z $last ]] || window=$((10#$last + 2))
    "$bin/ekya-ingest" --streams "$streams" "${only[@]/#/--stream=}" --store "$store" --window "$seconds" \
        --from-window $((window - 1)) --windows 1 "${ingest_options[@]}" -o /dev/null --overwrite 9>&- &
    wait $! || say "ingestion of window $((window - 1)): some streams failed"
fi
[[ $window =~ ^[1-9][0-9]*$ ]] || usage_error '--window: a number from 1 is needed'
[[ -n $deadline ]] || deadline=$(calc "$(now) + $seconds / $pace")
start=$(now)
number=$(number5 "$window")
logs="$store/logs/$number"
jobs="$store/jobs/$number"
mkdir -p "$logs" "$store/plans"
declare -A failed=()
# why LOG... ID: what the logs say of a stream.
why() { grep -h "error: stream ${*: -1}:" "${@:1:$#-1}" | tail -n 1 | sed 's/^[^:]*: error: stream [^:]*: //' || true; }
fail_stream() { failed[$1]=1; say "stream $1: $2"; }

# Streams whose window is there and that have a model; the others cannot be planned.
ready=()
for id in "${only[@]}"; do
    if [[ ! -e $store/streams/$id/windows/$(number5 $((window - 1)))/manifest.json ]]; then
        fail_stream "$id" "window $((window - 1)) is not in the store"
    elif [[ ! -e $store/streams/$id/serving.json ]]; then
        fail_stream "$id" "has no serving model; train one with ekya-train --base N --serve"
    else
        ready+=("$id")
    fi
done

# On the CPU a job cannot use more than its threads; on a GPU it can use all of it.
max_job_share=1
if $jobs_on_cpu; then
    max_job_share=$(calc "$threads < $box_cores ? $threads / $box_cores : 1")
fi
# Without a GPU decoding takes its part of the device before anything else.
reserve=0
if $on_cpu; then
    # The median, as starting the program costs more than a minute of decoding; before it is known, a guess.
    reserve=$(for id in "${only[@]}"; do tail -n 10 "$store/jobs/$id.ingest/use.jsonl" 2>/dev/null || true; done \
        | whole_records | jq -s --argjson streams "${#only[@]}" --argjson cores "$(nproc)" 'if length == 0 then 0 elif length < 3 * $streams then 0.04 / $cores * $streams
            else (map(.used / .seconds) | sort | .[length / 2 | floor]) * $streams end')
fi

# share_out: labelling and profiling get what inference has had no use for lately, but at least a quarter of the device; then
# inference gives way for that long. Sets $preparation.
share_out() {
    local id need sum=0 rest
    local -A needs=()
    for id in "${only[@]}"; do
        [[ -e $store/jobs/$id.infer/job.json && $(jq -r .state "$store/jobs/$id.infer/job.json") != ended ]] || continue
        need=$(tail -n 10 "$store/jobs/$id.infer/use.jsonl" | whole_records | jq -s --argjson cores "$(nproc)" '(map(.seconds) | add // 0) as $seconds
            | 0.04 / $cores + if $seconds > 0 then 1.3 * (map(.used) | add) / $seconds else 0 end')
        needs[$id]=$need
        sum=$(calc "$sum + $need")
    done
    preparation=$(calc "$gpus - $reserve - $sum > 0.25 * $gpus ? $gpus - $reserve - $sum : 0.25 * $gpus")
    rest=$(calc "$gpus - $reserve - $preparation > 0.05 * $gpus ? $gpus - $reserve - $preparation : 0.05 * $gpus")
    for id in "${!needs[@]}"; do order "$store/jobs/$id.infer" "$(calc "$rest * ${needs[$id]} / $sum")"; done
}
# preparing N: the share of each of so many jobs; those on other boxes take nothing from inference.
preparing() { if [[ $run == run_local ]]; then calc "$preparation / $1"; else printf '%s\n' "$max_job_share"; fi; }
[[ $run != run_local ]] || share_out

# Starting a program that uses libtorch costs as much as labelling hundreds of objects, so streams share processes.
if [[ ${#ready[@]} -gt 0 ]]; then
    # In the background, as everything long: a signal is heard at once.
    $run --share "$(preparing 1)" --job "$jobs/label" --deadline "$deadline" "$logs/label.log" -- "$bin/ekya-label" --streams "$streams" "${ready[@]/#/--stream=}" --store "$store" \
        --window $((window - 1)) --fraction "$fraction" --teacher "$teacher" --seed "$seed" --device "$device" \
        --threads "$threads" "${label_options[@]}" -o /dev/null --overwrite </dev/null 9>&- &
    wait $! || true
fi
labelled=()
for id in "${ready[@]}"; do
    if [[ -e $store/streams/$id/windows/$(number5 $((window - 1)))/labels.json ]]; then
        labelled+=("$id")
    else
        fail_stream "$id" "labelling failed: $(why "$logs/label.log" "$id")"
    fi
    rm -f "$store/streams/$id/profiles/$number.json"
done

# profile GROUP: every stream of that group, of which there are as many as jobs at once.
[[ -z $configs ]] || profile_options+=(--configs "$configs")
[[ $policy != none ]] || profile_options+=(--inference-only)
! $only_drifted || profile_options+=(--only-drifted)
groups=$((${#labelled[@]} < jobs_at_once ? ${#labelled[@]} : jobs_at_once))
if [[ $profile_budget == auto && $groups -gt 0 ]]; then
    profile_budget=$(calc "0.045 * $gpus * $seconds / $pace")   # a trial that was begun takes a little longer
    # Few jobs of few threads each must get through it in a third of the time.
    most=$(calc "0.3 * $max_job_share * $groups * ($deadline - $(now))")
    holds "$profile_budget < $most" || profile_budget=$most
    profile_budget=$(calc "$profile_budget > 0.001 ? $profile_budget / ${#labelled[@]} : 0.001")   # 0 would be no limit
    profile_options+=(--no-drop)
fi
[[ $groups -eq 0 ]] || profile_options+=(--budget "$profile_budget")
profile() {
    local group=$1 i mine=()
    for ((i = group; i < ${#labelled[@]}; i += groups)); do mine+=("--stream=${labelled[$i]}"); done
    # A profile that takes most of the window leaves nothing to train in; what it has estimated by then counts.
    $run --share "$(preparing "$groups")" --job "$jobs/profile.$group" --deadline "$(calc "$(now) + 0.6 * ($deadline - $(now))")" \
        "$logs/profile.$group.log" -- "$bin/ekya-profile" --streams "$streams" "${mine[@]}" --store "$store" \
        --window "$window" --seed "$seed" --device "$device" --threads "$threads" --exemplars "$exemplars" --fresh-windows "$fresh_windows" --pace "$pace" \
        "${profile_options[@]}" -o /dev/null --overwrite
}
for ((group = 0; group < groups; ++group)); do profile "$group" 9>&- & done
wait
planned=()
for id in "${labelled[@]}"; do
    if [[ -e $store/streams/$id/profiles/$number.json ]]; then
        planned+=("$id")
    else
        fail_stream "$id" "profiling failed: $(why "$logs"/profile.*.log "$id")"
    fi
done

plan="$store/plans/$number.json"
declare -A training=()   # stream -> process of its retraining

# leave_record ID MODEL START END OUTCOME: what became of a planned retraining; times in seconds of the window.
leave_record() {
    jq -n --arg model "$2" --argjson start "$3" --argjson finished "$4" --arg outcome "$5" \
        '{model: $model, start: $start, end: (if $outcome == "swapped" or $outcome == "refused" then $finished else null end), swapped: ($outcome == "swapped"), outcome: $outcome}' \
        | write_atomically "$store/streams/$1/trainings/$number.json"
}

# serve_cached: an earlier model that the plan names serves from the start.
serve_cached() {
    local id model swap=()
    [[ -z $control ]] || swap=(--swap "$control")
    while IFS=$'\t' read -r id model; do
        run_local "$logs/$id.models.log" -- "$bin/ekya-models" --store "$store" --stream "$id" --serve "$model" "${swap[@]}" -o /dev/null --overwrite \
            || say "stream $id: the earlier model $model could not be taken; the deployed one goes on serving; see $logs/$id.models.log"
    done < <(jq -r '.streams[] | select(.cached != null) | [.stream, .cached] | @tsv' "$plan")
}

# why_refused ID: why the model that a training has just left shall not serve; nothing if it may.
why_refused() {
    [[ " ${train_options[*]}" != *" --promote"[=\ ]always* ]] || return 0
    jq -r 'select(.schema == "ekya.model/1") | .promotion | select(.promoted == false) | .reason' "$logs/$1.train.jsonl"
}

# hand_over ID MODEL: makes it serve, in running inference too; it begins from this box, which sockets do not leave.
hand_over() {
    local swap=()
    [[ -z $control ]] || swap=(--swap "$control")
    run_local --deadline "$deadline" "$logs/$1.models.log" -- "$bin/ekya-models" --store "$store" --stream "$1" --serve "$2" "${swap[@]}" \
        -o /dev/null --overwrite
}

# tell_end ID SWAPPED: lets ekya-follow know that a retraining runs no longer.
tell_end() { jq -nc --arg id "$1" --argjson swapped "$2" '{schema: "ekya.retraining-event/1", event: "end", stream: $id, swapped: $swapped}' >&7; }

# train ID SHARE: trains as planned, with the share to begin with, hands the model over and leaves the record of when and how
# it ended. Its share is free as soon as it has trained: inference can use some of it to load the new model.
train() {
    local id=$1 share begin end code=0 model outcome pid reason=''
    share=$(calc "$2 < 1 ? $2 : 1")   # one job has no use for more
    begin=$(calc "$(now) - $start")
    rm -f "$logs/$id.train.jsonl"
    $run --share "$share" --job "$jobs/$id.train" --deadline "$deadline" "$logs/$id.train.log" -- \
        "$bin/ekya-train" --streams "$streams" --stream "$id" --store "$store" --plan "$plan" --enforced --finish-by "$(calc "$deadline - 0.5")" \
        --exemplars "$exemplars" --fresh-windows "$fresh_windows" --device "$device" --threads "$threads" --seed "$seed" "${train_options[@]}" -o "$logs/$id.train.jsonl" --overwrite 6<&- 7>&- &
    pid=$!
    wait "$pid" || code=$?
    model=$(jq -r 'select(.schema == "ekya.model/1") | .id' "$logs/$id.train.jsonl" 2>/dev/null || true)
    outcome=failed
    if [[ $code -eq 0 && -n $model ]]; then
        reason=$(why_refused "$id")
        tell_end "$id" "$([[ -z $reason ]] && echo true || echo false)"
        outcome=refused
        if [[ -z $reason ]]; then
            hand_over "$id" "$model" || code=$?
            # What serves decides: a hand-over that was stopped at the last moment may have succeeded.
            outcome=swapped
            [[ $(jq -r .model "$store/streams/$id/serving.json") == "$model" ]] || outcome=finished
        fi
    else
        tell_end "$id" false
        # 138: told to come to its end before it had begun.
        [[ $code -ne 124 && $code -ne 138 && $code -ne 143 ]] || outcome=stopped
    fi
    end=$(calc "$(now) - $start")
    case $outcome in
        refused) say "stream $id: the retrained model is not promoted, the old one goes on serving: $reason" ;;
        finished) say "stream $id: the retrained model came too late to serve in this window, or inference did not take it; see $logs/$id.models.log" ;;
        stopped) say "stream $id: the retraining did not end in time and was stopped" ;;
        failed) say "stream $id: the retraining failed (exit $code); the old model goes on serving; see $logs/$id.train.log" ;;
    esac
    leave_record "$id" "$model" "$begin" "$end" "$outcome"
    [[ $outcome != failed ]]
}

# follow_plan: lets ekya-follow say when which retraining starts, and tells it when one has ended.
follow_plan() {
    local pipe follower event id share code=0 announce=()
    [[ -z $control ]] || announce=(--announce "$control")
    pipe=$(mktemp -d "${TMPDIR:-/tmp}/ekya.XXXXXX")
    mkfifo "$pipe/ends"
    exec 7<>"$pipe/ends"   # open both ways: who tells of an end waits for no reader
    rm -r "$pipe"
    exec 6< <(
        exec 9>&-
        run_local "$logs/follow.log" -- "$bin/ekya-follow" --plan "$plan" --deadline "$deadline" --jobs "$store/jobs" --replan "$planner" "${announce[@]}" <&7 \
            | jq --unbuffered -r '[.event, .stream, .share // 0] | @tsv'
    )
    follower=$!
    while IFS=$'\t' read -r event id share <&6; do
        case $event in
            start)
                train "$id" "$share" 9>&- &
                training[$id]=$! ;;
            skip)
                training[$id]=skipped
                say "stream $id: its retraining is skipped: too little of the window is left for it, or the rest was planned without it"
                leave_record "$id" '' "$(calc "$(now) - $start")" null skipped ;;
        esac
    done
    code=0
    wait "$follower" || code=$?
    [[ $code -eq 0 ]] || say "window $window: following the plan ended with exit code $code; see $logs/follow.log"
    for id in $(jq -r '.streams[] | select(.retraining != null and .retraining.share > 0) | .stream' "$plan"); do
        case ${training[$id]:-} in
            '') fail_stream "$id" 'its retraining was not started' ;;
            skipped) ;;
            *) wait "${training[$id]}" || fail_stream "$id" 'retraining failed' ;;
        esac
    done
}

if [[ ${#planned[@]} -gt 0 ]]; then
    estimates=()
    for id in "${planned[@]}"; do estimates+=("$store/streams/$id/profiles/$number.json"); done
    plan_options+=(--gpus "$(calc "$gpus - $reserve > 0.1 * $gpus ? $gpus - $reserve : 0.1 * $gpus")")
    horizon=$(calc "$deadline - $(now)")
    holds "$horizon > 0.2" || die "window $window: no time left after labelling and profiling; see $logs, give longer windows or --profile-budget"
    # Taking frames in and loading models need a little more than what was measured for analysing.
    ! $on_cpu || plan_options+=(--inference-overhead "$(calc "0.04 / $(nproc)")")
    rm -f "$plan"
    # It goes on planning until the window is over; its socket has no file that could be left behind.
    planner="ipc://@ekya-window-$$"
    cat "${estimates[@]}" | run_local "$logs/schedule.log" -- "$bin/ekya-schedule" --store "$store" "${plan_options[@]}" --serve "$planner" \
        --window-seconds "$horizon" --max-job-share "$max_job_share" --record -o "$logs/plans.jsonl" --overwrite 9>&- &
    scheduler=$!
    until [[ -e $plan ]]; do
        kill -0 "$scheduler" 2>/dev/null || [[ -e $plan ]] || die "window $window: planning failed; see $logs/schedule.log"
        sleep 0.02
    done
    serve_cached
    # In a process of its own: a shell that reads hears of no signal, one that waits does. It leaves the streams that failed.
    { follow_plan; printf '%s\n' "${!failed[@]}"; } >"$logs/failed" 9>&- &
    wait $! || say "window $window: following the plan failed"
    while read -r id; do [[ -z $id ]] || failed[$id]=1; done <"$logs/failed"
    pkill -TERM -P "$scheduler" ekya-schedule || true
    wait "$scheduler" || true
fi

if [[ ${#failed[@]} -ge ${#only[@]} ]]; then exit 1; fi
[[ ${#failed[@]} -eq 0 ]] || exit 3

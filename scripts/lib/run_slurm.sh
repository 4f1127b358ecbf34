# shellcheck shell=bash
# Executor for boxes under Slurm; the contract is run_local.sh's, which is sourced before:
#   run_slurm [--share F] [--job DIR] [--deadline T] LOG -- COMMAND...
# Each job is submitted by itself, and no allocation is held: Slurm places it where there is room when it comes, other work
# gets the boxes in between, and a box that dies takes only its own jobs along. Slurm grants whole CPUs (or --gres=mps:N);
# ekya-run, started on the box, holds the fine share and obeys DIR/order.json there. The directories of LOG, DIR and the store
# are shared by all boxes, and the programs lie at the same place on them.
# Records come through when the job has ended. A job whose box is lost runs again on another one, unless it reads from a pipe
# or a file: what it has read is gone.

slurm_options=()      # further options for srun
slurm_tries=3         # times a job is started if its boxes are lost
slurm_job_cpus=1      # CPUs of a job that has no share
slurm_patience=10     # seconds that a cancelled job may take to end

# shellcheck disable=SC2034  # some are for the scripts
# slurm_start PARTITION DEVICE: what the boxes are. Sets slurm_box_cpus (of the smallest), slurm_cpus (of all), slurm_on_cpu
# (networks run on CPUs) and slurm_mps (shares of GPUs can be asked for); fails with a message if there is no Slurm.
slurm_start() {
    local boxes command
    for command in srun scancel squeue sinfo; do
        command -v "$command" >/dev/null || { printf 'Slurm: %s is not installed (Debian: slurm-client)\n' "$command" >&2; return 1; }
    done
    [[ -z $1 ]] || slurm_options=("--partition=$1" "${slurm_options[@]}")
    # What does not come back by itself is not counted.
    boxes=$(sinfo --noheader --Node --exact --responding ${1:+"--partition=$1"} --format '%c %G' 2>&1) \
        || { printf 'Slurm: %s\n' "$boxes" >&2; return 1; }
    [[ -n $boxes ]] || { printf 'Slurm: no box responds%s\n' "${1:+ in partition $1}" >&2; return 1; }
    slurm_box_cpus=$(sort -n <<<"$boxes" | awk 'NR == 1 { print $1 + 0 }')
    slurm_cpus=$(awk '{ sum += $1 } END { print sum }' <<<"$boxes")
    slurm_on_cpu=true slurm_mps=false
    if [[ $2 != cpu && $boxes == *gpu:* ]]; then slurm_on_cpu=false; fi
    if [[ $2 != cpu && $boxes == *mps:* ]]; then slurm_mps=true; fi
}

# slurm_grant SHARE: the options that ask for it. A CPU is not divided by Slurm, so it is rounded up; 0 is no limit.
slurm_grant() {
    awk -v share="$1" -v cpus="${slurm_box_cpus:-1}" -v without="$slurm_job_cpus" -v mps="${slurm_mps:-false}" '
        function ceil(x) { return int(x + 1 - 1e-9) }
        BEGIN {
            part = share > 0 && share < 1 ? share : 1
            if (mps == "true") printf "--gres=mps:%d\n", ceil(100 * part)
            n = share > 0 && mps != "true" ? ceil(part * cpus) : without
            printf "--cpus-per-task=%d\n", n < cpus ? n : cpus
        }'
}

# What runs on the box: COMMAND under ekya-run, whose code goes where the submitter looks for it: that of srun is also 0 when
# the box is lost. Slurm tells all processes of a job to end; this one waits for the others.
# shellcheck disable=SC2016
slurm_on_box='trap : TERM INT
code_file=$1 holder=$2
printf "# box %s, job %s\n" "$SLURMD_NODENAME" "$SLURM_JOB_ID" >&2
code=0
"$holder" --cores "$(nproc --all)" "${@:3}" || code=$?
printf "%d\n" "$code" >"$code_file.part" && mv -f "$code_file.part" "$code_file"
exit "$code"'

# slurm_cancel NAME: asks the job to end (SIGTERM; after Slurm's KillWait it is killed), or takes it from the queue.
slurm_cancel() { scancel --quiet --name="$1" --user="$(id -un)" >/dev/null 2>&1 || true; }

# slurm_watch CALLER JOB DEADLINE: tells JOB, by signals, that its caller is gone (TERM) or the deadline has passed (USR1);
# again and again, since one that comes just before JOB begins to wait does not wake it. Ends with JOB or by SIGKILL.
slurm_watch() {
    trap '' TERM INT HUP
    while sleep 0.5 && kill -0 "$2" 2>/dev/null; do
        kill -0 "$1" 2>/dev/null || kill -TERM "$2"
        # Half a second for the box to do so itself.
        [[ -z $3 ]] || ! awk -v now="$EPOCHREALTIME" -v at="$3" 'BEGIN { exit !(now > at + 0.5) }' || kill -USR1 "$2"
    done
}

# slurm_attempt CALLER NAME DEADLINE LOG SRUN...: one srun, until it ends or is cancelled; returns its code. Sets cancelled to
# 143 (told to end, or the caller is gone) or 124 (the deadline has passed). The traps are those of slurm_job's subshell.
slurm_attempt() {
    local caller=$1 name=$2 deadline=$3 log=$4 me=$BASHPID watch srun code=0 until
    shift 4
    trap 'cancelled=${cancelled:-143}' TERM INT HUP
    trap 'cancelled=${cancelled:-124}' USR1
    # In a session of its own: told to end by a signal, srun would kill the job at once.
    setsid "$@" <&0 2>>"$log" &
    srun=$!
    slurm_watch "$caller" "$me" "$deadline" </dev/null >/dev/null 2>&1 &
    watch=$!
    disown "$watch"   # its end is nothing to report
    wait "$srun" || code=$?
    kill -KILL "$watch" 2>/dev/null || true
    until=$((SECONDS + slurm_patience))
    while [[ -n $cancelled ]] && kill -0 "$srun" 2>/dev/null; do
        slurm_cancel "$name"   # once is not enough for one that is only being submitted
        [[ $SECONDS -lt $until ]] || kill -KILL "$srun" 2>/dev/null   # its box does not answer
        sleep 0.2
    done
    return "$code"
}

# slurm_job CALLER SHARE JOB DEADLINE LOG COMMAND...: runs it on some box; again if that is lost.
slurm_job() {
    local caller=$1 share=$2 job=$3 deadline=$4 log=$5 aside name code state box try options=() holder=() lost=() name_base cancelled=''
    shift 5
    aside="$(dirname "$log")/.$(basename "$log").$BASHPID"
    name_base="ekya-$(basename "$log" .log)-$(hostname -s)-$BASHPID"
    [[ ! -t 0 ]] || exec </dev/null   # in another session it could not be read
    # An allocation that this script runs in is not for its jobs.
    if [[ -n ${SLURM_JOB_ID:-} ]]; then
        local variable
        for variable in "${!SLURM_@}"; do [[ $variable == SLURM_CONF ]] || unset "$variable"; done
    fi
    mapfile -t options < <(slurm_grant "$share")
    [[ -z $deadline ]] || options+=("--time=$(awk -v now="$EPOCHREALTIME" -v at="$deadline" 'BEGIN { s = at - now; printf "%d", 2 + (s > 0 ? s / 60 : 0) }')")
    for ((try = 1; ; ++try)); do
        name="$name_base-$try"
        code=0
        # It may have been told another share than it began with.
        [[ $try -eq 1 || -z $job ]] || share=$(jq -e .share "$job/job.json" 2>/dev/null || printf '%s\n' "$share")
        holder=("${bin:?}/ekya-run" --executor "${share_holder:?}" "${ekya_run_options[@]}" --share "$share"
            ${job:+--job "$job"} ${deadline:+--deadline "$deadline"})
        slurm_attempt "$caller" "$name" "$deadline" "$log" srun --job-name="$name" --nodes=1 --ntasks=1 --export=ALL --mpi=none \
            "${options[@]}" "${lost[@]/#/--exclude=}" "${slurm_options[@]}" \
            bash -c "$slurm_on_box" ekya-job "$aside.$try.code" "${holder[@]}" -- "$@" >"$aside.out" || code=$?
        if [[ -e $aside.$try.code && $cancelled != 124 ]]; then code=$(<"$aside.$try.code"); break; fi
        if [[ -n $cancelled ]]; then code=$cancelled; break; fi
        read -r state box < <(squeue --noheader --states=all --name="$name" --format '%T %N' 2>>"$log") || true
        case ${state:-} in
            NODE_FAIL|BOOT_FAIL|PREEMPTED|FAILED|COMPLETING|RUNNING) ;;
            '') code=1; break ;;   # not accepted; srun has said why
            COMPLETED) break ;;    # the file is not to be seen from here (yet), but srun knows the code as well
            *) printf 'run_slurm: error: the job was ended by Slurm: %s\n' "$state" >>"$log"; code=137; break ;;
        esac
        code=137
        if [[ ! /dev/fd/0 -ef /dev/null ]]; then
            printf 'run_slurm: error: box %s is lost (%s), and what the job has read cannot be read again\n' "$box" "$state" >>"$log"
            break
        fi
        [[ $try -lt $slurm_tries ]] || { printf 'run_slurm: error: box %s is lost (%s), after %d tries\n' "$box" "$state" "$try" >>"$log"; break; }
        printf 'run_slurm: warning: box %s is lost (%s); the job runs again elsewhere\n' "$box" "$state" >>"$log"
        lost=("${lost[0]:+${lost[0]},}$box")
    done
    cat "$aside.out"
    rm -f "$aside".*
    return "$code"
}

run_slurm() {
    local log start code=0 share=0 job='' deadline='' caller=$BASHPID
    while [[ $# -gt 0 ]]; do
        case $1 in
            --share) share=$2; shift 2 ;;
            --job) job=$2; shift 2 ;;
            --deadline) deadline=$2; shift 2 ;;
            --*) printf 'run_slurm: error: unknown flag %s\n' "$1" >&2; return 2 ;;
            *) break ;;
        esac
    done
    log=$1
    [[ ${2:-} == -- ]] || { printf 'run_slurm: error: usage: run_slurm [--share F] [--job DIR] [--deadline T] LOG -- COMMAND...\n' >&2; return 2; }
    shift 2
    mkdir -p "$(dirname "$log")"
    start=$EPOCHREALTIME
    printf '# %s\n' "${*@Q}" >>"$log"
    (slurm_job "$caller" "$share" "$job" "$deadline" "$log" "$@") || code=$?
    printf '# exit %d after %s s\n' "$code" "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }')" >>"$log"
    return "$code"
}

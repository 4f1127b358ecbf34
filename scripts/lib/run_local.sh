# shellcheck shell=bash
# Executor for this machine. Contract of all executors:
#   run_X [--share F] [--job DIR] [--deadline T] LOG -- COMMAND...
# The log opens with the command and closes with its exit code and seconds; the exit code comes back (128 + n by signal n,
# 124 stopped at the deadline, a Unix time); messages of the command go to the log, its records to stdout; stdin reaches it.
# With any of the three flags the job is held to its share of the device by ekya-run, which obeys DIR/order.json and keeps
# DIR/job.json and DIR/use.jsonl up to date (see ekya-run --help). A share of 0 is no limit. Unknown flags fail.

# Which of ekya-run's ways of holding a share, and further options for it.
share_holder=auto
ekya_run_options=()

# order DIR SHARE [STATE]: tells the job of that directory its share, and whether to run, pause or stop.
order() {
    [[ -d $1 ]] || return 0
    printf '{"schema":"ekya.job-order/1","share":%s,"state":"%s"}\n' "$2" "${3:-run}" >"$1/.order.$BASHPID" && mv -f "$1/.order.$BASHPID" "$1/order.json"
}

run_local() {
    local holder=() log start code=0
    while [[ $# -gt 0 ]]; do
        case $1 in
            --share|--job|--deadline) holder+=("$1" "$2"); shift 2 ;;
            --*) printf 'run_local: error: unknown flag %s\n' "$1" >&2; return 2 ;;
            *) break ;;
        esac
    done
    log=$1
    [[ ${2:-} == -- ]] || { printf 'run_local: error: usage: run_local [--share F] [--job DIR] [--deadline T] LOG -- COMMAND...\n' >&2; return 2; }
    shift 2
    mkdir -p "$(dirname "$log")"
    start=$EPOCHREALTIME
    printf '# %s\n' "${*@Q}" >>"$log"
    if [[ ${#holder[@]} -gt 0 ]]; then
        "${bin:?}/ekya-run" --executor "$share_holder" "${ekya_run_options[@]}" "${holder[@]}" -- "$@" 2>>"$log" || code=$?
    else
        "$@" 2>>"$log" || code=$?
    fi
    printf '# exit %d after %s s\n' "$code" "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }')" >>"$log"
    return "$code"
}

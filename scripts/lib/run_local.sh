# shellcheck shell=bash
# Executor for this machine. Contract of all executors: run_X [--gpu-share F] LOG -- COMMAND...
# The log opens with the command and closes with its exit code and seconds; the exit code comes back; messages of the
# command go to the log, its records to stdout. Unknown flags fail.

run_local() {
    local share='' log start code=0
    while [[ $# -gt 0 ]]; do
        case $1 in
            --gpu-share) share=$2; shift 2 ;;
            --*) printf 'run_local: error: unknown flag %s\n' "$1" >&2; return 2 ;;
            *) break ;;
        esac
    done
    log=$1
    [[ ${2:-} == -- ]] || { printf 'run_local: error: usage: run_local [--gpu-share F] LOG -- COMMAND...\n' >&2; return 2; }
    shift 2
    mkdir -p "$(dirname "$log")"
    start=$EPOCHREALTIME
    printf '# %s\n' "${*@Q}" >>"$log"
    if [[ -n $share ]]; then
        # Without a GPU a share of 1 is all cores; the programs hold the finer part of the share themselves.
        local threads
        threads=$(awk -v share="$share" -v cores="$(nproc)" 'BEGIN { n = int(share * cores + 1e-9); print n < 1 ? 1 : n }')
        OMP_NUM_THREADS=$threads "$@" 2>>"$log" || code=$?
    else
        "$@" 2>>"$log" || code=$?
    fi
    printf '# exit %d after %s s\n' "$code" "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }')" >>"$log"
    return "$code"
}

#!/usr/bin/env bash
# One retraining window: with --next ekya-ingest records the newest one first; then ekya-window.
set -euo pipefail

usage() {
    cat <<END
Usage: ekya-window.sh --streams LIST [--store DIR] [--window W | --next] [options]

Runs one retraining window with ekya-window: labels a sample of window W-1, profiles the retraining
configurations, plans window W, retrains as planned, and hands the models over to running inference
(--control) or makes them the serving ones. With --next, window W-1 is the newest one: ekya-ingest
records it first, behind the last window in the store.

  --ingest-option O   with --next: further option for ekya-ingest, repeatable,
                      e.g. --ingest-option=--objects=motion

All other options are ekya-window's (ekya-window --help). Each stage alone, from what the stage
before it recorded: ekya-label | ekya-profile | ekya-schedule >plan.json, then
ekya-window --plan plan.json.

Exit: 0 done; 1 the work failed; 2 wrong command line; 3 some streams failed, the others are done.
Crontab example (a window of ten minutes):
  */10 * * * *  cd /srv/cameras && ekya-window.sh --streams streams.json --next --seconds 600 >>window.log 2>&1
END
}

here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/lib/tools.sh
source "$here/lib/tools.sh"

# Defaults
next=false
seconds=200   # as ekya-window's
ingest=()
window=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --help|-h) usage; exit 0 ;;
        --next) next=true; window+=("$1"); shift ;;
        --ingest-option=*) ingest+=("${1#*=}"); shift ;;
        --ingest-option) ingest+=("${2-}"); shift; [[ $# -eq 0 ]] || shift ;;
        --streams=*|--stream=*|--store=*) ingest+=("$1"); window+=("$1"); shift ;;
        --seconds=*) seconds=${1#*=}; window+=("$1"); shift ;;
        --streams|--stream|--store|--seconds)
            [[ $# -ge 2 ]] || set -- "$1" ''
            window+=("$1=$2")
            if [[ $1 == --seconds ]]; then seconds=$2; else ingest+=("$1=$2"); fi
            shift 2 ;;
        *) window+=("$1"); shift ;;
    esac
done
find_tools "$here"
if $next; then
    "$bin/ekya-window" --check "${window[@]}"   # before anything is recorded
    "$bin/ekya-ingest" --next --windows 1 --window "$seconds" "${ingest[@]}" -o /dev/null --overwrite \
        || [[ $? -eq 3 ]]   # some cameras failed; the others go on
fi
exec "$bin/ekya-window" "${window[@]}" >/dev/null

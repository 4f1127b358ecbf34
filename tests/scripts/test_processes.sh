#!/usr/bin/env bash
# Signals to every program, restarts without end, writers of one stream at the same time: exit codes say which signal it was, nothing
# goes on running, no part of a file, control group, socket or lock is left, and what is stored is whole.
#   EKYA_LONG=1  500 restarts instead of 20; RESTARTS=N another number
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
restarts=${RESTARTS:-$([[ -n ${EKYA_LONG:-} ]] && echo 500 || echo 20)}
mkdir "$work/tmp"
export TMPDIR=$work/tmp   # sockets are here
store=$work/store
cp -a "$video/store" "$store"
cp -a "$video/store" "$work/whole"
of_crossing=(--streams "$video/streams.json" --stream crossing --store "$store")
cpu=(--device cpu --threads 1)
printf '{"schema":"ekya.configs/1","configs":[{"epochs":10000,"data_fraction":1,"layers":"all","batch_size":32,"head_width":0,"learning_rate":0.02}]}\n' >"$work/configs.json"
# A job with a child in a session of its own; the command lines of both begin with $1.
cat >"$work/family" <<'END'
setsid bash -c 'exec -a "$0" sleep 1000' "$1" &
exec -a "$1" sleep 1000
END
mkfifo "$work/pipe"
exec 9<>"$work/pipe"   # input that does not come

# soon COMMAND...: it succeeds within ten seconds.
soon() {
    local i
    for ((i = 0; i < 500; ++i)); do
        ! "$@" || return 0
        sleep 0.02
    done
    return 1
}
none_left() { ! pgrep -f -- "$work/" >"$work/seen"; }
runs() { pgrep -f -- "$1" >"$work/seen"; }
# Control groups of holders that are gone.
dead_groups() {
    local group
    while read -r group; do [[ -d /proc/${group##*-} ]] || printf '%s\n' "$group"; done \
        < <(find /sys/fs/cgroup -type d -name 'ekya-*' 2>/dev/null)
}
parts() { find "$work" \( -name '*.part*' -o -name '.*.old[0-9]*' \) ! -path "$work/tmp/*"; }
# nothing_left NAME: no process; sockets of programs that were asked to end are gone too.
nothing_left() {
    soon none_left || { fails "$1: still running:"; pgrep -af -- "$work/" >&2 || true; pkill -KILL -f -- "$work/" || true; }
}
# valid_store NAME: models, labels and windows of crossing are whole.
valid_store() {
    local before=$failures file
    valid_models "$store"
    for file in "$store"/streams/crossing/windows/*/*.json "$store"/streams/crossing/*.json; do
        jq -e .schema "$file" >"$work/seen" 2>&1 || fails "$1: $file: is not whole"
    done
    [[ -e $store/streams/crossing/models/$(jq -r .model "$store/streams/crossing/serving.json")/card.json ]] \
        || fails "$1: what serves is not stored"
    [[ $failures -eq $before ]] || say "$1 has left a store that is not valid"
}

# --- signals x programs ----------------------------------------------------------------------------
# start PROGRAM: in the background as $pid, with input that does not come or work that takes long.
start() {
    local o=(-o "$work/$1.out" --overwrite) program=("$EKYA_BIN/ekya-$1")
    case $1 in
        ingest) exec "${program[@]}" "${of_crossing[@]}" --window 6 --pace 0.05 --replace --drop-labels "${o[@]}" ;;
        infer) exec "${program[@]}" "${of_crossing[@]}" "${cpu[@]}" --frames "ipc://$TMPDIR/frames" --control "ipc://$TMPDIR/control" \
            --answers "$work/answers.jsonl" "${o[@]}" ;;
        train) exec "${program[@]}" "${of_crossing[@]}" "${cpu[@]}" --window 3 --epochs 10000 --replace "${o[@]}" ;;
        profile) exec "${program[@]}" "${of_crossing[@]}" "${cpu[@]}" --window 3 --trial-epochs 10000 --patience 10000 --configs "$work/configs.json" "${o[@]}" ;;
        label) exec "${program[@]}" "${of_crossing[@]}" "${cpu[@]}" -i - "${o[@]}" <"$work/pipe" ;;
        schedule) exec "${program[@]}" -i - "${o[@]}" <"$work/pipe" ;;
        simulate) exec "${program[@]}" --estimates - "${o[@]}" <"$work/pipe" ;;
        run) exec "${program[@]}" --job "$work/job" -- bash "$work/family" "$work/marked" ;;
    esac >"$work/$1.stdout" 2>"$work/$1.messages" &
    pid=$!
}
# catches_signals PID: one of our programs, that catches SIGTERM, the fifteenth.
catches_signals() {
    local mask name
    read -r name 2>/dev/null <"/proc/$1/comm" && [[ $name == ekya-* ]] || return 1
    mask=$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status" 2>/dev/null) && ((0x${mask:-0} >> 14 & 1))
}
# has_begun PROGRAM: it has got to where it is hit.
has_begun() {
    case $1 in
        infer) compgen -G "$work/.infer.out.part$pid" >"$work/seen" && [[ -S $TMPDIR/control ]] ;;
        run) [[ -e $work/job/job.json ]] && jq -e '.pid > 0' "$work/job/job.json" >"$work/seen" 2>&1 ;;
        ingest) compgen -G "$work/.ingest.out.part$pid" >"$work/seen" ;;
        *) catches_signals "$pid" ;;   # its libraries are loaded, it reads its input or the store next
    esac || ! kill -0 "$pid" 2>/dev/null
}
ends_with() {   # NAME CODE
    local code=0
    wait "$pid" 2>/dev/null || code=$?
    [[ $code -eq $2 ]] || { fails "$1: exit $code, expected $2"; tail -n 3 "$work/${1%% *}.messages" >&2; }
}
for program in ingest infer train profile label schedule simulate run; do
    for signal in TERM INT KILL STOP; do
        rm -rf "$work/job" "$work/$program.out" "${TMPDIR:?}"/*
        start "$program"
        soon has_begun "$program" || fails "$program $signal: has not begun"
        kill -0 "$pid" 2>/dev/null || { fails "$program $signal: has ended: $(tail -n 1 "$work/$program.messages")"; continue; }
        name="$program $signal"
        case $signal in
            TERM) kill -TERM "$pid"; ends_with "$name" 143 ;;
            INT) kill -INT "$pid"; ends_with "$name" 130 ;;
            KILL)
                kill -KILL "$pid"
                ends_with "$name" 137
                rm -f "$work/.$program.out.part$pid" ;;   # the next one with this output would do that
            STOP)   # and told to end while it is stopped: it hears of that when it goes on
                kill -STOP "$pid"
                kill -TERM "$pid"
                sleep 0.05
                kill -0 "$pid" || fails "$name: a stopped program has ended"
                kill -CONT "$pid"
                ends_with "$name" 143 ;;
        esac
        nothing_left "$name"
        # What these two have written counts when they are told to end.
        [[ ! -e $work/$program.out || $program =~ ^(infer|ingest)$ ]] || fails "$name: output of a program that was ended is there"
        [[ -z $(parts) ]] || fails "$name: left $(parts)"
    done
done
valid_store 'signals'

# --- restarts -----------------------------------------------------------------------------------------
for ((i = 0; i < restarts; ++i)); do
    rm -rf "$work/job"
    "$EKYA_BIN/ekya-run" --job "$work/job" --share 0.5 -- true >"$work/seen" 2>&1 || fails "restart $i: ekya-run: exit $?"
    start run
    soon has_begun run
    # Now and then who holds the job dies with it, so that nobody ends what is in a session of its own.
    if ((i % 2)); then
        keeper=$(ps -o ppid= -p "$(jq .pid "$work/job/job.json")")
        kill -KILL "$pid" "${keeper// /}" 2>/dev/null || true
    else
        kill -KILL "$pid"
    fi
    wait "$pid" 2>/dev/null || true
    code=0
    "$EKYA_BIN/ekya-window" --streams "$video/streams.json" --store "$store" --window 3 --seconds 6 --policy nosuch >"$work/seen" 2>&1 || code=$?
    [[ $code -eq 2 ]] || fails "restart $i: ekya-window --policy nosuch: exit $code, expected 2"
    ((i % 10)) || { start infer; soon has_begun infer; kill -KILL "$pid"; wait "$pid" 2>/dev/null || true; }
done
start infer   # takes the sockets of the one that was killed
soon has_begun infer
kill -TERM "$pid"
ends_with 'infer after restarts' 143
"$EKYA_BIN/ekya-run" -- true || fails "the last ekya-run: exit $?"   # clears away what those before have left
nothing_left "$restarts restarts"
[[ -z $(dead_groups) ]] || fails "control groups are left: $(dead_groups)"

# Parts of files of dead processes, of a job that nobody holds: the next holder of the store clears them away, and finds no lock.
cat >"$work/holder" <<'END'
exec 8<>"$1/.lock"
flock 8
printf '{"schema":"ekya.' >"$1/streams/crossing/windows/00001/.labels.json.part$$"
mkdir "$1/streams/crossing/models/.w00009.part$$"
mv "$1/streams/crossing/windows/00002" "$1/streams/crossing/windows/.00002.old$$"
kill -KILL $$
END
(bash "$work/holder" "$store" || true) 2>"$work/seen"
code=0
"$EKYA_BIN/ekya-window" --streams "$video/streams.json" --store "$store" --window 3 --seconds 6 --deadline 1 "${cpu[@]:0:2}" >"$work/window" 2>&1 || code=$?
if [[ $code -ne 2 ]] || ! grep -q -- '--deadline: has passed' "$work/window"; then
    fails "ekya-window behind a killed holder: exit $code"
    cat "$work/window" >&2
fi
[[ -z $(parts) ]] || fails "the next holder of the store has left: $(parts)"
[[ -e $store/streams/crossing/windows/00002/labels.json ]] || fails 'a window that was being replaced is gone'
valid_store 'restarts'

# --- writers of one stream ----------------------------------------------------------------------------
# together NAME COMMAND...: each twice, at the same time; both may end well, none may crash.
together() {
    local name=$1 first=0 second=0
    shift
    "$@" >"$work/first" 2>&1 &
    local one=$!
    "$@" >"$work/second" 2>&1 || second=$?
    wait "$one" || first=$?
    [[ $first -le 1 && $second -le 1 && $((first + second)) -le 1 ]] || { fails "$name: exits $first and $second"; tail -n 2 "$work/first" "$work/second" >&2; }
    [[ -z $(parts) ]] || fails "$name: left $(parts)"
    valid_store "$name"
}
together 'two trainings' "$EKYA_BIN/ekya-train" "${of_crossing[@]}" "${cpu[@]}" --window 3 --epochs 1 --replace --serve
together 'labelling a window twice' "$EKYA_BIN/ekya-label" "${of_crossing[@]}" "${cpu[@]}" --window 2 --replace
together 'ingesting a window twice' "$EKYA_BIN/ekya-ingest" "${of_crossing[@]}" --window 6 --windows 1 --replace --drop-labels -o /dev/null --overwrite
rm -rf "$store"
cp -a "$work/whole" "$store"
# The first is stopped while it holds the store, so that the second comes meanwhile.
window=("$EKYA_BIN/ekya-window" --streams "$video/streams.json" --store "$store" --window 3 --seconds 30 --policy none "${cpu[@]:0:2}")
"${window[@]}" >"$work/first" 2>&1 &
holder=$!
for ((i = 0; i < 2000; ++i)); do ! grep -q "process $holder" "$store/.lock" 2>/dev/null || break; sleep 0.002; done
kill -STOP "$holder"
code=0
"${window[@]}" >"$work/second" 2>&1 || code=$?
[[ $code -eq 1 ]] || fails "a second ekya-window on a store: exit $code"
grep -q "$store: is held by ekya-window, process $holder" "$work/second" || fails "who holds the store is not said: $(<"$work/second")"
kill -CONT "$holder"
wait "$holder" || fails "the ekya-window that holds the store: exit $?"
valid_store 'two windows of one store'
# A model is taken back while the next one is trained.
for ((i = 0; i < 2; ++i)); do
    "$EKYA_BIN/ekya-train" "${of_crossing[@]}" "${cpu[@]}" --window 3 --epochs 1 --replace --serve >"$work/first" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        "$EKYA_BIN/ekya-models" --store "$store" --stream crossing --roll-back >"$work/second" 2>&1 || true
    done
    ends_with train 0
    valid_store 'taking a model back'
done

# --- nothing learned is lost --------------------------------------------------------------------------
rm -rf "$store"
cp -a "$work/whole" "$store"
code=0
"$EKYA_BIN/ekya-ingest" "${of_crossing[@]}" --window 6 --windows 1 --replace -o "$work/again.jsonl" --overwrite 2>"$work/seen" || code=$?
[[ $code -eq 1 ]] || fails "ekya-ingest --replace of a labelled window: exit $code, expected 1"
grep -q 'window 0 has labels, which would go with it; give --drop-labels too' "$work/seen" || fails "ekya-ingest --replace says: $(<"$work/seen")"
cmp -s "$store/streams/crossing/windows/00000/labels.json" "$work/whole/streams/crossing/windows/00000/labels.json" || fails 'labels were lost'
"$EKYA_BIN/ekya-ingest" "${of_crossing[@]}" --window 6 --windows 1 --replace --drop-labels -o "$work/again.jsonl" --overwrite 2>"$work/seen" || fails "--drop-labels: exit $?"
[[ ! -e $store/streams/crossing/windows/00000/labels.json ]] || fails '--drop-labels has kept the labels'
ends

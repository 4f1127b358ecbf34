#!/usr/bin/env bash
# The contract of all executors, run_X [--gpu-share F] LOG -- COMMAND...: exit code, log, arguments, streams.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
# shellcheck source=scripts/lib/run_local.sh
source "$root/scripts/lib/run_local.sh"

# check TEXT COMMAND...: the command succeeds.
check() {
    local text=$1
    shift
    "$@" || fails "$run: $text"
}

check_executor() {
    local run=$1 code expected log="$work/new directory/$1.log"

    for expected in 0 1 3 7 130; do
        code=0
        $run "$log" -- bash -c "exit $expected" || code=$?
        check "exit code $expected comes back, not $code" test "$code" -eq "$expected"
        check "the log closes with exit code $expected" grep -Eqx "# exit $expected after [0-9]+\.[0-9]+ s" <(tail -n 1 "$log")
    done
    code=0
    # shellcheck disable=SC2016  # $$ is the inner shell's
    $run "$log" -- bash -c 'kill -KILL $$' 2>"$work/err" || code=$?
    check "death by SIGKILL comes back as 137, not $code" test "$code" -eq 137
    code=0
    $run "$log" -- "$work/no such program" || code=$?
    check "a program that is not there is 127, not $code" test "$code" -eq 127

    rm "$log"
    # shellcheck disable=SC2016  # the dollar sign stays one
    $run "$log" -- printf '%s\n' 'one argument' '' 'a*' "it's" '$HOME' $'two\nlines' >"$work/out"
    # shellcheck disable=SC2016
    printf '%s\n' 'one argument' '' 'a*' "it's" '$HOME' $'two\nlines' >"$work/expected"
    check 'arguments with spaces, quotes and stars survive' cmp "$work/expected" "$work/out"
    check 'the log opens with the command' grep -q "^# 'printf' .*'one argument'" <(head -n 1 "$log")
    check 'the log repeats no records' test "$(grep -c . "$log")" -le 3

    rm "$log"
    $run "$log" -- bash -c 'echo record; echo message >&2' >"$work/out" 2>"$work/err"
    check 'records go to stdout' test "$(<"$work/out")" = record
    check 'messages go to the log' grep -qx message "$log"
    check 'messages do not go to stderr' test ! -s "$work/err"
    $run "$log" -- true
    check 'a second run is appended' test "$(grep -c '^# exit 0' "$log")" -eq 2
    check 'stdin reaches the command' test "$(echo through | $run "$log" -- cat)" = through
    check 'a share is taken' test "$($run --gpu-share 0.5 "$log" -- echo ready)" = ready

    rm -f "$work/ran"
    for arguments in "--nosuch $work/x.log --" "--nosuch 1 $work/x.log --" "--gpu-shares 1 $work/x.log --" "$work/x.log"; do
        code=0
        # shellcheck disable=SC2086  # several arguments
        (set +e; $run $arguments touch "$work/ran") 2>"$work/err" || code=$?
        check "\"$arguments\" fails" test "$code" -ne 0
        check "\"$arguments\" says why" test -s "$work/err"
        check "\"$arguments\" runs nothing" test ! -e "$work/ran"
    done
}

check_executor run_local
ends

# shellcheck shell=bash
# The contract of all executors, run_X [--share F] [--job DIR] [--deadline T] LOG -- COMMAND...: exit code, log, arguments,
# streams; start, observe, change, pause, resume and stop a job with a share. Sourced behind common.sh and run_local.sh.
#   check_executor RUN                    what holds for every command
#   check_shares RUN EXECUTOR TOLERANCE   what holds for a job with a share

holds() { awk "BEGIN { exit !($1) }"; }
# check TEXT COMMAND...: the command succeeds.
check() {
    local text=$1
    shift
    "$@" || fails "$run: $text"
}

check_executor() {
    local run=$1 code expected log="${work:?}/new directory/$1.log"

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
    check 'a share is taken' test "$($run --share 0.5 "$log" -- echo ready)" = ready
    check 'stdin reaches a job with a share' test "$(echo through | $run --share 0.5 "$log" -- cat)" = through

    rm -f "$work/ran"
    for arguments in "--nosuch $work/x.log --" "--nosuch 1 $work/x.log --" "--shares 1 $work/x.log --" "$work/x.log"; do
        code=0
        # shellcheck disable=SC2086  # several arguments
        (set +e; $run $arguments touch "$work/ran") 2>"$work/err" || code=$?
        check "\"$arguments\" fails" test "$code" -ne 0
        check "\"$arguments\" says why" test -s "$work/err"
        check "\"$arguments\" runs nothing" test ! -e "$work/ran"
    done
}

# used DIR FROM: device-seconds per second that a job has used in its stretches from that one on.
used() { tail -n "+$2" "$1/use.jsonl" | jq -s -r '(map(.used) | add) / (map(.seconds) | add)'; }
stretches() { wc -l <"$1/use.jsonl"; }
# near A B PART: A is within that part of B.
near() { awk -v a="$1" -v b="$2" -v part="$3" 'BEGIN { exit !(a >= b * (1 - part) && a <= b * (1 + part)) }'; }
# wait_until CONDITION...: at most 10 s.
wait_until() {
    local i
    for ((i = 0; i < 500; ++i)); do ! "$@" 2>/dev/null || return 0; sleep 0.02; done
    return 1
}
says() { [[ -e $1/job.json && $(jq -r "$2" "$1/job.json") == "$3" ]]; }

nothing_left() { ! pgrep -g "$1" >"$work/left"; }

# check_shares RUN EXECUTOR TOLERANCE: what is granted is what is used, through all that can happen to a job.
check_shares() {
    local run=$1 job="$work/jobs/$1.$2" log="$work/$1.$2.log" code=0 busy runner rate from changed
    # Two busy processes, as a job has more than one thread.
    # shellcheck disable=SC2016
    busy='for i in 1 2; do (while :; do :; done) & done; wait'
    $run --share 0.3 --job "$job" "$log" -- bash -c "$busy" &
    runner=$!
    check 'job.json says that it runs' wait_until says "$job" .state running
    sleep 2
    rate=$(used "$job" 1)
    check "$2: with a share of 0.3 it uses $rate" near "$rate" 0.3 "$3"

    from=$(($(stretches "$job") + 2))   # the stretch that ends with the change is of the old share
    changed=$EPOCHREALTIME
    order "$job" 0.1
    check 'job.json says the new share' wait_until says "$job" .share 0.1
    check "$2: a change takes longer than 100 ms and a report" holds "$EPOCHREALTIME - $changed < 0.5"
    sleep 2
    rate=$(used "$job" "$from")
    check "$2: with a share of 0.1 it uses $rate" near "$rate" 0.1 "$3"

    order "$job" 0.1 pause
    check 'job.json says that it is paused' wait_until says "$job" .state paused
    from=$(($(stretches "$job") + 1))
    sleep 1.2
    order "$job" 0.2
    check 'job.json says that it runs again' wait_until says "$job" .state running
    rate=$(sed -n "${from}p" "$job/use.jsonl" | jq -r '.used')
    check "$2: a paused job uses $rate" holds "$rate < 0.02"
    sleep 0.5
    printf 'no json\n' >"$job/order.json"
    check 'an order that makes no sense is named' wait_until grep -q 'order.json' "$log"
    check 'and the job goes on' says "$job" .state running
    order "$job" 0.2 stop
    wait "$runner" || code=$?
    check "stopped: exit code $code, expected 143" test "$code" -eq 143
    check 'job.json says that it has ended' says "$job" .exit_code 143
    # shellcheck disable=SC2016  # jq's variables
    check 'it was granted what its stretches add up to' jq -s -e --slurpfile job "$job/job.json" \
        '(map(if .paused then 0 else .share * .seconds end) | add) as $sum | $job[0].granted - $sum | fabs < 1e-6' "$job/use.jsonl" >"$work/verdict"

    # Deadline: what the job left running goes with it, and one that will not end is killed.
    code=0
    rm -f "$work/alive"
    # shellcheck disable=SC2016
    $run --job "$job" --deadline "$(awk -v now="$EPOCHREALTIME" 'BEGIN { printf "%.3f", now + 0.5 }')" "$log" -- \
        bash -c 'trap "" TERM; (trap "" TERM; sleep 60; touch "$0") & while :; do sleep 0.1; done' "$work/alive" || code=$?
    check "at the deadline: exit code $code, expected 124" test "$code" -eq 124
    check 'nothing of the job is left' test -z "$(pgrep -f "$work/alive" || true)"
    code=0
    $run --share 0.5 "$log" -- bash -c 'exit 7' || code=$?
    check "exit code 7 of a job with a share comes back, not $code" test "$code" -eq 7
    code=0
    $run --share 0.5 "$log" -- "$work/no such program" || code=$?
    check "with a share, a program that is not there is 127, not $code" test "$code" -eq 127
    # The holder killed: the job does not go on without limit.
    rm -rf "$job"
    $run --share 0.3 --job "$job" "$log" -- bash -c "$busy" &
    runner=$!
    wait_until says "$job" .state running || true
    kill -KILL "$(ps -o ppid= -p "$(jq .pid "$job/job.json")" | tr -d ' ')"
    wait "$runner" || true
    check 'a job outlives who holds it' wait_until nothing_left "$(jq .pid "$job/job.json")"
}

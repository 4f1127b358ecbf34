#!/usr/bin/env bash
# The example units: systemd takes them, and the scripts take the options in them.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v systemd-analyze >"$work/found" || skips 'systemd-analyze is not installed (Debian: systemd)'

cp "$root"/examples/systemd/ekya-* "$work/"
for unit in "$work"/ekya-*.service "$work"/ekya-*.timer; do
    systemd-analyze verify --man=no "$unit" >"$work/said" 2>&1 || fails "$(basename "$unit"): exit $?"
    # What is said of other units of this machine is none of ours.
    if grep -F "$(basename "$unit")" "$work/said" >&2; then fails "$(basename "$unit"): systemd complains"; fi
done

# The options, with files that are there.
: >"$work/golden.onnx"
printf '{"schema":"ekya.streams/1","classes":["car","van"],"streams":[{"id":"a","source":"a.mp4"}]}\n' >"$work/streams.json"
for unit in "$work"/ekya-*.service; do
    command=$(sed -n 's/^ExecStart=\/usr\/bin\/env //p' "$unit" | sed "s#/etc/ekya#$work#g; s#/var/lib/ekya#$work/store#g")
    code=0 limit=60 expected=1
    # There is no video, so the work fails; the service tries for ever. The command line is right.
    if [[ $command == ekya-serve* ]]; then limit=4 expected=143; fi
    # shellcheck disable=SC2086  # words
    PATH=$root/scripts:$EKYA_BIN:$PATH timeout --preserve-status "$limit" $command >"$work/out" 2>&1 || code=$?
    [[ $code -eq $expected ]] || { fails "$(basename "$unit"): \"$command\" exits with $code, expected $expected"; cat "$work/out" >&2; }
done
ends

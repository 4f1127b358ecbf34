#!/usr/bin/env bash
# The example units: systemd takes them, they confine the programs, and the scripts take the options in them.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v systemd-analyze >"$work/found" || skips 'systemd-analyze is not installed (Debian: systemd)'

cp "$root"/examples/systemd/ekya-*.service "$root"/examples/systemd/ekya-*.timer "$work/"
for unit in "$work"/ekya-*.service "$work"/ekya-*.timer; do
    systemd-analyze verify --man=no "$unit" >"$work/said" 2>&1 || fails "$(basename "$unit"): exit $?"
    # What is said of other units of this machine is none of ours.
    if grep -F "$(basename "$unit")" "$work/said" >&2; then fails "$(basename "$unit"): systemd complains"; fi
done

# Exposure as systemd counts it, from 0 to 10, with the settings for a GPU too.
most_exposure=2.5
for unit in "$work"/ekya-*.service; do
    for drop_in in '' gpu; do
        if [[ -n $drop_in ]]; then
            mkdir -p "$unit.d"
            cp "$root/examples/systemd/ekya-serve.service.d/gpu.conf" "$unit.d/"
        fi
        # The threshold is in tenths; above it the exit code is 1.
        systemd-analyze security --offline=true --threshold="${most_exposure/./}" "$unit" >"$work/said" 2>&1 \
            || fails "$(basename "$unit"): $(tail -n 1 "$work/said"), at most $most_exposure is allowed"
        grep -q 'Overall exposure level' "$work/said" || fails "$(basename "$unit"): no exposure level"
        if [[ -n $drop_in ]] && ! grep -q 'char-nvidia' "$work/said"; then fails 'the settings for a GPU were not read'; fi
    done
done

# The options, with files that are there.
for file in "$root"/examples/systemd/ekya-*.toml; do
    sed "s#/etc/ekya#$work#g; s#/var/lib/ekya#$work/store#g" "$file" >"$work/$(basename "$file")"
done
: >"$work/golden.onnx"
printf '{"schema":"ekya.streams/1","classes":["car","van"],"streams":[{"id":"a","source":"a.mp4"}]}\n' >"$work/streams.json"
for unit in "$work"/ekya-*.service; do
    command=$(sed -n 's/^ExecStart=\/usr\/bin\/env //p' "$unit" | sed "s#/etc/ekya#$work#g; s#/var/lib/ekya#$work/store#g; s#:9464#:0#")
    code=0 limit=60 expected=1
    # There is no video, so the work fails; the service tries for ever. The command line is right.
    if [[ $command == ekya-serve* ]]; then limit=4 expected=143; fi
    # Metrics say that there is no store.
    if [[ $command == ekya-metrics* ]]; then
        [[ -x $EKYA_BIN/ekya-metrics ]] || continue
        limit=1 expected=143
    fi
    # shellcheck disable=SC2086  # words
    PATH=$root/scripts:$EKYA_BIN:$PATH timeout --preserve-status "$limit" $command >"$work/out" 2>&1 || code=$?
    [[ $code -eq $expected ]] || { fails "$(basename "$unit"): \"$command\" exits with $code, expected $expected"; cat "$work/out" >&2; }
done
ends

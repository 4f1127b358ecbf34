#!/usr/bin/env bash
# Installs a build into a temporary place and builds a program against it: test_install.sh BUILD_DIR
set -euo pipefail
build=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/installed" >"$work/install.log"
cmake -S "$here/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_BUILD_TYPE=Release >"$work/configure.log" \
    || { cat "$work/configure.log"; exit 1; }
cmake --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/build/consumer" | grep -q '"schema":"ekya.plan/1"'
"$work/installed/bin/ekya-schedule" --version | grep -q '^ekya-schedule '
# The installed scripts find the installed programs.
cd "$work"
printf '{"schema":"ekya.streams/1","classes":["a","b"],"streams":[{"id":"x","source":"missing.mp4","annotations":"x.csv"}]}\n' >streams.json
code=0
installed/share/ekya/scripts/ekya-loop.sh --streams streams.json --store store --window 1 2>loop.log || code=$?
grep -q 'missing.mp4' loop.log || { cat loop.log; exit 1; }
[[ $code -eq 1 ]]

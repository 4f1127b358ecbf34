#!/usr/bin/env bash
# The paper's worked example: all policies over both windows, then window 1 explained. EKYA_BIN: directory of the programs.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
bin=${EKYA_BIN:-$here/../../build/release/bin}

"$bin/ekya-simulate" --estimates "$here/estimates.jsonl" --gpus 3 --window-seconds 120 --keep-models --no-placement \
    --policy none,uniform,thief,best --format csv | cut -d, -f1,3,4,10
grep '"window":1' "$here/estimates.jsonl" | "$bin/ekya-schedule" --gpus 3 --window-seconds 120 --explain -o /dev/null

#!/usr/bin/env bash
# One retraining window, with the options of ekya-window (ekya-window --help). From cron:
#   */10 * * * *  cd /srv/cameras && ekya-window.sh --streams streams.json --next --seconds 600 >>window.log 2>&1
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/lib/tools.sh
source "$here/lib/tools.sh"
find_tools "$here"
exec "$bin/ekya-window" "$@"

#!/usr/bin/env bash
# All retraining windows of a stream list, live, once with each policy: ekya-loop.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/lib/tools.sh
source "$here/lib/tools.sh"
find_tools "$here"
exec "$bin/ekya-loop" "$@"

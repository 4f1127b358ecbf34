#!/usr/bin/env bash
# No shell script gives shellcheck anything to say.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v shellcheck >/dev/null || skips 'shellcheck is not installed'

cd "$root"
mapfile -t files < <({ find . -name '*.sh' -not -path './build/*' -not -path './.venv-*/*' -not -path './.git/*'; grep -rlE '^#!.*\b(ba)?sh$' .ci scripts; } | sort -u)
[[ ${#files[@]} -ge 10 ]] || fails "only ${#files[@]} scripts were found"
shellcheck "${files[@]}" || fails 'shellcheck has something to say'
mapfile -t commands < <(find tests/tools -name cmd)
# $BIN and its like come from run_case.sh.
shellcheck --shell=bash --exclude=SC2154 "${commands[@]}" || fails 'shellcheck has something to say on cases'
ends

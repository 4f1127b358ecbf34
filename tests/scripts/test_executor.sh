#!/usr/bin/env bash
# The executor for this machine keeps the contract (executor_contract.sh), with each way of holding a share that works here.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
# shellcheck source=scripts/lib/run_local.sh
source "$root/scripts/lib/run_local.sh"
# shellcheck source=tests/scripts/executor_contract.sh
source "$root/tests/scripts/executor_contract.sh"
# shellcheck disable=SC2034  # run_local's
bin=$EKYA_BIN

check_executor run_local
share_holder=threads
check_shares run_local threads 0.15
if "$bin/ekya-run" --executor cgroup -- true 2>"$work/err"; then
    # shellcheck disable=SC2034  # run_local's
    share_holder=cgroup
    check_shares run_local cgroup 0.1
else
    say "control groups are not checked: $(<"$work/err")"
fi
ends

#!/usr/bin/env bash
# All tests, from a fresh clone: installs what is missing, builds, runs ctest. Further arguments go to ctest.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
# shellcheck source=scripts/lib/build.sh
source scripts/lib/build.sh
./scripts/setup.sh
build_preset release
ctest --preset release "$@"

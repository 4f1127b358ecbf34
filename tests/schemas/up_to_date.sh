#!/usr/bin/env bash
# up_to_date.sh WRITER SCHEMAS: fails with the differences if SCHEMAS is not what WRITER writes.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
written=$(mktemp -d "${TMPDIR:-/tmp}/ekya-schemas.XXXXXX")
trap 'rm -rf "$written"' EXIT
"$1" "$here/examples" "$written"
if ! diff -ru "$2" "$written"; then
    printf 'schemas/ is not up to date; run: cmake --build --preset core --target schemas\n' >&2
    exit 1
fi

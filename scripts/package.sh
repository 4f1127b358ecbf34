#!/usr/bin/env bash
# Builds the Debian package of ekya.
set -euo pipefail

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    cat <<END
Usage: package.sh

Builds all programs (preset release) and the Debian package ekya_VERSION_ARCHITECTURE.deb from them, into build/release,
and writes its path to stdout. If lintian is installed, the package is checked with it. docs/install.md says how it is
installed.
END
    exit 0
fi
[[ $# -eq 0 ]] || { printf 'package.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2; }

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
# shellcheck source=scripts/lib/build.sh
source scripts/lib/build.sh
command -v dpkg-shlibdeps >/dev/null || { printf 'package.sh: error: dpkg-shlibdeps is not installed (Debian: dpkg-dev)\n' >&2; exit 1; }
build_preset release programs >&2
(cd build/release && cpack -G DEB) >&2
package=$(find build/release -maxdepth 1 -name 'ekya_*.deb' -printf '%T@ %p\n' | sort -n | tail -n 1)
package=${package#* }
if command -v lintian >/dev/null; then lintian --fail-on error,warning "$package" >&2; fi
printf '%s\n' "$package"

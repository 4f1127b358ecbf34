#!/usr/bin/env bash
# The list of what a build links: packages of libraries and headers as Debian knows them, a valid record, no library left out.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v dpkg-query >/dev/null || skips 'this is not a Debian system'

# Two programs: each library of libtorch takes time.
mkdir "$work/bin"
ln -s "$EKYA_BIN/ekya-keys" "$EKYA_BIN/ekya-window" "$work/bin/"
export EKYA_BIN=$work/bin

"$root/scripts/sbom.sh" >"$work/table" || fails "sbom.sh: exit $?"
zmq=$(dpkg-query --search "*/$(ldd "$EKYA_BIN/ekya-keys" | sed -n 's/^\t\(libzmq[^ ]*\) .*/\1/p')" | sed -n '1s/:.*//p')
for package in "$zmq" nlohmann-json3-dev libcli11-dev cppzmq-dev doctest-dev; do
    version=$(dpkg-query -W -f '${Version}' "$package")
    grep -qE "^$package +${version//+/\\+} +[^ ]" "$work/table" || fails "$package $version is not in the table"
done
awk 'NF < 3 { exit 1 }' "$work/table" || fails 'a package lacks version or licence'

"$root/scripts/sbom.sh" --format json >"$work/record" || fails "sbom.sh --format json: exit $?"
jq -e --argjson packages "$(($(wc -l <"$work/table") - 1))" '
    .bomFormat == "CycloneDX" and .specVersion == "1.5" and .version == 1 and (.components | length) == $packages
    and ([.components[] | select((.type == "library") and (.name | length > 0) and (.version | length > 0)
        and (.licenses[0].license.name | length > 0) and (.purl | startswith("pkg:")))] | length) == $packages
    and (.components | map(select(.name == "doctest-dev"))[0].scope) == "excluded"' "$work/record" >/dev/null \
    || fails 'the record is not as expected'

# A library that no package has is named.
mkdir "$work/lib"
cp "$(ldd "$EKYA_BIN/ekya-keys" | sed -n 's/^\tlibzmq[^ ]* => \([^ ]*\) .*/\1/p')" "$work/lib/"
code=0
LD_LIBRARY_PATH=$work/lib "$root/scripts/sbom.sh" >"$work/out" 2>"$work/said" || code=$?
[[ $code -eq 1 && $(<"$work/said") == *"$work/lib/libzmq"* && ! -s $work/out ]] || fails "a foreign library: exit $code: $(<"$work/said")"
ends

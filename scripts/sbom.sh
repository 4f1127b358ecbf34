#!/usr/bin/env bash
# Lists what the built programs link: package, version, licence.
set -euo pipefail

# Defaults
format=text
# Compiled in from headers alone, which ldd cannot see. doctest is in the tests only.
headers=(nlohmann-json3-dev libcli11-dev libtomlplusplus-dev cppzmq-dev)
test_headers=(doctest-dev)

usage() {
    cat <<END
Usage: sbom.sh [--format F]

Lists the packages whose libraries and headers the ekya-* programs are built from, sorted by name: those of Debian, and of
PyPI in a build with CUDA. Libraries that other libraries need are among them. The programs are those of
build/release/bin, or of EKYA_BIN. A licence is what the package's copyright file or metadata says.

  --format F     text: a table; json: CycloneDX 1.5 [$format]

Exit codes: 0 done; 1 a library is of no package, or nothing is built; 2 wrong command line.
END
}
refuse() { printf 'sbom.sh: error: %s; see --help\n' "$1" >&2; exit 2; }

while [[ $# -gt 0 ]]; do
    case $1 in
        --format)
            [[ ${2:-} =~ ^(text|json)$ ]] || refuse '--format: text or json is expected'
            format=$2
            shift 2 ;;
        --help|-h) usage; exit 0 ;;
        *) refuse "unknown option $1" ;;
    esac
done

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=scripts/lib/tools.sh
source "$root/scripts/lib/tools.sh"
find_tools "$root/scripts"
command -v dpkg-query >/dev/null || die 'this is not a Debian system; there is no list of its packages'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The files of all libraries that a program loads. Those that cannot be found have no path.
for program in "$bin"/ekya-*; do ldd "$program"; done >"$work/ldd"
if grep -m 1 'not found' "$work/ldd" >&2; then die 'a library is not installed'; fi
sed -nE 's/^\t(.* => )?(\/[^ ]+) \(0x.*/\2/p' "$work/ldd" | sort -u >"$work/libraries"

# deb_licence PACKAGE: short names in the package's copyright file, if a machine can read it.
deb_licence() {
    local file=/usr/share/doc/$1/copyright licences=''
    [[ ! -r $file ]] || licences=$(sed -nE 's/^License: *([^ ].*[^ ]) *$/\1/p' "$file" | sort -u | paste -sd ';' | sed 's/;/; /g')
    printf '%s' "${licences:-see $file}"
}

# pypi_package FILE: name, version and licence of the PyPI package in whose list of files it is; nothing without one.
pypi_package() {
    local site=${1%%/site-packages/*}/site-packages record metadata
    [[ $1 == */site-packages/* ]] || return 0
    record=$(grep -lsF -- "${1#"$site"/}," "$site"/*.dist-info/RECORD | head -n 1)
    [[ -n $record ]] || return 0
    metadata=${record%/RECORD}/METADATA
    printf '%s\t%s\t%s\n' "$(sed -n 's/^Name: //p;/^$/q' "$metadata")" "$(sed -n 's/^Version: //p;/^$/q' "$metadata")" \
        "$(sed -nE 's/^License(-Expression)?: //p;/^$/q' "$metadata" | head -n 1)"
}

# packages: one a line: kind, name, version, licence, scope.
packages() {
    local library path package scope
    # Debian's list has files below /lib or below /usr/lib, which are the same directory; a library may also be a link.
    while read -r library; do
        path=$(readlink -f "$library")
        printf '%s\t%s\t%s\n' "$library" "$path" "${path#/usr}"
    done <"$work/libraries" >"$work/paths"
    tr '\t' '\n' <"$work/paths" | sort -u | xargs dpkg-query --search 2>/dev/null >"$work/owners" || true
    awk -F '\t' -v debs="$work/debs" '
        NR == FNR { if (split($0, part, ": ") == 2) owner[part[2]] = part[1]; next }
        { for (i = 1; i <= NF; ++i) if ($i in owner) { print owner[$i] >debs; next }
          print $2 }' "$work/owners" "$work/paths" >"$work/others"
    while read -r path; do
        package=$(pypi_package "$path")
        if [[ -n $package ]]; then printf '%s\n' "$package" >>"$work/pypi"; else printf '%s\n' "$path" >>"$work/strangers"; fi
    done <"$work/others"
    while read -r package; do
        printf 'deb\t%s\t%s\trequired\n' "$(dpkg-query -W -f '${Package}\t${Version}' "$package")" "$(deb_licence "${package%%:*}")"
    done < <(sed 's/, .*//' "$work/debs" | sort -u)
    for package in "${headers[@]}" "${test_headers[@]}"; do
        scope=required
        [[ " ${test_headers[*]} " != *" $package "* ]] || scope=excluded
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || continue
        printf 'deb\t%s\t%s\t%s\n' "$(dpkg-query -W -f '${Package}\t${Version}' "$package")" "$(deb_licence "$package")" "$scope"
    done
    [[ ! -e $work/pypi ]] || sort -u "$work/pypi" | sed 's/^/pypi\t/; s/$/\trequired/'
}

packages | sort -t $'\t' -k 2,2 -u >"$work/packages"
if [[ -e $work/strangers ]]; then
    printf 'sbom.sh: error: of no package: %s\n' "$(sort -u "$work/strangers" | paste -sd ' ')" >&2
    exit 1
fi
version=$(sed -nE 's/^project\(ekya VERSION ([0-9.]+).*/\1/p' "$root/CMakeLists.txt")
if [[ $format == text ]]; then
    cut -f 2-4 "$work/packages" | column -t -s $'\t' -N PACKAGE,VERSION,LICENCE
    exit 0
fi
distribution=$(sed -n 's/^ID=//p' /etc/os-release)
jq --null-input --raw-input --arg version "$version" --arg distribution "$distribution" '
    {bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
     metadata: {component: {type: "application", name: "ekya", version: $version}},
     components: [inputs | split("\t") | {
        type: "library", name: .[1], version: .[2], scope: .[4],
        licenses: [{license: {name: .[3]}}],
        purl: ("pkg:" + (if .[0] == "deb" then "deb/" + $distribution else .[0] end) + "/" + .[1] + "@" + (.[2] | @uri))}]}' \
    "$work/packages"

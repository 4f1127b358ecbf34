# shellcheck shell=bash
# Where the ekya-* programs are. Sourced, not run.

# Fractions are written with a point, whatever the user's language.
export LC_ALL=C

die() { printf '%s: error: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# find_tools DIR: puts the directory of the programs into $bin. EKYA_BIN wins, then a build beside
# the scripts in DIR, then an installation, then PATH.
find_tools() {
    local candidate
    for candidate in "${EKYA_BIN:-}" "$1/../build/release/bin" "$1/../../../bin"; do
        if [[ -n $candidate && -x $candidate/ekya-window ]]; then
            bin=$(cd "$candidate" && pwd)
            return
        fi
    done
    candidate=$(command -v ekya-window) \
        || die 'the ekya-* programs are not built; run scripts/demo.sh, or set EKYA_BIN to their directory'
    # shellcheck disable=SC2034  # for the script that sources this
    bin=${candidate%/*}
}

# shellcheck shell=bash
# Messages, time and files for the scripts of bench/. Sourced, not run.

# Fractions are written with a point, whatever the user's language.
export LC_ALL=C

die() { printf '%s: error: %s\n' "${0##*/}" "$*" >&2; exit 1; }
usage_error() { printf '%s: error: %s; see %s --help\n' "${0##*/}" "$*" "${0##*/}" >&2; exit 2; }
say() { printf '%s\n' "$*" >&2; }

need_commands() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || die "$command is not installed; scripts/setup.sh installs what is needed"
    done
}

# write_atomically FILE: stdin goes to FILE, which appears whole or not at all.
write_atomically() {
    local part
    part="$(dirname "$1")/.$(basename "$1").part$BASHPID"
    mkdir -p "$(dirname "$1")"
    cat >"$part"
    # Nothing at all means that what should have written it has failed.
    [[ -s $part ]] || { rm -f "$part"; return 1; }
    mv -f "$part" "$1"
}
# calc EXPRESSION: arithmetic with fractions, on figures that were measured here.
calc() { awk "BEGIN { printf \"%.6f\n\", ($1) }"; }
# holds EXPRESSION: true if it does, e.g. holds "1.5 > 1".
holds() { awk "BEGIN { exit !($1) }"; }
# Unix time with fractions.
now() { printf '%s\n' "$EPOCHREALTIME"; }

# shellcheck shell=bash
# What the scripts share: messages, time, tools. Sourced, not run.

# Fractions are written with a point, whatever the user's language.
export LC_ALL=C

die() { printf '%s: error: %s\n' "${0##*/}" "$*" >&2; exit 1; }
usage_error() { printf '%s: error: %s; see %s --help\n' "${0##*/}" "$*" "${0##*/}" >&2; exit 2; }
say() { printf '%s\n' "$*" >&2; }

# Unix time with fractions.
now() { printf '%s\n' "$EPOCHREALTIME"; }
# calc EXPRESSION: arithmetic with fractions.
calc() { awk "BEGIN { printf \"%.6f\n\", ($1) }"; }
# holds EXPRESSION: true if it does, e.g. holds "1.5 > 1".
holds() { awk "BEGIN { exit !($1) }"; }
sleep_until() {
    local left
    left=$(calc "$1 - $(now)")
    if holds "$left > 0"; then sleep "$left"; fi
}

# shellcheck disable=SC2034  # $bin is for the scripts that source this
# find_tools: puts the directory of the ekya-* programs into $bin; EKYA_BIN wins, then a build beside the scripts, then an
# installation, then PATH.
find_tools() {
    local scripts_dir=$1 candidate
    for candidate in "${EKYA_BIN:-}" "$scripts_dir/../build/release/bin" "$scripts_dir/../../../bin"; do
        if [[ -n $candidate && -x $candidate/ekya-schedule ]]; then
            bin=$(cd "$candidate" && pwd)
            return
        fi
    done
    candidate=$(command -v ekya-schedule) || die "the ekya-* programs are not built; run scripts/demo.sh, or set EKYA_BIN to their directory"
    bin=${candidate%/*}
}

# check_policy OPTION...: ends with 2 if ekya-schedule does not take these options; it reads nothing and leaves nothing.
check_policy() {
    local said code=0
    said=$("$bin/ekya-schedule" "$@" -i /dev/null -o /dev/null --overwrite 2>&1) || code=$?
    [[ $code -ne 2 ]] || usage_error "$(sed -n 's/^ekya-schedule: error: //; s/; see ekya-schedule --help$//; p; q' <<<"$said")"
}

# need_programs: ekya-schedule alone is not enough; a build without video or libtorch has little more.
need_programs() {
    [[ -x $bin/ekya-ingest && -x $bin/ekya-train && -x $bin/ekya-infer ]] \
        || die "$bin: holds only some of the ekya-* programs; run scripts/demo.sh, or set EKYA_BIN to a directory with all"
}

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

# whole_records: the lines of stdin that are JSON; who writes line by line may have been killed, or the disk been full, within one.
whole_records() { jq -c -R 'fromjson?'; }

# number5 N: a window's number as the store writes it.
number5() { printf '%05d\n' "$((10#$1))"; }

# shellcheck shell=bash
# What the timing and figure scripts share. Sourced, not run.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
# shellcheck source=bench/lib/stage.sh
source "$root/bench/lib/stage.sh"

# needs COMMAND PACKAGE: a wrong set-up is told before anything is touched.
needs() { command -v "$1" >/dev/null || usage_error "$1 is not installed (Debian: $2; scripts/setup.sh installs it)"; }

# program NAME: prints its path; EKYA_BIN wins, then a build beside this directory, then PATH.
program() {
    local directory
    for directory in "${EKYA_BIN:-}" "$root/build/release/bin" "$root/build/core/bin"; do
        if [[ -n $directory && -x $directory/$1 ]]; then printf '%s\n' "$directory/$1"; return; fi
    done
    command -v "$1" || usage_error "$1 is not built (cmake --build --preset release), or set EKYA_BIN to its directory"
}

# quoted TEXT: as a string of gnuplot, in which two single quotes are one.
quoted() { printf "'%s'" "${1//\'/\'\'}"; }

# draw SCRIPT OUTPUT NAME=TEXT...: OUTPUT.svg and OUTPUT.png with bench/plots/SCRIPT, to which the names are variables.
draw() {
    local script=$1 output=$2 variables pair kind
    shift 2
    variables="here=$(quoted "$root/bench/plots")"
    for pair in "$@"; do variables+="; ${pair%%=*}=$(quoted "${pair#*=}")"; done
    for kind in svg png; do
        LC_ALL=C.UTF-8 gnuplot -e "$variables; output=$(quoted "$output.$kind")" "$root/bench/plots/$script" || die "gnuplot failed on $output.$kind"
        say "$output.$kind"
    done
}

#!/usr/bin/env bash
# What cmake/Hardening.cmake promises stands in every program: readelf sees it.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v readelf >/dev/null || skips 'readelf is not installed (Debian: binutils)'

# has TEXT PROGRAM PATTERN: what readelf says of the program has a line like this.
has() {
    local text=$1 program=$2 pattern=$3
    grep -qE -- "$pattern" "$work/elf" || fails "$(basename "$program"): $text"
}

checked=0
for program in "$EKYA_BIN"/ekya-*; do
    # Those that are installed.
    case $program in *.so | */ekya-bench-* | */ekya-example-*) continue ;; esac
    readelf --wide --file-header --program-headers --dynamic --dyn-syms "$program" >"$work/elf"
    has 'is no position-independent executable' "$program" 'FLAGS_1.*\bPIE\b'
    has 'binds functions lazily' "$program" 'FLAGS_1.*\bNOW\b'
    has 'its relocated tables stay writable' "$program" '^ *GNU_RELRO'
    has 'has an executable stack' "$program" '^ *GNU_STACK +(0x[0-9a-f]+ +){5}RW +0x'
    has 'has no stack protector' "$program" '__stack_chk_fail'
    has 'has no functions of _FORTIFY_SOURCE' "$program" ' __[a-z]+_chk@'
    checked=$((checked + 1))
done
[[ $checked -ge 5 ]] || fails "only $checked programs were found"

# These leave nothing that readelf could see.
for flag in -fstack-clash-protection -D_FORTIFY_SOURCE=3; do
    grep -qE -- "$flag .*-c [^ ]*/libekya/src/wire/json\.cpp" "$EKYA_BIN/../compile_commands.json" || fails "$flag: is not used"
done
say "$checked programs checked"
ends

#!/usr/bin/env bash
# Every flag that a document names on the line of a program is in the --help of that program.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

# help_of NAME: of a program or script; empty if this build does not have it.
declare -A helps=()
help_of() {
    local name=$1
    if [[ -z ${helps[$name]+set} ]]; then
        if [[ -x $root/scripts/$name ]]; then helps[$name]=$("$root/scripts/$name" --help 2>&1)
        elif [[ -x $root/bench/$name ]]; then helps[$name]=$("$root/bench/$name" --help 2>&1) || helps[$name]=''
        elif [[ -x $EKYA_BIN/$name ]]; then helps[$name]=$("$EKYA_BIN/$name" --help 2>&1)
        else helps[$name]=''; fi
        # Its other options are ekya-window's.
        if [[ $name == ekya-window.sh && -x $EKYA_BIN/ekya-window ]]; then helps[$name]+=$("$EKYA_BIN/ekya-window" --help 2>&1); fi
    fi
}

# Of all programs and scripts, but for ekya-run, on whose lines are the flags of what it runs.
programs=$(cd "$root" && printf '%s\n' tools/ekya-*.cpp scripts/*.sh bench/*.sh | sed -E 's#.*/##; s/\.cpp$//; s/\./\\./g; /^ekya-run$/d' | sort -r | paste -sd '|')
programs="ekya-example-streets|$programs"
checked=0
# shellcheck disable=SC2016  # backquotes of Markdown
while IFS= read -r file; do
    # A line that ends in a backslash or a pipe goes on with the next.
    while IFS= read -r line; do
        mapfile -t names < <(grep -oE "$programs" <<<"$line" | sort -u)
        [[ ${#names[@]} -gt 0 ]] || continue
        while IFS= read -r flag; do
            [[ -n $flag ]] || continue
            known=false
            built=true
            for name in "${names[@]}"; do
                help_of "$name"
                [[ -n ${helps[$name]} ]] || built=false
                ! grep -qE -- "(^|[ ,|!])$flag([ ,={]|\$)" <<<"${helps[$name]}" || known=true
            done
            checked=$((checked + 1))
            $known || ! $built || fails "${file#"$root"/}: $flag is in no --help of ${names[*]}"
        done < <(grep -oE '(^|[ `(])--[a-z][a-z-]*' <<<"$line" | grep -oE -- '--[a-z][a-z-]*' | sort -u)
    # Of other programs; of what --on-event starts; of packaging, hidden in --help.
    done < <(sed -E 's/`(cmake|ctest|git) [^`]*`//g; /^systemctl /d; s/--on-event "[^"]*"/--on-event X/; s/--help-(man|completion)//g' "$file" | sed -e :a -e '/[\\|]$/{N;s/\\\?\n/ /;ba' -e '}')
done < <(find "$root" -name '*.md' -not -path '*/build/*' -not -path '*/.*/*')
[[ $checked -ge 10 ]] || fails "only $checked flags were found in the documents"
say "$checked flags checked"
ends

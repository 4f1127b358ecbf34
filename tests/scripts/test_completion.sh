#!/usr/bin/env bash
# Completion that tools write of themselves works in real shells, and man shows their pages.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

tools=(ekya-schedule ekya-loop ekya-run)
cd "$work"
mkdir zsh
for tool in "${tools[@]}"; do
    "$EKYA_BIN/$tool" --help-completion bash >"$work/$tool.bash"
    "$EKYA_BIN/$tool" --help-completion zsh >"$work/zsh/_$tool"
done
: >plan-of-today.json

# What is typed before TAB, and what is seen then.
cat >cases <<'END'
ekya-schedule --pol | --policy
ekya-schedule --policy separ | separable
ekya-schedule -o plan-of | plan-of-today.json
ekya-loop --device cu | cuda
ekya-loop --device=cu | --device=cuda
ekya-loop --policy none,separ | none,separable
ekya-loop --streams plan-of | plan-of-today.json
ekya-run --share 1 --exec | --executor
ekya-run --executor cgr | cgroup
END
"${PYTHON:-python3}" "$root/tests/scripts/completion.py" bash "${tools[@]/%/.bash}" <cases >said || fails "$(<said)"
if command -v zsh >/dev/null; then
    "${PYTHON:-python3}" "$root/tests/scripts/completion.py" zsh "$work/zsh/_ekya-loop" <cases >said || fails "$(<said)"
else
    say 'no zsh: its completion was not tried'
fi
if command -v man >/dev/null; then
    for tool in "${tools[@]}"; do
        "$EKYA_BIN/$tool" --help-man >"$tool.1"
        MANWIDTH=80 man --warnings -l "$tool.1" >page 2>said || fails "$tool: man: $(<said)"
        [[ ! -s said ]] || fails "$tool: man warns: $(<said)"
        grep -q -- '--print-config' page || fails "$tool: the page lacks --print-config"
    done
fi
ends

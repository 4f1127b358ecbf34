#!/usr/bin/env python3
"""Every check of contract.py can fail: each runs on ekya-schedule behind a wrapper with one fault.

EKYA_BIN is the directory of the real programs. Standard library only.
Exit: 0 every fault was found; 1 not.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("EKYA_BIN", HERE.parent.parent / "build/release/bin")).resolve()

WRAPPER = """#!/bin/bash
# The real tool is $tool.
tool={tool}
{fault}
exec "$tool" "$@"
"""
HIDES_ERRORS = '"$tool" "$@" 2>/dev/null; exit'
HELP = '[[ $1 != --help ]] || { "$tool" --help | %s; exit 0; }'
TO_OUT = '[[ " $* " != *" -o out "* ]] || %s'
KEEPS_NO_FILES = '[[ " $* " != *" -o out "* ]] || { echo x >out; exit 2; }'
# check -> faults (shell code of the wrapper) that it has to find
FAULTS = {
    "help-says-what-it-is": [HELP % "grep -v ^Reads:", HELP % "sed s=plan/1=nosuch/1=",
                             '[[ $1 != -h ]] || exit 0'],
    "help-names-its-inputs": [HELP % "grep -v -e --input"],
    "version": ['[[ $1 != --version ]] || { echo 1.2.3; exit 0; }'],
    "unknown-flag": [HIDES_ERRORS, '"$tool" "$@"; exit 1', 'touch here', 'echo output'],
    "bad-value": [HIDES_ERRORS, '"$tool" "$@"; exit 0'],
    "settings": ['[[ " $* " != *" --print-config "* ]] || { echo "[ekya-schedule]"; exit 0; }',
                 '[[ $1 != --config ]] || shift 2', 'unset EKYA_SCHEDULE_LOG_LEVEL'],
    "pages": ['[[ $1 != --help-man ]] || { "$tool" "$@" | grep -v overwrite; exit 0; }',
              '[[ $1 != --help-completion ]] || { "$tool" "$@"; echo "("; exit 0; }'],
    "succeeds": ['echo no record', 'exit 0', 'exit 3', "echo '{\"schema\":\"ekya.labels/1\"}'"],
    "broken-inputs": [HIDES_ERRORS, '"$tool" "$@"; exit 0',
                      '"$tool" "$@" 2> >(sed s/in:/somewhere:/ >&2); exit'],
    "absent-input": [HIDES_ERRORS, '[[ $* != *nosuch.jsonl* ]] || exit 0'],
    "empty-input": ['"$tool" "$@"; exit 0'],
    "stdin-is-a-file": ['[[ " $* " != *" - "* ]] || set -- "$@" --window-seconds 7'],
    "output-exists": [KEEPS_NO_FILES, 'set -- "$@" --overwrite'],
    "output-is-replaced": [TO_OUT % "exit 0", TO_OUT % "cp out out.part", TO_OUT % "echo twice"],
    "output-that-is-no-file": [TO_OUT % '{ "$tool" "$@"; rm out; touch out; exit 0; }'],
    "closed-pipe": ['trap "" PIPE; "$tool" "$@" >/dev/null; exit 0'],
    "pipe-closed-later": ['"$tool" "$@"; exit 7'],
}
# Checks that ekya-schedule has nothing for: they run on a tool with a store, if there is one.
WITH_FIXTURE = {
    "missing-option": ("ekya-ingest", ['"$tool" "$@"; exit 0']),
    "open-endpoint": ("ekya-ingest", ['[[ $* != *tcp* ]] || exit 0']),
    "stream-list": ("ekya-ingest", [HIDES_ERRORS, '"$tool" "$@"; exit 0']),
    "damaged-store": ("ekya-export", [HIDES_ERRORS, '"$tool" "$@"; exit 0']),
}


def holds(tool, check, directory):
    return subprocess.run([sys.executable, HERE / "contract.py", tool, check], check=False,
                          env={**os.environ, "EKYA_BIN": str(directory)},
                          capture_output=True).returncode


def main():
    cases = {check: ("ekya-schedule", faults) for check, faults in FAULTS.items()}
    if (BIN / "ekya-ingest").exists():
        cases.update(WITH_FIXTURE)
    failures = 0
    for check, (tool, faults) in cases.items():
        for fault in [":", *faults]:
            with tempfile.TemporaryDirectory(prefix="ekya-contract.") as directory:
                wrapper = pathlib.Path(directory, tool)
                wrapper.write_text(WRAPPER.format(tool=BIN / tool, fault=fault), encoding="utf-8")
                wrapper.chmod(0o755)
                code = holds(tool, check, directory)
            if code != (0 if fault == ":" else 1):
                failures += 1
                print(f"{check}: exit {code} with {tool} behind: {fault}")
    import contract  # pylint: disable=import-outside-toplevel  # a list of all checks
    for check in set(contract.CHECKS) - set(FAULTS) - set(WITH_FIXTURE):
        failures += 1
        print(f"{check}: has no fault here")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

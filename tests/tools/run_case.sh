#!/usr/bin/env bash
# Runs one case of a tool, tests/tools/<tool>/<case>: its cmd in a fresh directory, and compares what comes out.
set -euo pipefail

# Defaults
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
BIN=${EKYA_BIN:-$here/../../build/release/bin}                        # the programs
VIDEO=${EKYA_TEST_VIDEO:-$here/../../build/release/tests/tools/video}   # what make_video.sh left
rewrite=false
keep=false

usage() {
    cat <<END_OF_USAGE
Usage: run_case.sh [--rewrite] [--keep] CASE

Runs CASE/cmd with bash in a fresh temporary directory; it sees
  \$BIN    directory of the programs (EKYA_BIN) [$BIN]
  \$VIDEO  directory that make_video.sh filled (EKYA_TEST_VIDEO) [$VIDEO]
  \$CASE   CASE itself
and CASE/stdin, if there, as its input. What is compared:
  CASE/exit       exit code, 0 without this file
  CASE/stdout     line by line; JSON by value: numbers within the tolerance, measured fields left out
  CASE/tolerance  relative, 1e-6 without this file
  CASE/stderr     each line occurs somewhere in the real one; a line "re:..." is a regular expression
\$BIN, \$VIDEO and \$CASE stand for their values in stdout and stderr.

  --rewrite   take what comes out as what is expected: all three files of a new case, of others those that are there
  --keep      leave the temporary directory and name it

Exit: 0 as expected; 1 not; 2 wrong command line; 77 the case cannot run here (its cmd exits 77, e.g. without a GPU).
END_OF_USAGE
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --rewrite) rewrite=true; shift ;;
        --keep) keep=true; shift ;;
        --help|-h) usage; exit 0 ;;
        -*) printf 'run_case.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
        *) break ;;
    esac
done
[[ $# -eq 1 && -r $1/cmd ]] || { printf 'run_case.sh: error: one case, a directory with a file cmd, is needed\n' >&2; exit 2; }
CASE=$(cd "$1" && pwd)
BIN=$(cd "$BIN" && pwd)
export BIN VIDEO CASE LC_ALL=C
# The cases' expectations hold on the CPU.
export CUDA_VISIBLE_DEVICES=''

temporary=$(mktemp -d "${TMPDIR:-/tmp}/ekya-case.XXXXXX")
if $keep; then printf 'run_case.sh: %s\n' "$temporary" >&2; else trap 'rm -rf "$temporary"' EXIT; fi
mkdir "$temporary/work"
input=/dev/null
[[ ! -e $CASE/stdin ]] || input=$CASE/stdin
code=0
(cd "$temporary/work" && exec bash -uo pipefail "$CASE/cmd") <"$input" >"$temporary/stdout" 2>"$temporary/stderr" || code=$?
if [[ $code -eq 77 ]]; then
    cat "$temporary/stderr" >&2
    exit 77
fi

compare=("${PYTHON:-python3}" "$here/compare.py")
if $rewrite; then
    new=true
    for file in stdout stderr exit; do [[ ! -e $CASE/$file ]] || new=false; done
    if $new || [[ -e $CASE/stdout ]]; then "${compare[@]}" rewrite-stdout "$CASE" "$temporary/stdout"; fi
    if $new || [[ -e $CASE/stderr ]]; then "${compare[@]}" rewrite-stderr "$CASE" "$temporary/stderr"; fi
    if [[ $code -ne 0 ]]; then printf '%d\n' "$code" >"$CASE/exit"; else rm -f "$CASE/exit"; fi
    exit 0
fi

failed=false
expected=0
[[ ! -e $CASE/exit ]] || expected=$(<"$CASE/exit")
if [[ $code -ne $expected ]]; then
    printf 'exit: %d, expected %d\n' "$code" "$expected"
    failed=true
fi
[[ ! -e $CASE/stdout ]] || "${compare[@]}" stdout "$CASE" "$temporary/stdout" || failed=true
[[ ! -e $CASE/stderr ]] || "${compare[@]}" stderr "$CASE" "$temporary/stderr" || failed=true
if $failed; then
    printf -- '--- cmd\n%s\n--- stdout (first lines)\n%s\n--- stderr (last lines)\n%s\n' \
        "$(<"$CASE/cmd")" "$(head -c 2000 "$temporary/stdout")" "$(tail -n 20 "$temporary/stderr")"
    exit 1
fi

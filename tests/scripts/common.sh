# shellcheck shell=bash
# What the tests of the scripts share. Sourced, not run.
#   EKYA_BIN         directory of the programs [build/release/bin]
#   EKYA_TEST_VIDEO  what tests/tools/make_video.sh left [build/release/tests/tools/video]

export LC_ALL=C
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
export EKYA_BIN=${EKYA_BIN:-$root/build/release/bin}
# shellcheck disable=SC2034  # for the tests that source this
video=${EKYA_TEST_VIDEO:-$root/build/release/tests/tools/video}
export CUDA_VISIBLE_DEVICES=''

say() { printf '%s\n' "$*" >&2; }
failures=0
# fails TEXT: notes a failure and goes on.
fails() { printf 'FAILED: %s\n' "$*" >&2; failures=$((failures + 1)); }
# skips TEXT: this test cannot run here.
skips() { printf 'skipped: %s\n' "$*" >&2; exit 77; }
# ends: the test's exit code from what was noted.
ends() { [[ $failures -eq 0 ]] || { printf '%d failed\n' "$failures" >&2; exit 1; }; }

work=''
clean_up() {
    local code=$?
    trap - EXIT
    local job
    for job in $(jobs -rp); do kill -TERM "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    [[ -z $work || -n ${EKYA_KEEP:-} ]] || rm -rf "$work"
    exit "$code"
}
trap clean_up EXIT
work=$(mktemp -d "${TMPDIR:-/tmp}/ekya-test.XXXXXX")
[[ -z ${EKYA_KEEP:-} ]] || say "working in $work"

# needs_schemas: sets $python to one that can validate JSON against a schema.
needs_schemas() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3 /usr/bin/python3; do
        if "$candidate" -c 'import jsonschema' 2>/dev/null; then python=$candidate; return; fi
    done
    skips 'no python3 with the package jsonschema (Debian: python3-jsonschema)'
}
# valid FILE...: all records of these files fit their schemas.
valid() { "$python" "$root/tests/scripts/valid_records.py" "$root/schemas" "$@"; }
# same A B [TOLERANCE]: two files of records agree, measured times aside.
same() { "${PYTHON:-python3}" "$root/tests/tools/compare.py" records "$@"; }

# records_of STORE: all files in which a store keeps records.
records_of() {
    find "$1" -name '.*' -prune -o -type f \( -name '*.json' -o -name '*.jsonl' \) -print
}
# valid_models STORE: every model directory is whole, and its weights are the card's.
valid_models() {
    local directory
    for directory in "$1"/streams/*/models/*/; do
        [[ -s $directory/card.json && -s $directory/weights.pt ]] || { fails "$directory: is not whole"; continue; }
        [[ $(jq -r .sha256 "$directory/card.json") == "$(sha256sum <"$directory/weights.pt" | cut -d ' ' -f 1)" ]] \
            || fails "$directory: weights are not the card's"
        [[ $(jq -r .id "$directory/card.json") == "$(basename "$directory")" ]] || fails "$directory: holds another model"
    done
}
# show_logs STORE: what a failed run left, for the one who reads the test's output.
show_logs() {
    local file
    while read -r file; do
        printf -- '--- %s\n' "$file" >&2
        tail -n 8 "$file" >&2
    done < <(find "$1" -name '*.log' -size +0)
}

#!/usr/bin/env bash
# Searches for inputs that crash, hang or mislead a reader, with libFuzzer; tests/fuzz/README.md says which targets there are.
set -euo pipefail

# Defaults
seconds=600        # of search for each target
preset=fuzz
merge=false
build=true
input_seconds=10   # an input that takes longer is a finding
megabytes=2048     # so is one that takes more memory
targets=()

usage() {
    cat <<END
Usage: fuzz.sh [--seconds N] [--video] [--merge] [--no-build] [TARGET...]

Builds the fuzz targets (clang, libFuzzer, AddressSanitizer, UBSan) and searches with one after the other, with all of
the build unless some are named (e.g. records, contact_sheet). New inputs go to build/PRESET/tests/fuzz/found/TARGET, and
the next search starts from them too. At the end a table says what each target did.

  --seconds N    of search for each target, at least 1 [$seconds]
  --video        also the targets that need OpenCV and FFmpeg (preset fuzz-video)
  --merge        afterwards, of the inputs found only those are kept that reach something that corpus/TARGET does not
  --no-build     searches with what was built before

Exit codes: 0 no finding; 1 findings, each with the command that reproduces it, or the build failed; 2 wrong command line.
END
}
refuse() { printf 'fuzz.sh: error: %s; see --help\n' "$1" >&2; exit 2; }

while [[ $# -gt 0 ]]; do
    case $1 in
        --seconds)
            [[ ${2:-} =~ ^[1-9][0-9]{0,6}$ ]] || refuse '--seconds: a whole number from 1 to 9999999 is expected'
            seconds=$2
            shift 2 ;;
        --video) preset=fuzz-video; shift ;;
        --merge) merge=true; shift ;;
        --no-build) build=false; shift ;;
        --help|-h) usage; exit 0 ;;
        -*) refuse "unknown option $1" ;;
        *) targets+=("$1"); shift ;;
    esac
done

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=scripts/lib/build.sh
source "$root/scripts/lib/build.sh"
cd "$root"
for target in "${targets[@]}"; do
    [[ $target =~ ^[a-z_]+$ && -e tests/fuzz/fuzz_$target.cpp ]] || refuse "there is no target $target"
done
if $build; then
    built=(fuzz)
    [[ ${#targets[@]} -eq 0 ]] || built=("${targets[@]/#/fuzz_}")
    build_preset "$preset" "${built[@]}"
fi
bin=$root/build/$preset/bin
if [[ ${#targets[@]} -eq 0 ]]; then
    for program in "$bin"/fuzz_*; do targets+=("${program##*/fuzz_}"); done
fi

# Libraries of others are not instrumented: containers seem to overflow where they cross over, and leaks are theirs.
export ASAN_OPTIONS=detect_container_overflow=0:detect_odr_violation=0:detect_leaks=0:allocator_may_return_null=1
[[ $preset == fuzz-video ]] || export ASAN_OPTIONS=
# Targets write their inputs into files.
if [[ -d /dev/shm && -w /dev/shm ]]; then export TMPDIR=/dev/shm; fi
export UBSAN_OPTIONS=print_stacktrace=1
work=$root/build/$preset/tests/fuzz

# corpora TARGET: the directories that a search starts from, one a line; the first one is written to.
corpora() {
    printf '%s\n' "$work/found/$1" "$root/tests/fuzz/corpus/$1"
    [[ $1 != records ]] || printf '%s\n' "$root/tests/schemas/examples"
}

# statistic LOG NAME: a figure that libFuzzer prints at its end.
statistic() { sed -n "s/^stat::$2: *//p" "$1" | tail -n 1; }

# search TARGET: one search; adds its line to the table.
search() {
    local target=$1 log=$work/$1.log dictionary=tests/fuzz/ekya.dict directories found
    [[ -x $bin/fuzz_$target ]] || refuse "$target is not built; some need --video"
    [[ ! -e tests/fuzz/$target.dict ]] || dictionary=tests/fuzz/$target.dict
    mapfile -t directories < <(corpora "$target")
    mkdir -p "${directories[0]}"
    rm -f "$work/$target"-{crash,timeout,oom,leak}-*
    printf '%s: %s s\n' "$target" "$seconds" >&2
    "$bin/fuzz_$target" -max_total_time="$seconds" -timeout="$input_seconds" -rss_limit_mb="$megabytes" \
        -print_final_stats=1 -dict="$dictionary" -artifact_prefix="$work/$target-" "${directories[@]}" >"$log" 2>&1 \
        || printf '%s: ended by a finding: %s\n' "$target" "$log" >&2
    found=$(find "$work" -maxdepth 1 -name "$target-*" \( -name '*-crash-*' -o -name '*-timeout-*' -o -name '*-oom-*' -o -name '*-leak-*' \))
    # Without the figures at its end the program has not searched.
    if [[ -n $found || -z $(statistic "$log" number_of_executed_units) ]]; then
        findings+=("${found:-$log}")
        [[ -n $found ]] || tail -n 5 "$log" >&2
    fi
    $merge && keep_what_is_new "$target"
    printf '%-16s %12s %10s %9s\n' "$target" "$(statistic "$log" number_of_executed_units)" \
        "$(statistic "$log" new_units_added)" "$(grep -c . <<<"$found" || true)" >>"$table"
}

# keep_what_is_new TARGET: libFuzzer adds inputs to a copy of the corpus if they reach something new; the others go.
keep_what_is_new() {
    local directories merged input
    mapfile -t directories < <(corpora "$1")
    merged=$(mktemp -d)
    for input in "${directories[@]:1}"; do cp "$input"/* "$merged"; done
    find "$merged" -type f -printf '%f\n' | sort >"$work/$1.kept"
    "$bin/fuzz_$1" -merge=1 -timeout="$input_seconds" -rss_limit_mb="$megabytes" "$merged" "${directories[0]}" >"$work/$1.merge.log" 2>&1
    while read -r input; do rm "$merged/$input"; done <"$work/$1.kept"
    rm -f "$work/$1.kept"
    find "${directories[0]}" -type f -delete
    find "$merged" -type f -exec mv -t "${directories[0]}" {} +
    rmdir "$merged"
}

findings=()
mkdir -p "$work"
table=$work/table
printf '%-16s %12s %10s %9s\n' target executions 'new inputs' findings >"$table"
for target in "${targets[@]}"; do search "$target"; done
cat "$table"
[[ ${#findings[@]} -gt 0 ]] || exit 0
printf '\nTo reproduce:\n'
while read -r finding; do
    name=${finding##*/}
    printf '  %s %s\n' "build/$preset/bin/fuzz_${name%%[-.]*}" "${finding#"$root"/}"
done < <(printf '%s\n' "${findings[@]}")
exit 1

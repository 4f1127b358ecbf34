#!/usr/bin/env bash
# fuzz.sh on targets that do what libFuzzer's would: the table, a finding and how to reproduce it, a target that does not start,
# and a smaller collection of inputs.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

mkdir -p "$work"/scripts/lib "$work"/build/fuzz/bin "$work"/tests/fuzz/corpus/{calm,broken,missing}
cp "$root/scripts/fuzz.sh" "$work/scripts/"
cp "$root/scripts/lib/build.sh" "$work/scripts/lib/"
touch "$work"/tests/fuzz/fuzz_{calm,broken,missing}.cpp "$work/tests/fuzz/corpus/calm/seed"
cat >"$work/build/fuzz/bin/fuzz_calm" <<'END'
#!/usr/bin/env bash
printf '%s\n' "$*" >>"${0%/*}/../arguments"
case $* in
    *-merge=1*) directories=("${@: -2}"); cp "${directories[1]}/new" "${directories[0]}" ;;
    *) for argument; do [[ $argument != */found/* ]] || touch "$argument"/{new,same}; done
       printf 'stat::number_of_executed_units: 1234\nstat::new_units_added: 56\n' ;;
esac
END
cat >"$work/build/fuzz/bin/fuzz_broken" <<'END'
#!/usr/bin/env bash
for argument; do [[ $argument != -artifact_prefix=* ]] || touch "${argument#*=}crash-0123"; done
printf 'stat::number_of_executed_units: 7\nstat::new_units_added: 0\n'
exit 77
END
printf '#!/usr/bin/env bash\nexit 1\n' >"$work/build/fuzz/bin/fuzz_missing"
chmod +x "$work"/build/fuzz/bin/fuzz_*

code=0
"$work/scripts/fuzz.sh" --no-build --seconds 3 --merge calm >"$work/out" 2>"$work/said" || code=$?
[[ $code -eq 0 ]] || { fails "no finding: exit $code"; cat "$work/said" >&2; }
grep -qE '^calm +1234 +56 +0$' "$work/out" || fails "the table says $(<"$work/out")"
grep -q -- '-max_total_time=3 -timeout=' "$work/build/fuzz/arguments" || fails 'the time is not handed on'
[[ $(ls "$work/build/fuzz/tests/fuzz/found/calm") == new ]] || fails 'what reaches nothing new was kept'
[[ $(ls "$work/tests/fuzz/corpus/calm") == seed ]] || fails 'the corpus was changed'

code=0
"$work/scripts/fuzz.sh" --no-build --seconds 3 >"$work/out" 2>"$work/said" || code=$?
[[ $code -eq 1 ]] || fails "a finding: exit $code"
grep -qE '^broken +7 +0 +1$' "$work/out" || fails "the table says $(<"$work/out")"
grep -qxE ' *build/fuzz/bin/fuzz_broken build/fuzz/tests/fuzz/broken-crash-0123' "$work/out" || fails 'no command for the finding'
grep -qxE ' *build/fuzz/bin/fuzz_missing build/fuzz/tests/fuzz/missing.log' "$work/out" || fails 'a target that did not start is no finding'
ends

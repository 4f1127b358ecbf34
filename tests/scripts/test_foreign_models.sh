#!/usr/bin/env bash
# Golden models of strangers: a TorchScript is a program. One that never answers is ended at its time limit and by SIGTERM; one that
# prints, writes or reads files, or gives answers of another shape, gets an error message and no labels.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
[[ -d $video/store ]] || skips "$video is not there: run the test tool.video"
cp -r "$video/store" "$work/store"
script() { "${PYTHON:-python3}" "$root/tests/support/torch_script.py" "$work/$1.pt" "${@:2}"; }
answer='return torch.mean(x, [2, 3])'

# label NAME [OPTION...]: labels with that script; leaves $code, and what was said in $work/NAME.out and $work/NAME.err.
label() {
    code=0
    "$EKYA_BIN/ekya-label" --streams "$video/streams.json" --store "$work/store" --window 2 --fraction 0.05 --choice uniform --replace --device cpu \
        --teacher "$work/$1.pt" "${@:2}" >"$work/$1.out" 2>"$work/$1.err" || code=$?
}
# refused NAME TEXT: the labelling failed with this message, and nothing was put out.
refused() {
    [[ $code -eq 1 || $code -eq 3 ]] || fails "$1: exit $code: $(<"$work/$1.err")"
    grep -qF -- "$2" "$work/$1.err" || fails "$1: the message is $(<"$work/$1.err")"
    [[ ! -s $work/$1.out ]] || fails "$1: puts out $(<"$work/$1.out")"
}
printf '%s\n' red green blue >"$work/three"

script sound "$answer"
label sound --names "$work/three" --class-map red=car --class-map green=car --class-map blue=car
[[ $code -eq 0 ]] || fails "a sound script: exit $code: $(<"$work/sound.err")"
! grep -q 'not confined' "$work/sound.err" || say "$(grep 'not confined' "$work/sound.err")"

script three "$answer"
label three
refused three 'puts out 3 scores for each crop, there are'

script prints 'print("{\"schema\":\"ekya.labels/1\"}")' "$answer"
label prints --names "$work/three" --class-map red=car --class-map green=car --class-map blue=car
cmp -s "$work/sound.out" "$work/prints.out" || jq -e .labels "$work/prints.out" >/dev/null || fails "print lands among records: $(<"$work/prints.out")"
[[ $(wc -l <"$work/prints.out") -eq $(wc -l <"$work/sound.out") ]] || fails 'print lands among records'

if ! grep -q 'files stay open' "$work/sound.err"; then
    script writes "torch.save(x, \"$work/written\")" "$answer"
    label writes --names "$work/three" --class-map red=car --class-map green=car --class-map blue=car
    [[ ! -e $work/written ]] || fails 'a script wrote a file'
    script loads setstate "torch.save(torch.zeros([1]), \"$work/written\")"
    label loads
    [[ ! -e $work/written ]] || fails 'a script wrote a file when it was loaded'
    printf 'a secret of some length, to be read as numbers\n' >"$work/secret"
    script reads "y = torch.from_file(\"$work/secret\", False, 9, dtype=0)" 'return torch.expand(torch.to(y, 6), [torch.size(x, 0), 9])'
    label reads
    refused reads 'fails on an input'
fi

script endless 'y = x' 'while True:' '  y = torch.add(y, 1)' '  print(1)' 'return torch.mean(y, [2, 3])'
start=$SECONDS
label endless --max-seconds 0.5
refused endless 'the golden model does not answer; it was ended 5 s after --max-seconds'
((SECONDS - start < 20)) || fails "an endless script took $((SECONDS - start)) s"

script asleep setstate 'y = 0' 'while True:' '  y = torch.add(y, 1)' '  print(y)'
start=$SECONDS
"$EKYA_BIN/ekya-label" --streams "$video/streams.json" --store "$work/store" --window 2 --replace --device cpu --teacher "$work/asleep.pt" \
    >"$work/asleep.out" 2>"$work/asleep.err" &
label=$!
# The script runs as soon as it is loaded, and from then on uses a core.
until [[ ! -r /proc/$label/stat || $(cut -d ' ' -f 14 "/proc/$label/stat" 2>/dev/null || true) -gt 100 ]]; do sleep 0.05; done
kill -TERM "$label" || true
code=0
wait "$label" || code=$?
[[ $code -eq 143 ]] || fails "SIGTERM: exit $code: $(<"$work/asleep.err")"
((SECONDS - start < 30)) || fails "SIGTERM took $((SECONDS - start)) s"
ends

#!/usr/bin/env bash
# Time and size of the report of a long service: made, opened, bytes.
set -euo pipefail

# Defaults
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
BIN=${EKYA_BIN:-$root/build/release/bin}
windows=1000
streams=8

usage() {
    cat <<END
Usage: report.sh [--windows N] [--streams N]

Makes a synthetic store of a service (bench/lib/report_store.py), writes its report and opens it in Chromium without a window.
Prints seconds to make it, its megabytes, and seconds from the start of the navigation until it is loaded, its curves drawn.

  --windows N  [1000]
  --streams N  [8]
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --windows) windows=$2; shift 2 ;;
        --streams) streams=$2; shift 2 ;;
        --help|-h) usage; exit 0 ;;
        *) printf 'report.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
    esac
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$root/bench/lib/report_store.py" "$work/store" --windows "$windows" --streams "$streams"
begin=$EPOCHREALTIME
"$BIN/ekya-report" "$work/store" -o "$work/report.html"
end=$EPOCHREALTIME
printf 'made in %s s\n' "$(bc <<<"$end - $begin")"
printf 'size %s MB\n' "$(bc <<<"scale=1; $(stat -c %s "$work/report.html") / 1000000")"
command -v chromium >/dev/null || { printf 'no chromium: not opened\n'; exit 0; }
# The page's own policy forbids measuring in it: a page of this script holds it in a frame.
cat >"$work/open.html" <<'END'
<!DOCTYPE html><title>waiting</title><script>
const begin = performance.now();
const frame = document.createElement('iframe');
frame.width = 1000; frame.height = 900;
frame.onload = () => {
  document.body.textContent = 'opened in ' + ((performance.now() - begin) / 1000).toFixed(2) + ' s';
};
frame.src = 'report.html';
document.documentElement.appendChild(document.createElement('body')).appendChild(frame);
</script>
END
chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --timeout=60000 --dump-dom "file://$work/open.html" 2>/dev/null \
    | grep -o 'opened in [0-9.]* s' || printf 'not opened\n'

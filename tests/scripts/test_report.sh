#!/usr/bin/env bash
# The page of a report in a real browser: no console error, no request, its curves with scripts and its pictures without.
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
command -v gnuplot >/dev/null || skips 'no gnuplot (Debian: gnuplot-nox)'
command -v chromium >/dev/null || skips 'no chromium'

python3 "$root/bench/lib/report_store.py" "$work/store" --windows 12 --streams 3 --seconds 10 --labels 20
# A class that would be markup, and a record that is cut off.
sed -i 's|"truck"|"</script><img src=http://127.0.0.1:9/x onerror=alert(1)>"|g' "$work"/store/streams/*/profiles/*.json
truncate -s 40 "$work/store/streams/camera-01/results/00004.json"
mkdir "$work/site"
"$EKYA_BIN/ekya-report" "$work/store" -o "$work/site/report.html" --svg "$work/svg" 2>"$work/messages" || fails "ekya-report: exit $?"
grep -q 'camera-01/results/00004.json' "$work/messages" || fails 'the damaged record is not named'
grep -q 'camera-01/results/00004.json' "$work/site/report.html" || fails 'the damaged record is not on the page'

python3 - "$work"/svg/*.svg <<'END' || fails 'a picture is no well-formed XML'
import sys
import xml.etree.ElementTree
for name in sys.argv[1:]:
    xml.etree.ElementTree.parse(name)
END

# A server that says what it was asked for.
(cd "$work/site" && exec python3 -u -m http.server --bind 127.0.0.1 0) >"$work/port" 2>"$work/requests" &
until grep -q 'http://' "$work/port"; do sleep 0.05; done
port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' "$work/port")

# Without scripts: a setting of the browser, since headless browsing itself needs them.
mkdir -p "$work/off/Default"
printf '{"profile":{"default_content_setting_values":{"javascript":2}}}\n' >"$work/off/Default/Preferences"

# browse PROFILE NAME OPTION...: what it writes into NAME, what its console said is a failure.
browse() {
    local profile=$1 name=$2
    timeout 60 chromium --headless=new --no-sandbox --disable-gpu --disable-background-networking --no-first-run --hide-scrollbars \
        --user-data-dir="$work/$profile" --enable-logging=stderr "${@:3}" "http://127.0.0.1:$port/report.html" \
        >"$work/$name" 2>"$work/$name.log" || fails "chromium ($name): exit $?"
    ! grep CONSOLE "$work/$name.log" >&2 || fails "$name: the console has messages"
}
browse on on.dom --dump-dom
browse off off.dom --dump-dom
browse off picture --screenshot="$work/off.png" --window-size=1000,2000

charts=$(grep -c 'data-chart=""' "$work/site/report.html")
[[ $charts -ge 2 ]] || fails "only $charts figures have curves"
live=$(grep -o 'class="live"' "$work/on.dom" | wc -l)
if grep -q 'dygraphs' "$work/site/report.html"; then
    [[ $live -eq $charts ]] || fails "$live of $charts figures have curves with scripts"
    [[ $(grep -o '<canvas' "$work/on.dom" | wc -l) -ge $((2 * charts)) ]] || fails 'no curve was drawn'
fi
! grep -q 'class="live"' "$work/off.dom" || fails 'scripts ran although they are off'
[[ $(grep -c 'data:image/svg' "$work/off.dom") -ge 6 ]] || fails 'pictures are missing without scripts'
! grep -q '<img src="http' "$work"/*.dom || fails 'the name of a class became markup'
# A page without pictures compresses to next to nothing.
[[ $(stat -c %s "$work/off.png") -gt 40000 ]] || fails 'without scripts the page shows no pictures'
asked=$(grep -o '"GET [^ ]*' "$work/requests" | sort | uniq -c)
[[ $(wc -l <<<"$asked") -eq 1 && $asked == *'3 "GET /report.html' ]] || fails "the browser asked for more: $asked"
ends

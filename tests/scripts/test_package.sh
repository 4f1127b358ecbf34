#!/usr/bin/env bash
# The Debian package: lintian finds nothing; installed in a clean root its tools, pages and completion work, the service
# starts by the command line of its unit and says so; removed, it leaves the store. With EKYA_LONG=1 (two minutes, network).
set -euo pipefail
# shellcheck source=tests/scripts/common.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"
[[ -n ${EKYA_LONG:-} ]] || skips 'takes minutes; EKYA_LONG=1 runs it'
build=$(cd "$EKYA_BIN/.." && pwd)
[[ -f $build/CPackConfig.cmake ]] || skips "$build is no build with a package"
for program in cpack dpkg-deb dpkg-shlibdeps; do
    command -v "$program" >"$work/found" || skips "$program is not installed (Debian: cmake, dpkg-dev)"
done

say 'the package'
cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package" >"$work/cpack.log" 2>&1 || { cat "$work/cpack.log" >&2; exit 1; }
packages=("$work"/package/ekya_*.deb)
package=${packages[0]}
dpkg-deb --field "$package" Depends | grep -q 'libc6' || fails 'the package does not depend on the libraries it links'
if command -v lintian >"$work/found"; then
    lintian --allow-root --fail-on error,warning "$package" >"$work/lintian" 2>&1 || fails "lintian: $(<"$work/lintian")"
else
    say 'no lintian: the package was not checked with it'
fi

[[ $(id -u) -eq 0 ]] || skips 'a root directory of Debian takes root; the package is built and checked'
command -v mmdebstrap >"$work/found" || skips 'mmdebstrap is not installed; the package is built and checked'
say 'a clean root with the package in it'
mirror=http://deb.debian.org/debian
timeout 20 bash -c 'exec 3<>/dev/tcp/deb.debian.org/80' 2>"$work/found" || skips "$mirror cannot be reached; the package is built and checked"
clean=$work/root
# shellcheck disable=SC2016  # mmdebstrap's shell has $1
mmdebstrap --quiet --variant=minbase --include=man-db,bash-completion \
    --customize-hook="copy-in $package /tmp" \
    --customize-hook='chroot "$1" sh -c "DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends /tmp/ekya_*.deb"' \
    bookworm "$clean" "$mirror" >"$work/mmdebstrap.log" 2>&1 || { tail -n 30 "$work/mmdebstrap.log" >&2; exit 1; }
# within COMMAND...: in the clean root.
within() { chroot "$clean" env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin LC_ALL=C.UTF-8 "$@"; }

within id ekya | grep -q '(video)' || fails 'there is no user ekya in the group video'
within ekya-doctor --store /var/lib/ekya >"$work/doctor" 2>&1 || fails "ekya-doctor: $(<"$work/doctor")"
within sh -c 'MANWIDTH=80 man ekya-train' >"$work/page" 2>&1 || fails "man ekya-train: $(<"$work/page")"
grep -q -- '--batch-size' "$work/page" || fails "man ekya-train shows: $(head -n 20 "$work/page")"
within bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader ekya-train; complete -p ekya-train' >"$work/said" 2>&1 \
    || fails "bash finds no completion: $(<"$work/said")"
[[ -s $clean/usr/share/zsh/vendor-completions/_ekya-train ]] || fails 'there is no completion for zsh'
for unit in ekya-serve.service ekya-window.service ekya-window.timer; do
    [[ -s $clean/usr/lib/systemd/system/$unit ]] || fails "$unit is not installed"
done

say 'the service, by the command line of its unit'
printf '{"schema":"ekya.streams/1","classes":["car","van"],"streams":[{"id":"a","source":"rtsp://127.0.0.1:9/a"}]}\n' >"$clean/etc/ekya/streams.json"
: >"$clean/etc/ekya/golden.onnx"
command=$(sed -n 's/^ExecStart=//p' "$clean/usr/lib/systemd/system/ekya-serve.service")
mkdir -m 777 "$clean/notify"
"${PYTHON:-python3}" "$root/tests/scripts/notify_listener.py" "$clean/notify/socket" "$work/notified" &
listener=$!
for ((i = 0; i < 100; ++i)); do [[ ! -S $clean/notify/socket ]] || break; sleep 0.1; done
# Mounts of the root's own, which go with the service; the user of the unit from there on.
# shellcheck disable=SC2086,SC2016  # words; that shell has $1
unshare --mount sh -ec 'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; shift; exec "$@"' sh "$clean" \
    chroot --userspec=ekya:ekya "$clean" env -i PATH=/usr/bin:/bin NOTIFY_SOCKET=/notify/socket WATCHDOG_USEC=2000000 \
    timeout --signal=TERM 60 $command >"$work/serve.log" 2>&1 &
service=$!
# told TEXT: waits until the service has said so.
told() {
    local i
    for ((i = 0; i < 300; ++i)); do
        ! grep -q "$1" "$work/notified" || return 0
        kill -0 "$service" 2>"$work/found" || break
        sleep 0.1
    done
    fails "the service does not say $1: $(<"$work/notified") $(<"$work/serve.log")"
}
told 'READY=1'
told 'STATUS=.*1 cameras'
told 'WATCHDOG=1'
process=$(pgrep -P "$service")
kill -HUP "$process"
told 'RELOADING=1'
kill -TERM "$process"
code=0
wait "$service" || code=$?
[[ $code -eq 143 ]] || fails "the service ends with $code: $(<"$work/serve.log")"
grep -q 'STOPPING=1' "$work/notified" || fails 'the service does not say that it stops'
kill "$listener"

say 'removal'
[[ -d $clean/var/lib/ekya/cameras ]] || fails 'the service has no store'
within dpkg --purge ekya >"$work/said" 2>&1 || fails "dpkg --purge: $(<"$work/said")"
[[ ! -e $clean/usr/bin/ekya-serve && ! -e $clean/etc/ekya/ekya-serve.toml ]] || fails 'the package leaves its files'
[[ -d $clean/var/lib/ekya/cameras && -f $clean/etc/ekya/streams.json ]] || fails 'purging took the store, or the list of cameras'
ends

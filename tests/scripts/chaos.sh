#!/usr/bin/env bash
# A service of four cameras in which faults happen at random; tests/scripts/chaos.py says which, and what is checked.
set -euo pipefail

# Defaults
hours=0.15
seed=1
report=''
faults=''

usage() {
    cat <<END_OF_USAGE
Usage: chaos.sh [--hours H] [--seed N] [--report FILE] [--faults NAME,NAME...]

ekya-serve with four cameras (two RTSP, two MJPEG), a golden detector and no annotations runs for H hours; every few seconds a fault
happens. Every minute all new records are validated, frames are accounted for, memory, open files and the store's size are measured.

  --hours H      [$hours]
  --seed N       of the faults, their times and their targets [$seed]
  --report FILE  a line of CSV for every minute
  --faults LIST  only these; --faults help lists them
Exit: 0 nothing was found; 1 something was; 2 wrong command line; 77 cannot run here.
END_OF_USAGE
}
wrong() { printf 'chaos.sh: %s\n' "$1" >&2; exit 2; }

while [[ $# -gt 0 ]]; do
    case $1 in
        --hours) hours=${2:?}; shift 2 ;;
        --seed) seed=${2:?}; shift 2 ;;
        --report) report=$(realpath -m -- "${2:?}"); shift 2 ;;
        --faults) faults=${2:?}; shift 2 ;;
        --help|-h) usage; exit 0 ;;
        *) wrong "unknown option $1" ;;
    esac
done
[[ $hours =~ ^[0-9]+(\.[0-9]+)?$ ]] || wrong '--hours: a number is needed'
[[ $seed =~ ^[0-9]+$ ]] || wrong '--seed: a whole number is needed'

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source=tests/scripts/common.sh
source "$here/common.sh"
needs_schemas
clip=$root/../shared/data/videos/car-detection.mp4
teacher=$root/../shared/data/models/fastestdet/FastestDet.onnx
[[ -r $clip && -r $teacher ]] || skips "$clip or $teacher is not there"
/usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null \
    || skips 'no RTSP server (Debian: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good)'
command -v ffmpeg >/dev/null || skips 'ffmpeg is not installed'

if [[ $faults != help ]]; then
    ffmpeg -nostdin -v error -stream_loop 40 -i "$clip" -t 600 -vf scale=384:-2,fps=5 -an -pix_fmt yuv420p -c:v libx264 \
        -preset ultrafast -g 5 -bf 0 "$work/cars.mp4" || skips 'ffmpeg cannot make a clip'
    mkdir "$work/pictures"
    ffmpeg -nostdin -v error -i "$work/cars.mp4" -t 60 -q:v 4 "$work/pictures/%04d.jpg"
fi
# The store on a small disk of its own, where this may be made (root), so that it can be full.
mkdir "$work/disk"
small_disk=false
if mount -t tmpfs -o size=300m tmpfs "$work/disk" 2>"$work/mount"; then small_disk=true; fi
without_disk() {
    local code=$?
    set +e
    pkill -KILL -f -- "--store $work/disk/store( |\$)"
    [[ -z ${EKYA_KEEP:-} ]] || cp -r "$work/disk" "$work/disk-left"
    ! $small_disk || umount -l "$work/disk"
    (exit "$code")
    clean_up   # exits with it
}
trap without_disk EXIT

"$python" "$here/chaos.py" --work "$work" --teacher "$teacher" --hours "$hours" --seed "$seed" --report "$report" --faults "$faults"

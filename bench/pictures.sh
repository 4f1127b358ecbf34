#!/usr/bin/env bash
# The two pictures of the README, from the store of an experiment.
set -euo pipefail

# Defaults
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
BIN=${EKYA_BIN:-$root/build/release/bin}
policy=best
to=$root/docs/pictures

usage() {
    cat <<END
Usage: pictures.sh [--policy NAME] [--to DIR] STORE

Draws resource allocation and accuracy over time of one policy of an experiment (ekya-loop; scripts/demo.sh leaves one in
ekya-demo/loop) into docs/pictures/allocation.svg and accuracy.svg.

  --policy NAME  the policy [best]
  --to DIR       where the pictures go [docs/pictures]
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --policy) policy=$2; shift 2 ;;
        --to) to=$2; shift 2 ;;
        --help|-h) usage; exit 0 ;;
        -*) printf 'pictures.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
        *) break ;;
    esac
done
[[ $# -eq 1 ]] || { printf 'pictures.sh: error: one store is needed; see --help\n' >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BIN/ekya-report" "$1" --policy "$policy" --svg "$work"
mkdir -p "$to"
for picture in allocation accuracy; do
    install -m 644 "$work/$picture-${policy//:/-}.svg" "$to/$picture.svg"
done

#!/usr/bin/env bash
# The main job, from a fresh clone: installs, builds, renders three street cameras that drift, runs the whole loop live.
set -euo pipefail

# Defaults
output=./ekya-demo
seconds=11                 # length of a retraining window
windows=10                 # of video; the first two train the base models
policies=none,uniform,thief,best
setup=true
task=classification

usage() {
    cat <<END
Usage: demo.sh [--output DIR] [--task T] [--policy P,...] [--no-setup]

Installs what is missing (scripts/setup.sh), builds, renders $windows windows of $seconds s of three street cameras whose
light, weather and traffic drift, and runs the loop live with each policy. Takes about 8 minutes after the build.

  --output DIR   where videos and results go [$output]
  --task T       classification (objects' boxes are known) or detection (models find them) [$task]
  --policy P     policies to run one after the other [$policies]
  --no-setup     install nothing
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --output) output=$2; shift 2 ;;
        --task) task=$2; shift 2 ;;
        --policy) policies=$2; shift 2 ;;
        --no-setup) setup=false; shift ;;
        --help|-h) usage; exit 0 ;;
        *) printf 'demo.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
    esac
done

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=scripts/lib/build.sh
source "$root/scripts/lib/build.sh"
mkdir -p "$output"
output=$(cd "$output" && pwd)
cd "$root"
! $setup || ./scripts/setup.sh
build_preset release programs
bin=build/release/bin

if [[ ! -e $output/video/streams.json ]]; then
    printf 'rendering three street cameras, %d s each\n' $((windows * seconds)) >&2
    "$bin/ekya-example-streets" --output "$output/video" --seconds $((windows * seconds)) --window "$seconds" --overwrite
fi
options=(--task "$task" --window "$seconds" --bootstrap 2 --policy "$policies" --pace realtime --fraction 0.15)
case $task in
    classification)
        # Windows of a few seconds on two cores have room for small retrainings only, and a tenth of so few labels teaches nothing:
        # four configurations instead of the 18 of the paper.
        store=loop
        options+=(--exemplars 150 --configs examples/streets/configs.json --profile-option=--min-samples=64)
        ;;
    detection)
        store=loop-detection
        ;;
    *) printf 'demo.sh: error: --task: classification or detection is needed\n' >&2; exit 2 ;;
esac
# An earlier run's results are not mixed with this one's.
rm -rf "${output:?}/$store"
./scripts/ekya-loop.sh --streams "$output/video/streams.json" --store "$output/$store" "${options[@]}"

#!/usr/bin/env bash
# Images or frames per second of retraining and inference, ours against plain PyTorch in Python on the same libtorch.
set -euo pipefail
# shellcheck source=bench/lib/bench.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lib/bench.sh"

# Defaults
output=''
runs=5
python=${PYTHON:-python3}
plain=()
# Network, width, input size, images per measurement; a detector is named as one.
cases=('resnet18 0.25 32 320' 'mobilenet_v2 0.5 32 320' 'shufflenet_v2 0.5 32 320' 'resnet18 1 64 64' 'detector resnet18 0.125 320x256 32')

usage() {
    cat <<END
Usage: throughput.sh [--mixed|--auto] [--runs N] [--output FILE] [--python P] [--channels-last] ['[detector] NETWORK WIDTH SIZE IMAGES'...]

Runs ekya-bench-nn and bench/throughput.py in turns, one process each, and prints CSV: images per second of CPU time of both, their
ratio, and the peak of resident memory of our process. Batch 32, one thread, medians. "all" and "head" are whole retrainings
of these layers, 3 epochs, set-up included; plain PyTorch runs the frozen layers in every epoch, as one does there. Of detectors (resnet18):
frames of 640 x 480 with 30 objects, SIZE is WIDTHxHEIGHT, batch 4, 5 epochs, also "last_stage"; inference is from bytes to boxes.
Counts CPU time, so other work on the machine disturbs it little; on an idle one it is wall-clock time.

  --runs N         measurements of each, after one that warms up [$runs]
  --output FILE    also write the table there
  --python P       an interpreter with torch and torchvision (Debian: python3-torchvision) [$python]
  --mixed          inference in bfloat16 and, of ResNets, retraining of all layers in mixed precision, both sides
  --auto           ours in the precision that it takes by default, PyTorch in full
  --channels-last  PyTorch with channels last in memory as well, which is not its default
Cases without arguments: ${cases[*]/%/;}
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --runs) [[ $# -ge 2 ]] || usage_error "$1 needs a value"; runs=$2; shift 2 ;;
        --output) [[ $# -ge 2 ]] || usage_error "$1 needs a value"; output=$2; shift 2 ;;
        --python) [[ $# -ge 2 ]] || usage_error "$1 needs a value"; python=$2; shift 2 ;;
        --mixed) plain+=(--precision mixed); shift ;;
        --auto) plain+=(--precision auto); shift ;;
        --channels-last) plain+=(--channels-last); shift ;;
        --help|-h) usage; exit 0 ;;
        -*) usage_error "unknown option $1" ;;
        *) break ;;
    esac
done
[[ $# -eq 0 ]] || cases=("$@")
[[ $runs =~ ^[1-9][0-9]*$ ]] || usage_error '--runs: a number from 1 is needed'
"$python" -c 'import torchvision' 2>/dev/null || usage_error "$python has no torchvision (Debian: python3-torchvision, with --python /usr/bin/python3)"
bench=$(program ekya-bench-nn)

table() {
    echo 'network,width,input_size,batch,threads,precision,work,images_per_second,images_per_second_pytorch,ratio,peak_mib'
    local entry task network width size images
    for entry in "${cases[@]}"; do
        task=classification
        if [[ $entry == 'detector '* ]]; then task=detection; entry=${entry#detector }; fi
        read -r network width size images <<<"$entry"
        OMP_NUM_THREADS=1 "$python" "$root/bench/throughput.py" --program "$bench" --runs "$runs" --task "$task" --network "$network" \
            --width "$width" --input-size "$size" --images "$images" "${plain[@]}"
    done
}
if [[ -n $output ]]; then table | tee "$output.part" && mv "$output.part" "$output"; else table; fi

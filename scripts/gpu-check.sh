#!/usr/bin/env bash
# Builds what a GPU needs of ekya, runs its tests and prints one table of what the card does. Needs nvcc, CMake, Ninja, doctest and a
# CUDA build of PyTorch with torchvision in Python; neither a network nor video libraries.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

build=build/gpu
python=${PYTHON:-python3}
seconds=1
bench=()

usage() {
    cat <<END
Usage: gpu-check.sh [--build DIR] [--python P] [--seconds S] [--networks N] [--mps]

Builds core, device and nn with CUDA in DIR [$build], runs their tests on the GPU, and times kernels and networks beside
plain PyTorch of interpreter P [$python], each measurement S seconds [$seconds]. With --mps, where the MPS daemon runs, also
inference and training side by side with parts of the card. Takes about eight minutes on 16 cores. The table goes to stdout.
END
}

while [[ $# -gt 0 ]]; do
    case $1 in
        --build) build=$2; shift 2 ;;
        --python) python=$2; shift 2 ;;
        --seconds) seconds=$2; shift 2 ;;
        --networks) bench+=(--networks "$2"); shift 2 ;;
        --mps) bench+=(--mps); shift ;;
        --help|-h) usage; exit 0 ;;
        *) printf 'gpu-check.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
    esac
done

nvidia-smi -L >&2 || { printf 'gpu-check.sh: error: no GPU was found\n' >&2; exit 1; }
torch=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$torch" -DCMAKE_CUDA_ARCHITECTURES=native \
    -DEKYA_NETWORKS_ONLY=ON -DEKYA_WITH_CUDA=ON -DEKYA_COMPILE_TOGETHER=OFF >&2
cmake --build "$build" --target test_device test_nn ekya-bench-gpu >&2
"$build/bin/test_device" --test-case='*cuda::*,*resample*,*letterbox*,*suppress*,*frame_difference*,*device*' >&2
"$build/bin/test_nn" --test-case='*on a GPU*' >&2
"$python" bench/gpu_check.py --program "$build/bin/ekya-bench-gpu" --seconds "$seconds" "${bench[@]}"

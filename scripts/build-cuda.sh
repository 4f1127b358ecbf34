#!/usr/bin/env bash
# Builds everything with CUDA, on a machine with or without a GPU, after scripts/setup.sh --cuda.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
venv=.venv-cuda

if [[ ${1:-} == --help || ${1:-} == -h ]]; then
    cat <<END
Usage: build-cuda.sh [TARGET...]

Configures the preset cuda with libtorch and nvcc of $venv (scripts/setup.sh --cuda) and builds all of it, or TARGETs, in
build/cuda. An nvcc of CUDA 13 in PATH, or the one that CUDACXX names, is taken first. CMAKE_CUDA_ARCHITECTURES in the environment says
for which cards, e.g. 90; default: Turing to Hopper.
END
    exit 0
fi
[[ -x $venv/bin/python ]] || { printf 'build-cuda.sh: error: %s is missing; run scripts/setup.sh --cuda\n' "$venv" >&2; exit 1; }
"$venv/bin/python" -c 'import torch' 2>/dev/null || { printf 'build-cuda.sh: error: %s has no libtorch; run scripts/setup.sh --cuda\n' "$venv" >&2; exit 1; }
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
nvcc=$(printf '%s\n' "$site"/nvidia/cu*/bin/nvcc | tail -n 1)
options=(-DCMAKE_PREFIX_PATH="$site/torch")
if [[ -z ${CUDACXX:-} ]] && ! command -v nvcc >/dev/null; then
    options+=(-DCMAKE_CUDA_COMPILER="$nvcc" -DCUDAToolkit_ROOT="${nvcc%/bin/nvcc}")
fi
[[ -z ${CMAKE_CUDA_ARCHITECTURES:-} ]] || options+=(-DCMAKE_CUDA_ARCHITECTURES="$CMAKE_CUDA_ARCHITECTURES")
cmake --fresh --preset cuda "${options[@]}"
targets=()
[[ $# -eq 0 ]] || targets=(--target "$@")
cmake --build --preset cuda "${targets[@]}"

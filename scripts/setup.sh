#!/usr/bin/env bash
# Installs what ekya needs, from Debian's packages (12 or newer). Safe to run again: what is there is left alone.
set -euo pipefail

build=(g++ cmake ninja-build pkg-config git ca-certificates)
libraries=(
    libtorch-dev libopenblas0-pthread libopenblas-dev    # without OpenBLAS small convolutions are 3 to 10 times slower
    libopencv-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev
    libzmq3-dev cppzmq-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libpng-dev libssl-dev
    coinor-libclp-dev
    libjs-dygraphs gnuplot-nox    # of ekya-report: curves that zoom, inlined by the build; pictures, drawn when it runs
    libncurses-dev                         # ekya-top
    prometheus-cpp-dev libcpp-httplib-dev  # ekya-metrics; ekya-preview
    libpaho-mqttpp-dev                     # ekya-mqtt
)
scripts=(jq bsdextrautils gawk util-linux coreutils procps)
tests=(
    doctest-dev coinor-libcbc-dev python3 python3-venv python3-jsonschema python3-torchvision shellcheck systemd ffmpeg
    slurm-wlm munge    # a cluster of two boxes on one machine
    gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good iproute2    # cameras for the tests of sources
    chromium curl    # what is shown, in the programs that show it
)
ci=(    # of .ci/run; the tests pass without
    clang clang-format clang-tidy libclang-rt-14-dev
    mosquitto mosquitto-clients prometheus    # whose packages start servers
    zsh man-db
)
bench=(libbenchmark-dev)    # timing programs; the tests pass without

torch_version=2.15.0    # of PyPI, the build with CUDA; brings the version of the CUDA Toolkit that goes with it
toolkit_version=13.0.2  # where there is no libtorch that says
venv=.venv-cuda
coco_version=2.0.11     # of PyPI, pycocotools; Debian has none
tests_venv=.venv-tests

# tests_environment: what tests need of PyPI, in a virtual environment beside the sources; they pass without.
tests_environment() {
    "$tests_venv/bin/python" -c 'import pycocotools' 2>/dev/null && return
    { python3 -m venv "$tests_venv" && "$tests_venv/bin/pip" install --quiet "pycocotools==$coco_version"; } \
        || printf 'setup.sh: warning: no pycocotools from PyPI; the test detection.pycocotools will be skipped\n' >&2
}

# cuda_environment [torch]: the CUDA Toolkit, and libtorch, in a virtual environment beside the sources.
cuda_environment() {
    local toolkit=$toolkit_version
    python3 -m venv "$venv"
    if [[ $# -gt 0 ]]; then
        "$venv/bin/pip" install --quiet "torch==$torch_version"
        toolkit=$("$venv/bin/python" -c 'import importlib.metadata as m; print(m.version("cuda-toolkit"))')
    fi
    "$venv/bin/pip" install --quiet "cuda-toolkit[nvcc,cudart,cccl,nvml,crt,nvvm]==$toolkit"
    # The packages hold libNAME.so.13 alone; linkers look for libNAME.so.
    local library
    for library in "$venv"/lib/python3*/site-packages/nvidia/cu*/lib/lib*.so.*; do
        ln -sfn "$(basename "$library")" "${library%%.so.*}.so"
    done
}

cuda=()
with_tests=1
case "${1:-}" in
    --nvcc) with_tests=0; cuda=(cuda_environment); packages=(python3 python3-venv g++) ;;
    --cuda) cuda=(cuda_environment torch); packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}" "${tests[@]}" "${bench[@]}" python3-venv) ;;
    '') packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}" "${tests[@]}" "${bench[@]}") ;;
    --for-ci) packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}" "${tests[@]}" "${bench[@]}" "${ci[@]}") ;;
    --without-tests) with_tests=0; packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}") ;;
    --help|-h)
        cat <<END
Usage: setup.sh [--without-tests | --for-ci | --cuda | --nvcc]

Installs the Debian packages that building, running, testing and timing ekya need; uses sudo unless it runs as root.
--without-tests leaves out what only tests and the timings in bench/ need (what Debian lacks
of it goes from PyPI into $tests_venv); --for-ci adds what .ci/run needs.
--cuda also installs a CUDA build of libtorch and the CUDA Toolkit from PyPI into $venv (about 6 GB), for
scripts/build-cuda.sh; the driver comes with the machine. --nvcc installs the CUDA compiler alone.
END
        exit 0 ;;
    *) printf 'setup.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
esac

command -v dpkg-query >/dev/null || { printf 'setup.sh: error: this is not a Debian system; install by hand: %s\n' "${packages[*]}" >&2; exit 1; }
missing=()
for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
install_missing() {
    [[ ${#missing[@]} -gt 0 ]] || return 0
    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || { printf 'setup.sh: error: not root and no sudo; install as root: apt-get install %s\n' "${missing[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    printf 'setup.sh: installing from Debian: %s\n' "${missing[*]}" >&2
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}
install_missing
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
if [[ $with_tests -eq 1 ]]; then tests_environment; fi
if [[ ${#cuda[@]} -gt 0 ]]; then "${cuda[@]}"; fi

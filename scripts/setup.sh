#!/usr/bin/env bash
# Installs what ekya needs, from Debian's packages (12 or newer). Safe to run again: what is there is left alone.
set -euo pipefail

build=(g++ cmake ninja-build pkg-config git ca-certificates)
libraries=(
    libtorch-dev libopenblas0-pthread libopenblas-dev    # without OpenBLAS small convolutions are 3 to 10 times slower
    libopencv-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libavdevice-dev
    libzmq3-dev cppzmq-dev nlohmann-json3-dev libcli11-dev libspdlog-dev libpng-dev libssl-dev
    coinor-libclp-dev
)
scripts=(jq bsdextrautils gawk util-linux coreutils procps)
tests=(
    doctest-dev coinor-libcbc-dev python3 python3-jsonschema python3-torchvision shellcheck systemd ffmpeg
    slurm-wlm munge    # a cluster of two boxes on one machine
    gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good iproute2    # cameras for the tests of sources
)
ci=(clang clang-format clang-tidy libclang-rt-14-dev)    # of .ci/run; the tests pass without
bench=(libbenchmark-dev gnuplot-nox)    # timing programs and their figures; the tests pass without

case "${1:-}" in
    '') packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}" "${tests[@]}" "${bench[@]}") ;;
    --for-ci) packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}" "${tests[@]}" "${bench[@]}" "${ci[@]}") ;;
    --without-tests) packages=("${build[@]}" "${libraries[@]}" "${scripts[@]}") ;;
    --help|-h)
        cat <<END
Usage: setup.sh [--without-tests | --for-ci]

Installs the Debian packages that building, running, testing and timing ekya need; uses sudo unless it runs as root.
--without-tests leaves out what only tests and the timings in bench/ need; --for-ci adds what .ci/run needs.
A CUDA build of libtorch is found instead of Debian's if CMAKE_PREFIX_PATH names it, e.g. after
  python3 -m venv torch && torch/bin/pip install torch
  export CMAKE_PREFIX_PATH=\$(torch/bin/python -c 'import torch; print(torch.utils.cmake_prefix_path)')
END
        exit 0 ;;
    *) printf 'setup.sh: error: unknown option %s; see --help\n' "$1" >&2; exit 2 ;;
esac

command -v dpkg-query >/dev/null || { printf 'setup.sh: error: this is not a Debian system; install by hand: %s\n' "${packages[*]}" >&2; exit 1; }
missing=()
for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || { printf 'setup.sh: error: not root and no sudo; install as root: apt-get install %s\n' "${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
printf 'setup.sh: installing from Debian: %s\n' "${missing[*]}" >&2
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"

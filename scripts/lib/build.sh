# shellcheck shell=bash
# Building, as demo.sh and test.sh do it. Sourced, not run.

# build_preset PRESET [TARGET...]: configures once and builds.
build_preset() {
    local preset=$1 options=() targets=()
    shift
    [[ $# -eq 0 ]] || targets=(--target "$@")
    if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    cmake --preset "$preset" "${options[@]}" >/dev/null
    # Compiling against libtorch takes up to 2 GB a process.
    local jobs memory_gb
    memory_gb=$(awk '/MemTotal/ { print int($2 / 1048576) }' /proc/meminfo)
    jobs=$(nproc)
    (( jobs * 2 <= memory_gb )) || jobs=$(( memory_gb / 2 > 0 ? memory_gb / 2 : 1 ))
    cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
}

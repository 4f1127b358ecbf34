# shellcheck shell=bash
# Building, as demo.sh and test.sh do it. Sourced, not run.

# build_preset PRESET [TARGET...]: configures once and builds.
build_preset() {
    local preset=$1 options=() targets=() jobs kilobytes
    shift
    [[ $# -eq 0 ]] || targets=(--target "$@")
    if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    cmake --preset "$preset" "${options[@]}" >/dev/null
    # Compiling against libtorch takes up to 2 GB a process.
    read -r _ kilobytes _ </proc/meminfo
    jobs=$(( kilobytes / 2000000 ))
    jobs=$(( jobs > $(nproc) ? $(nproc) : jobs > 1 ? jobs : 1 ))
    cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
}

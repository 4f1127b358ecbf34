#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace ekya {

/// What a process still needs once it has opened a model of a stranger.
struct ConfinementOptions {
    std::size_t memory = 0;  ///< bytes beyond what it has
    /// Files and directories; libraries in use, /usr, /etc and the system's own (/proc, /sys, /dev)
    /// are readable besides.
    std::vector<std::filesystem::path> readable;
    std::vector<std::filesystem::path> writable;  ///< directories, which exist
    bool gpu = false;  ///< drivers of GPUs use local sockets and may start a program
};

/// Takes rights from this process, for good: more memory than said, new privileges, sockets of any
/// network, other programs, debugging of other processes (seccomp, for all threads), and files
/// outside the lists (Landlock, for the calling thread and those it starts). Descriptors that are
/// open stay usable.
/// @return what the system does not offer, in words; the rest holds
[[nodiscard]] std::vector<std::string> confine(const ConfinementOptions& options);

}  // namespace ekya

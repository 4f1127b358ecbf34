#include "ekya/core/memory_limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace ekya {
namespace {

/// "VmData:  1234 kB" of /proc/self/status, which is what RLIMIT_DATA limits.
std::size_t data_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word != "VmData:") continue;
        std::size_t kilobytes = 0;
        status >> kilobytes;
        return kilobytes << 10;
    }
    return 0;
}

}  // namespace

bool limit_memory_growth(std::size_t bytes) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    rlimit limit{};
    if (::getrlimit(RLIMIT_DATA, &limit) != 0) return false;
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, data_bytes() + bytes);
    limit.rlim_max = std::min(limit.rlim_max, limit.rlim_cur);
    return ::setrlimit(RLIMIT_DATA, &limit) == 0;
}

}  // namespace ekya

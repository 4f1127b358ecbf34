#include "advice.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace ekya::cli {

std::string with_advice(const std::string& message) {
    struct Limit {
        const char* sign;    ///< stands in messages about it
        const char* advice;  ///< what to do
    };
    static const std::array<Limit, 5> limits{{
        {std::strerror(EMFILE), "raise the limit of open files (ulimit -n, LimitNOFILE=)"},
        {"bad_alloc", "there is no more memory; see ulimit -v, MemoryMax="},
        {"Cannot allocate memory", "there is no more memory; see ulimit -v, MemoryMax="},
        {"cannot start a thread",
         "raise the limits of memory and processes (ulimit -v, ulimit -u, TasksMax=)"},
        {std::strerror(EFBIG), "raise the limit of file sizes (ulimit -f, LimitFSIZE=)"},
    }};
    for (const auto& limit : limits)
        if (message.find(limit.sign) != std::string::npos) return message + "; " + limit.advice;
    return message;
}

}  // namespace ekya::cli

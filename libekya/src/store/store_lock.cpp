#include "ekya/store/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ekya/core/errors.hpp"

namespace ekya {

StoreLock::StoreLock(const std::filesystem::path& store, const std::string& name,
                     const std::string& holder) {
    std::error_code code;
    std::filesystem::create_directories(store, code);
    const auto file = store / name;
    file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) throw SystemError(file.string() + ": cannot open: " + std::strerror(errno));
    if (flock(file_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(file_);
    throw SystemError(store.string() + ": another " + holder + " is at work here");
}

StoreLock::~StoreLock() { ::close(file_); }

}  // namespace ekya

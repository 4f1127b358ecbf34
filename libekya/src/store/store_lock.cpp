#include "ekya/store/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

std::string holder_of(int file) {
    std::array<char, 256> text;
    const ssize_t size = pread(file, text.data(), text.size(), 0);
    std::string line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return line.substr(0, line.find('\n'));
}

}  // namespace

StoreLock::StoreLock(const std::filesystem::path& store, const std::string& holder,
                     Seconds patience) {
    std::error_code code;
    std::filesystem::create_directories(store, code);
    const auto file = store / ".lock";
    file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file_ < 0) throw SystemError(file.string() + ": cannot open: " + std::strerror(errno));
    SystemClock clock;
    const Seconds until = clock.now() + patience;
    bool held = false;
    while (!(held = flock(file_, LOCK_EX | LOCK_NB) == 0) && clock.now() < until) clock.sleep(0.05);
    if (held) {
        write_holder(holder);
        return;
    }
    const std::string holds = holder_of(file_);
    ::close(file_);
    throw SystemError(store.string() + ": is held by " +
                      (holds.empty() ? "another program" : holds));
}

/// For people: a lock without it is a lock as well, so a full disk is no error here.
void StoreLock::write_holder(const std::string& holder) const {
    const std::string text = holder + ", process " + std::to_string(getpid()) + ", since " +
                             utc_text(unix_time()) + "\n";
    if (ftruncate(file_, 0) == 0) (void)!pwrite(file_, text.data(), text.size(), 0);
}

StoreLock::~StoreLock() { ::close(file_); }

}  // namespace ekya

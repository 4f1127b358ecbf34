#include "ekya/store/store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
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

/// Whether a descriptor is of the file that has this name.
bool is_at(int descriptor, const std::filesystem::path& file) {
    struct stat held {
    }, named{};
    return fstat(descriptor, &held) == 0 && lstat(file.c_str(), &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

}  // namespace

StoreLock::StoreLock(const std::filesystem::path& store, const std::string& holder,
                     Seconds patience)
    : store_(store), holder_(holder) {
    std::error_code code;
    std::filesystem::create_directories(store, code);
    if (const auto other = take(patience); !other.empty()) throw SystemError(other);
}

std::string StoreLock::take(Seconds patience) {
    const auto file = store_ / ".lock";
    SystemClock clock;
    const Seconds until = clock.now() + patience;
    while (true) {
        // Opening a pipe without O_NONBLOCK may wait.
        const int opened =
            ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
        if (opened < 0) throw SystemError(file.string() + ": cannot open: " + std::strerror(errno));
        const bool held = flock(opened, LOCK_EX | LOCK_NB) == 0;
        if (held && is_at(opened, file)) {
            if (file_ >= 0) ::close(file_);
            file_ = opened;
            write_holder();
            return {};
        }
        const std::string holds = held ? "" : holder_of(opened);
        ::close(opened);
        if (held) continue;  // a file that was deleted meanwhile
        if (clock.now() >= until)
            return store_.string() + ": is held by " + (holds.empty() ? "another program" : holds);
        clock.sleep(0.05);
    }
}

std::string StoreLock::look_again() {
    const auto file = store_ / ".lock";
    if (is_at(file_, file)) return {};
    if (const auto other = take(0); !other.empty())
        throw SystemError(file.string() + " was deleted or replaced, and " + other);
    return file.string() + ": was deleted or replaced; it is taken again";
}

/// For people: a lock without it is a lock as well, so a full disk is no error here.
void StoreLock::write_holder() const {
    const std::string text = holder_ + ", process " + std::to_string(getpid()) + ", since " +
                             utc_text(unix_time()) + "\n";
    if (ftruncate(file_, 0) == 0) (void)!pwrite(file_, text.data(), text.size(), 0);
}

StoreLock::~StoreLock() { ::close(file_); }

}  // namespace ekya

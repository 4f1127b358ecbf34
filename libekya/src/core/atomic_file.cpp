#include "ekya/core/atomic_file.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/core/new_file.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr int most_tries = 10;  // against other writers of the same directory

[[noreturn]] void fail(const std::string& what, const fs::path& file, int code) {
    throw SystemError(file.string() + ": " + what + ": " + std::strerror(code));
}

/// A descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(const fs::path& file, int flags) : fd_(::open(file.c_str(), flags | O_CLOEXEC)) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

void sync(const fs::path& file) {
    // Opening a pipe without O_NONBLOCK waits for its writer.
    const Descriptor descriptor(file, O_RDONLY | O_NONBLOCK);
    if (descriptor.get() < 0) fail("cannot open to sync", file, errno);
    if (::fsync(descriptor.get()) != 0 && errno != EINVAL) fail("cannot sync", file, errno);
}

void write_all(const fs::path& file, std::string_view content, unsigned mode) {
    const Descriptor descriptor(open_new_file(file, mode));
    if (descriptor.get() < 0) fail("cannot create", file, errno);
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor.get(), content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail("cannot write", file, errno);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(descriptor.get()) != 0 && errno != EINVAL) fail("cannot sync", file, errno);
}

fs::path parent_of(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

void rename_durably(const fs::path& from, const fs::path& to) {
    std::error_code code;
    fs::rename(from, to, code);
    if (code) fail("cannot rename to it", to, code.value());
    sync(parent_of(to));
}

void make_directories(const fs::path& directory) {
    std::error_code code;
    fs::create_directories(directory, code);
    if (code) fail("cannot create directory", directory, code.value());
}

}  // namespace

void write_atomically(const fs::path& file, std::string_view content, unsigned mode) {
    make_directories(parent_of(file));
    const fs::path part = part_of(file);  // process ids keep two writers apart
    try {
        write_all(part, content, mode);
        rename_durably(part, file);
    } catch (...) {
        std::error_code ignored;
        fs::remove(part, ignored);
        throw;
    }
}

AtomicDirectory::AtomicDirectory(fs::path directory)
    : target_(std::move(directory)), aside_(part_of(target_)) {
    std::error_code ignored;
    fs::remove_all(aside_, ignored);
    make_directories(parent_of(aside_));
    // A link to a directory that has its name is no place to write.
    if (::mkdir(aside_.c_str(), 0777) != 0) fail("cannot create directory", aside_, errno);
}

AtomicDirectory::~AtomicDirectory() {
    if (committed_) return;
    std::error_code ignored;
    fs::remove_all(aside_, ignored);
}

void AtomicDirectory::commit() {
    for (const auto& entry : fs::recursive_directory_iterator(aside_))
        if (!entry.is_symlink()) sync(entry.path());
    // A directory cannot be renamed over a full one, but the two can change places.
    // Another writer may be first in between.
    const auto take_place = [this](unsigned how) {
        return ::renameat2(AT_FDCWD, aside_.c_str(), AT_FDCWD, target_.c_str(), how) == 0;
    };
    for (int i = 0; i < most_tries; ++i) {
        const bool exchanged = take_place(RENAME_EXCHANGE);
        committed_ = !exchanged && errno == ENOENT && take_place(RENAME_NOREPLACE);
        if (exchanged || committed_) {
            sync(parent_of(target_));
            committed_ = true;
            std::error_code ignored;
            if (exchanged) fs::remove_all(aside_, ignored);
            return;
        }
        if (errno != EEXIST) break;
    }
    // Not every file system can do that: readers may miss it for an instant, they never see a half
    // one.
    std::error_code code;
    const fs::path old = old_of(target_);
    if (fs::exists(fs::symlink_status(target_, code))) rename_durably(target_, old);
    try {
        rename_durably(aside_, target_);
    } catch (...) {
        if (fs::exists(fs::symlink_status(old, code))) fs::rename(old, target_, code);
        throw;
    }
    committed_ = true;
    fs::remove_all(old, code);
}

std::string read_file(const fs::path& file, std::size_t most_bytes) {
    const auto refuse = [&](const std::string& why) {
        throw InputError(file.string() + ": " + why);
    };
    // Opening a pipe without O_NONBLOCK waits for its writer.
    const Descriptor descriptor(file, O_RDONLY | O_NONBLOCK);
    if (descriptor.get() < 0) refuse(std::string("cannot open: ") + std::strerror(errno));
    struct stat found {};
    if (::fstat(descriptor.get(), &found) != 0)
        refuse(std::string("cannot read: ") + std::strerror(errno));
    if (S_ISDIR(found.st_mode)) refuse("is a directory, a file is needed");
    if (!S_ISREG(found.st_mode)) refuse("is a pipe or a device, a file is needed");
    const auto size = static_cast<std::size_t>(found.st_size);
    if (size > most_bytes)
        refuse(std::to_string(size) + " bytes, at most " + std::to_string(most_bytes) +
               " are read");
    // Files of /proc and /sys have no size: what they hold is known at their end only.
    std::string content(size == 0 ? std::size_t{1} << 16 : size + 1, '\0');
    std::size_t got = 0;
    while (true) {
        const ssize_t part = ::read(descriptor.get(), content.data() + got, content.size() - got);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) refuse(std::string("cannot read: ") + std::strerror(errno));
        if (part == 0) break;
        got += static_cast<std::size_t>(part);
        if (got > most_bytes) refuse("more than " + std::to_string(most_bytes) + " bytes");
        if (got == content.size()) content.resize(2 * got);
    }
    content.resize(got);
    return content;
}

}  // namespace ekya

#include "ekya/core/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/new_file.hpp"

namespace ekya {
namespace {

bool is_full(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

std::string DropTally::dropped(const std::string& why) {
    if (++now_ > 1) return {};
    return where_ + ": cannot be written: " + why + "; " + what_ + " are dropped until it can";
}

std::string DropTally::written() {
    if (now_ == 0) return {};
    const std::int64_t lost = std::exchange(now_, 0);
    before_ += lost;
    return where_ + ": is written again; " + std::to_string(lost) + " " + what_ + " were dropped";
}

LineFile::LineFile(std::filesystem::path file, std::string what)
    : file_(std::move(file)), tally_(std::move(what), file_.string()) {
    if (const int error = open(); error != 0 && !is_full(error))
        throw SystemError(file_.string() + ": cannot open to append: " + std::strerror(error));
}

LineFile::~LineFile() { close(); }

LineFile::LineFile(LineFile&& other) noexcept
    : file_(std::move(other.file_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      told_of_name_(other.told_of_name_),
      tally_(std::move(other.tally_)) {}

LineFile& LineFile::operator=(LineFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(told_of_name_, other.told_of_name_);
    std::swap(tally_, other.tally_);
    return *this;
}

int LineFile::open() {
    // Opening a pipe without O_NONBLOCK waits for its reader.
    descriptor_ = ::open(file_.c_str(),
                         O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0644);
    if (descriptor_ < 0) return errno;
    fcntl(descriptor_, F_SETFL, O_APPEND);
    return 0;
}

/// A line that does not fit is taken out again.
int LineFile::write(std::string_view line) const {
    struct stat before {};
    if (fstat(descriptor_, &before) != 0) return errno;
    while (!line.empty()) {
        const ssize_t written = ::write(descriptor_, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int error = errno;
            if (S_ISREG(before.st_mode)) (void)!ftruncate(descriptor_, before.st_size);
            return error;
        }
        line.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

void LineFile::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

std::string LineFile::add(std::string_view line) {
    int error = descriptor_ < 0 ? open() : 0;
    if (error == 0) error = write(std::string(line) + "\n");
    return error == 0 ? tally_.written() : tally_.dropped(std::strerror(error));
}

std::uintmax_t LineFile::size() const {
    struct stat now {};
    if (descriptor_ < 0 || fstat(descriptor_, &now) != 0 || !S_ISREG(now.st_mode)) return 0;
    return static_cast<std::uintmax_t>(now.st_size);
}

std::string LineFile::begin_anew(const std::filesystem::path& kept_as) {
    if (const auto code = take_name(file_, kept_as)) {
        if (std::exchange(told_of_name_, true)) return {};
        return file_.string() + ": cannot be renamed to " + kept_as.string() + ": " +
               code.message() + "; it grows on";
    }
    told_of_name_ = false;
    close();
    (void)open();  // else with the next line
    return {};
}

}  // namespace ekya

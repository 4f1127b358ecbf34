#include "ekya/core/new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code write_all(int descriptor, std::string_view content) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return last_error();
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

fs::path renamed(const fs::path& obstacle) try {
    return rename_damaged(obstacle);
} catch (const SystemError&) {
    return {};
}

}  // namespace

int open_new_file(const fs::path& file, unsigned mode) {
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return -1;
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

std::error_code write_aside(const fs::path& file, std::string_view content, unsigned mode) {
    const fs::path aside = part_of(file);
    const int descriptor = open_new_file(aside, mode);
    if (descriptor < 0) return last_error();
    auto code = write_all(descriptor, content);
    ::close(descriptor);
    if (!code) fs::rename(aside, file, code);
    if (code) ::unlink(aside.c_str());
    return code;
}

std::error_code take_name(const fs::path& from, const fs::path& to) {
    std::error_code code;
    fs::rename(from, to, code);
    if (code && fs::is_directory(fs::symlink_status(to, code)) && !renamed(to).empty())
        fs::rename(from, to, code);
    return code;
}

fs::path make_room_for_file(const fs::path& file) {
    std::error_code code;
    const auto status = fs::symlink_status(file, code);
    const bool obstacle = fs::is_symlink(status) || fs::is_directory(status) ||
                          fs::is_fifo(status) || fs::is_socket(status);
    return obstacle ? renamed(file) : fs::path();
}

fs::path make_room_for_directory(const fs::path& directory, bool links) {
    std::error_code code;
    const auto status = fs::symlink_status(directory, code);
    if (!fs::exists(status) || fs::is_directory(status)) return {};
    if (links && fs::is_directory(directory, code)) return {};
    return renamed(directory);
}

}  // namespace ekya

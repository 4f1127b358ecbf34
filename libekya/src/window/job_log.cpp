#include "job_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/new_file.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

// Of a log that a program which is started again and again appends to; the one before is kept.
constexpr std::uintmax_t most_bytes = 16'000'000;

/// As bash's ${word@Q}.
std::string quoted(const std::string& word) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; };
    bool control = false;
    for (const char c : word) control = control || is_control(c);
    std::string text = control ? "$'" : "'";
    for (const char c : word) {
        if (control && is_control(c)) {
            std::array<char, 8> code{};
            std::snprintf(code.data(), code.size(), "\\%03o", static_cast<unsigned>(c) & 0xff);
            text += c == '\n' ? "\\n" : c == '\t' ? "\\t" : code.data();
        } else if (control && (c == '\'' || c == '\\')) {
            text += std::string("\\") + c;
        } else {
            text += c == '\'' ? std::string("'\\''") : std::string(1, c);
        }
    }
    return text + "'";
}

}  // namespace

Descriptor::Descriptor(const std::filesystem::path& file, int flags) {
    // Opening a pipe without O_NONBLOCK waits for its other end.
    const int opened = open(file.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0644);
    descriptor_ = opened >= 0 && opened < 3 ? fcntl(opened, F_DUPFD_CLOEXEC, 3) : opened;
    const int error = errno;
    if (opened >= 0 && opened < 3) close(opened);
    if (descriptor_ < 0)
        throw SystemError(file.string() + ": cannot be opened: " + std::strerror(error));
    fcntl(descriptor_, F_SETFL, flags & O_APPEND);
}

Descriptor open_records(const std::filesystem::path& file) {
    if (std::error_code code; std::filesystem::is_character_file(file, code))
        return {file, O_WRONLY};
    const int opened = open_new_file(file);
    const int error = errno;
    Descriptor records(opened >= 0 && opened < 3 ? fcntl(opened, F_DUPFD_CLOEXEC, 3) : opened);
    if (opened >= 0 && opened < 3) close(opened);
    if (records.get() < 0)
        throw SystemError(file.string() + ": cannot be made: " + std::strerror(error));
    return records;
}

void make_room(const JobRequest& request) {
    (void)make_room_for_file(request.log);
    std::error_code code;
    if (std::filesystem::is_directory(request.records, code))
        (void)make_room_for_file(request.records);
    if (!request.directory.empty()) (void)make_room_for_directory(request.directory, false);
}

Descriptor::~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

JobLog::JobLog(const std::filesystem::path& file, const std::vector<std::string>& command) {
    std::error_code ignored;  // opening says what is wrong
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), ignored);
    if (const auto size = std::filesystem::file_size(file, ignored); !ignored && size > most_bytes)
        (void)take_name(file, file.string() + ".1");
    file_ = Descriptor(file, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
    std::string line = "#";
    for (const auto& word : command) line += " " + quoted(without_secrets(word));
    say(line);
}

void JobLog::say(const std::string& line) const {
    const std::string text = line + "\n";
    const ssize_t written = write(file_.get(), text.data(), text.size());
    (void)written;  // on a full disk the job itself is what matters
}

void JobLog::close_with(int exit_code) const {
    std::array<char, 64> line{};
    std::snprintf(line.data(), line.size(), "# exit %d after %.3f s", exit_code,
                  clock_.now() - start_);
    say(line.data());
}

}  // namespace ekya

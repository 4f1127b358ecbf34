#include "ekya/window/job_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/new_file.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

/// Of use.jsonl, about a day of stretches of a second; the file before it is kept as use.1.jsonl.
constexpr std::uintmax_t most_use_bytes = 16'000'000;

/// Not made durable: after a crash of the machine the job is gone as well.
/// @return whether it could be written
bool write_line_aside(const fs::path& file, const std::string& line) {
    return !write_aside(file, line + "\n");
}

/// A disk that is full has no room for another file, but the blocks of the one that is there stay
/// its own. A reader that comes in between may find a line that is none, and looks again.
bool write_in_place(const fs::path& file, const std::string& line) {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) return false;
    const std::string text = line + "\n";
    const auto size = static_cast<ssize_t>(text.size());
    const bool written =
        pwrite(descriptor, text.data(), text.size(), 0) == size && ftruncate(descriptor, size) == 0;
    close(descriptor);
    return written;
}

}  // namespace

JobDirectory::JobDirectory(const fs::path& directory) : directory_(directory) {
    std::error_code code;
    fs::create_directories(directory, code);
    fs::remove(directory / "order.json", code);
    (void)make_room_for_file(directory / "use.jsonl");
    use_ = LineFile(directory / "use.jsonl");  // a job that is started again goes on
}

void JobDirectory::add(const JobUse& use) {
    (void)use_.add(to_line(encode(use)));  // the sums are in the record too
    if (use_.size() >= most_use_bytes) (void)use_.begin_anew(directory_ / "use.1.jsonl");
}

bool JobDirectory::write(const JobRecord& record) const { return write_record(directory_, record); }

std::optional<JobOrder> JobDirectory::next_order() {
    struct stat now {};
    const fs::path file = directory_ / "order.json";
    if (stat(file.c_str(), &now) != 0) return std::nullopt;
    const bool same = now.st_ino == seen_.st_ino && now.st_size == seen_.st_size &&
                      now.st_mtim.tv_sec == seen_.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == seen_.st_mtim.tv_nsec;
    if (same) return std::nullopt;
    seen_ = now;
    return read_record<JobOrder>(file);
}

bool write_record(const fs::path& directory, const JobRecord& record) {
    const fs::path file = directory / "job.json";
    const std::string line = to_line(encode(record));
    return write_line_aside(file, line) || write_in_place(file, line);
}

void write_order(const fs::path& directory, const JobOrder& order) {
    const fs::path file = directory / "order.json";
    if (!write_line_aside(file, to_line(encode(order))))
        throw SystemError(file.string() + ": cannot be written");
}

}  // namespace ekya

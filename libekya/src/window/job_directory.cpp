#include "ekya/window/job_directory.hpp"

#include <sys/stat.h>

#include "ekya/core/errors.hpp"
#include "ekya/core/new_file.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/state_file.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

/// Of use.jsonl, about a day of stretches of a second; the file before it is kept as use.1.jsonl.
constexpr std::uintmax_t most_use_bytes = 16'000'000;

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
    return write_state(directory / "job.json", encode(record));
}

void write_order(const fs::path& directory, const JobOrder& order) {
    const fs::path file = directory / "order.json";
    if (!replace_line(file, to_line(encode(order))))
        throw SystemError(file.string() + ": cannot be written");
}

}  // namespace ekya

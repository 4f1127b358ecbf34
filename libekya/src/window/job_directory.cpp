#include "ekya/window/job_directory.hpp"

#include <unistd.h>

#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;

/// Of use.jsonl, about a day of stretches of a second; the file before it is kept as use.1.jsonl.
constexpr std::streamoff most_use_bytes = 16'000'000;

/// Aside and renamed, but not made durable: after a crash of the machine the job is gone as well.
/// @return whether it could be written
bool write_aside(const fs::path& file, const std::string& line) {
    const fs::path aside =
        file.parent_path() / ("." + file.filename().string() + "." + std::to_string(getpid()));
    std::error_code code;
    if (std::ofstream(aside) << line << '\n' << std::flush)
        fs::rename(aside, file, code);
    else
        code = std::make_error_code(std::errc::no_space_on_device);
    if (!code) return true;
    std::error_code ignored;
    fs::remove(aside, ignored);
    return false;
}

}  // namespace

JobDirectory::JobDirectory(const fs::path& directory) : directory_(directory) {
    std::error_code code;
    fs::create_directories(directory, code);
    fs::remove(directory / "order.json", code);
    use_.open(directory / "use.jsonl", std::ios::app);  // a job that is started again goes on
    if (!use_) throw SystemError((directory / "use.jsonl").string() + ": cannot be written");
}

void JobDirectory::add(const JobUse& use) {
    use_.clear();  // a disk that was full may have room again
    use_ << to_line(encode(use)) << std::endl;
    if (use_.tellp() < most_use_bytes) return;
    const fs::path file = directory_ / "use.jsonl";
    std::error_code code;
    fs::rename(file, directory_ / "use.1.jsonl", code);
    use_.close();
    use_.open(file, std::ios::app);
}

void JobDirectory::write(const JobRecord& record) const {
    write_aside(directory_ / "job.json", to_line(encode(record)));
}

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

void write_order(const fs::path& directory, const JobOrder& order) {
    const fs::path file = directory / "order.json";
    if (!write_aside(file, to_line(encode(order))))
        throw SystemError(file.string() + ": cannot be written");
}

}  // namespace ekya

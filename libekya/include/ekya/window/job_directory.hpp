#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "ekya/core/job.hpp"
#include "ekya/core/line_file.hpp"

namespace ekya {

/// The directory of a job as others see it: job.json and use.jsonl are kept up to date, order.json
/// is obeyed.
class JobDirectory {
public:
    /// Makes it; an order for an earlier job is removed. @throws SystemError
    explicit JobDirectory(const std::filesystem::path& directory);
    /// On a full disk it is dropped.
    void add(const JobUse& use);
    /// @return whether the record is there; on a full disk the last whole one stays
    bool write(const JobRecord& record) const;
    [[nodiscard]] const std::filesystem::path& path() const { return directory_; }
    /// The order, if it is another file than the last time. @throws InputError if it makes no sense
    [[nodiscard]] std::optional<JobOrder> next_order();

private:
    std::filesystem::path directory_;
    LineFile use_;
    struct stat seen_ {};
};

/// Writes the record of the job of that directory, as JobDirectory::write().
bool write_record(const std::filesystem::path& directory, const JobRecord& record);

/// Writes an order for the job of that directory. @throws SystemError
void write_order(const std::filesystem::path& directory, const JobOrder& order);

}  // namespace ekya

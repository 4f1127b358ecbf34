#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "ekya/core/job.hpp"

namespace ekya {

/// The directory of a job as others see it: job.json and use.jsonl are kept up to date, order.json
/// is obeyed.
class JobDirectory {
public:
    /// Makes it; an order for an earlier job is removed. @throws SystemError
    explicit JobDirectory(const std::filesystem::path& directory);
    void add(const JobUse& use);
    /// On a full disk the last whole record stays.
    void write(const JobRecord& record) const;
    /// The order, if it is another file than the last time. @throws InputError if it makes no sense
    [[nodiscard]] std::optional<JobOrder> next_order();

private:
    std::filesystem::path directory_;
    std::ofstream use_;
    struct stat seen_ {};
};

/// Writes an order for the job of that directory. @throws SystemError
void write_order(const std::filesystem::path& directory, const JobOrder& order);

}  // namespace ekya

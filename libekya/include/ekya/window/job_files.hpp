#pragma once
#include <filesystem>
#include <optional>
#include <vector>

#include "ekya/core/job.hpp"

namespace ekya {

/// A job that another process holds, through the files in its directory (see ekya-run --help).
class JobFiles {
public:
    explicit JobFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// How it stands; none = there is no such job, or its record cannot be read.
    [[nodiscard]] std::optional<JobRecord> record() const;
    /// The same of a job that has not ended.
    [[nodiscard]] std::optional<JobRecord> running() const;
    /// The newest stretches of what it was granted and used, at most so many, oldest first. Lines
    /// that are cut off, by a crash or a full disk, are left out.
    [[nodiscard]] std::vector<JobUse> newest_uses(std::size_t most) const;
    /// All of them.
    [[nodiscard]] std::vector<JobUse> uses() const;
    /// A job that is not there is told nothing. @throws SystemError
    void order(const JobOrder& order) const;

private:
    std::filesystem::path directory_;
};

/// Jobs of this machine below a directory whose records say that they run while they do not, as
/// their holder was killed, are said to have ended by SIGKILL. To be called when nobody else holds
/// jobs there. @return how many
int end_lost_jobs(const std::filesystem::path& directory);

}  // namespace ekya

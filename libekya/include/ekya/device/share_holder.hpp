#pragma once
#include <memory>
#include <optional>
#include <string>

#include "ekya/device/share_limit.hpp"

namespace ekya {

/// How the shares of jobs are held on this box.
struct ShareHolderOptions {
    std::string kind = "auto";  ///< cgroup, threads or mps; auto = cgroup, or threads without one
    std::string cgroup;         ///< group to make those of jobs in; empty = look for one
    MpsOptions mps;
    int cores = 0;  ///< that make one device; 0 = all that may be used
};

/// Makes the limits of jobs, all of one kind.
class ShareHolder {
public:
    /// @throws ConfigError if the kind asked for does not work here; the message names the option
    /// --executor, which is what tools call it
    explicit ShareHolder(const ShareHolderOptions& options);

    /// @param id of the job
    [[nodiscard]] std::unique_ptr<ShareLimit> limit(const std::string& id) const;
    [[nodiscard]] int cores() const { return options_.cores; }
    /// Why `auto` has not taken control groups; empty if it has, or was not asked.
    [[nodiscard]] const std::string& why_not_cgroup() const { return why_; }

private:
    ShareHolderOptions options_;
    std::optional<CgroupPlace> place_;
    std::string why_;
};

}  // namespace ekya

#pragma once
#include <memory>
#include <optional>
#include <string>

#include "ekya/device/share_limit.hpp"

namespace ekya {

/// How the shares of jobs are held on this box.
struct ShareHolderOptions {
    /// cgroup, threads or mps; auto = mps for a GPU where it works, else cgroup, or threads without
    /// one
    std::string kind = "auto";
    std::string option = "--executor";  ///< what messages call `kind`
    bool gpu = false;                   ///< jobs run their networks on a GPU
    std::string cgroup;                 ///< group to make those of jobs in; empty = look for one
    MpsOptions mps;
    bool only_look = false;  ///< starts no MPS daemon: whether there is one to start is enough
    int cores = 0;           ///< that make one device; 0 = all that may be used
};

/// Makes the limits of jobs, all of one kind.
class ShareHolder {
public:
    /// @throws ConfigError if the kind asked for does not work here
    explicit ShareHolder(const ShareHolderOptions& options);

    /// @param id of the job
    [[nodiscard]] std::unique_ptr<ShareLimit> limit(const std::string& id) const;
    /// mps, cgroup or threads: what holds them.
    [[nodiscard]] std::string kind() const { return mps_ ? "mps" : place_ ? "cgroup" : "threads"; }
    [[nodiscard]] int cores() const { return options_.cores; }
    /// Why `auto` has not taken control groups; empty if it has, or was not asked.
    [[nodiscard]] const std::string& why_not_cgroup() const { return why_; }
    /// Why `auto` has not taken MPS for a GPU, whose shares nothing holds then; likewise.
    [[nodiscard]] const std::string& why_not_mps() const { return why_not_mps_; }

private:
    ShareHolderOptions options_;
    std::optional<CgroupPlace> place_;
    bool mps_ = false;
    std::string why_, why_not_mps_;
};

}  // namespace ekya

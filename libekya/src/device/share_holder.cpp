#include "ekya/device/share_holder.hpp"

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {

ShareHolder::ShareHolder(const ShareHolderOptions& options) : options_(options) {
    if (options_.cores <= 0) options_.cores = usable_cores();
    if (options_.kind == "mps") {
        if (const auto problem = start_mps(options_.mps); !problem.empty())
            throw ConfigError("--executor mps: " + problem);
        return;
    }
    if (options_.kind == "threads") return;
    if (options_.kind != "auto" && options_.kind != "cgroup")
        throw ConfigError("--executor: " + options_.kind + " is not auto, cgroup, threads or mps");
    place_ = find_cgroup_place(options_.cgroup, why_);
    if (place_) why_.clear();
    if (!place_ && (options_.kind == "cgroup" || !options_.cgroup.empty()))
        throw ConfigError("--executor cgroup: " + why_);
}

std::unique_ptr<ShareLimit> ShareHolder::limit(const std::string& id) const {
    if (options_.kind == "mps") return mps_limit(options_.mps);
    if (place_) return cgroup_limit(*place_, id, options_.cores);
    return thread_limit(options_.cores);
}

}  // namespace ekya

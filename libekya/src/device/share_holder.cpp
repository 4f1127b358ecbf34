#include "ekya/device/share_holder.hpp"

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {

ShareHolder::ShareHolder(const ShareHolderOptions& options) : options_(options) {
    const std::string& kind = options_.kind;
    if (kind != "auto" && kind != "cgroup" && kind != "threads" && kind != "mps")
        throw ConfigError(options_.option + ": " + kind + " is not auto, cgroup, threads or mps");
    if (options_.cores <= 0) options_.cores = usable_cores();
    if (kind == "mps" || (kind == "auto" && options_.gpu)) {
        why_not_mps_ = options_.only_look ? find_mps(options_.mps) : start_mps(options_.mps);
        mps_ = why_not_mps_.empty();
        if (kind == "mps" && !mps_) throw ConfigError(options_.option + " mps: " + why_not_mps_);
    }
    if (kind == "threads") return;
    place_ = find_cgroup_place(options_.cgroup, why_);
    if (place_ || mps_) why_.clear();
    if (!place_ && (kind == "cgroup" || !options_.cgroup.empty()))
        throw ConfigError(options_.option + " cgroup: " + why_);
}

std::unique_ptr<ShareLimit> ShareHolder::limit(const std::string& id) const {
    const auto cgroup = [&] { return cgroup_limit(*place_, id, options_.cores); };
    if (mps_) return mps_limit(options_.mps, place_ ? cgroup() : nullptr, options_.cores);
    if (place_) return cgroup();
    return thread_limit(options_.cores);
}

}  // namespace ekya

#include "ekya/profile/pruning.hpp"

#include <algorithm>

namespace ekya {

std::vector<RetrainingConfig> not_pruned(std::span<const RetrainingConfig> configs,
                                         std::span<const ProfileRecord> earlier,
                                         const PruneOptions& options) {
    std::vector<RetrainingConfig> left(configs.begin(), configs.end());
    int windows = 0;
    for (const auto& estimate : earlier) {
        std::vector<ProfiledRetraining> present;
        for (const auto& entry : estimate.retraining)
            if (entry.tried && std::find(left.begin(), left.end(), entry.config) != left.end())
                present.push_back(entry);
        if (present.empty()) continue;
        const auto kept = prune(present, ++windows, options);
        for (std::size_t i = 0; i < present.size(); ++i)
            if (!std::binary_search(kept.begin(), kept.end(), i))
                std::erase(left, present[i].config);
    }
    return left;
}

}  // namespace ekya

#include "ekya/simulate/simulated_policy.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

void require_name(const std::string& name) {
    const auto names = simulated_policy_names();
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    std::string all;
    for (const auto& known : names) all += (all.empty() ? "" : ", ") + known;
    throw DomainError("policy: \"" + name + "\" is not one of " + all);
}

}  // namespace

std::vector<std::string> simulated_policy_names() {
    auto names = policy_names();
    for (auto& name : reference_policy_names()) names.push_back(std::move(name));
    return names;
}

SimulatedPolicy simulated_policy_from(const std::string& text,
                                      const SimulatedPolicyOptions& options) {
    require_name(text.substr(0, text.find(':')));
    if (const auto reference = reference_policy_from(text))
        return {text, {}, reference, options.reference};
    return {text, policy_setting_from(text, options.policies), {}, {}};
}

}  // namespace ekya

#include "ekya/schedule/policy/policies.hpp"

#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/fair.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "ekya/schedule/policy/thief_fixed_config.hpp"
#include "ekya/schedule/policy/thief_fixed_resources.hpp"

namespace ekya {

const std::vector<Policy>& policies() {
    static const std::vector<Policy> all{
        best_policy(),
        thief_policy(),
        separable_policy(),
        uniform_policy(),
        fair_policy(),
        none_policy(),
        thief_fixed_resources_policy(),
        thief_fixed_config_policy(),
        cloud_policy(),
        cached_policy(),
    };
    return all;
}

std::vector<std::string> policy_names() {
    std::vector<std::string> names;
    for (const auto& policy : policies()) names.push_back(policy.name);
    return names;
}

const Policy& policy_from(const std::string& name) {
    std::string all;
    for (const auto& policy : policies()) {
        if (policy.name == name) return policy;
        all += (all.empty() ? "" : ", ") + policy.name;
    }
    throw DomainError("policy: \"" + name + "\" is not one of " + all);
}

PolicySetting policy_setting_from(const std::string& text, const PolicyOptions& options) {
    std::istringstream words(text);
    std::string word;
    std::getline(words, word, ':');
    PolicySetting setting{&policy_from(word), options, text};
    const auto& take_word = setting.policy->take_word;
    while (std::getline(words, word, ':'))
        if (!take_word || !take_word(setting.options, word))
            throw DomainError("policy: \"" + text + "\": \"" + word + "\" is no setting of " +
                              setting.policy->name);
    return setting;
}

Plan make_plan(const Policy& policy, const ScheduleProblem& problem, const PolicyOptions& options,
               const Clock& clock) {
    const Seconds start = clock.now();
    Plan plan = policy.plan(problem, options);
    plan.decision_seconds = clock.now() - start;
    return plan;
}

Plan make_plan(const std::string& policy, const ScheduleProblem& problem,
               const PolicyOptions& options, const Clock& clock) {
    return make_plan(policy_from(policy), problem, options, clock);
}

}  // namespace ekya

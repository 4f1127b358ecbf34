#include "ekya/schedule/policy/policy.hpp"

#include <array>
#include <charconv>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/fair.hpp"
#include "ekya/schedule/policy/none.hpp"

namespace ekya {
namespace {

using Planner = Plan (*)(const ScheduleProblem&, const PolicyOptions&);

struct Entry {
    Policy policy;
    const char* name;
    Planner plan;
};

constexpr std::array entries{
    Entry{Policy::best, "best",
          [](const auto& problem, const auto& options) {
              return schedule_best(problem, options.best);
          }},
    Entry{Policy::thief, "thief",
          [](const auto& problem, const auto& options) {
              return schedule_thief_with_reruns(problem, options.thief);
          }},
    Entry{Policy::separable, "separable",
          [](const auto& problem, const auto& options) {
              return schedule_separable(problem, {options.thief.unit});
          }},
    Entry{Policy::uniform, "uniform",
          [](const auto& problem, const auto& options) {
              return schedule_uniform(problem, options.uniform);
          }},
    Entry{Policy::fair, "fair",
          [](const auto& problem, const auto&) { return schedule_fair(problem); }},
    Entry{Policy::none, "none",
          [](const auto& problem, const auto&) { return schedule_none(problem); }},
    Entry{Policy::thief_fixed_resources, "thief-fixed-resources",
          [](const auto& problem, const auto& options) {
              return schedule_thief_fixed_resources(problem, {options.uniform.inference_share});
          }},
    Entry{Policy::thief_fixed_config, "thief-fixed-config",
          [](const auto& problem, const auto& options) {
              return schedule_thief_fixed_config(problem, {options.thief, options.uniform});
          }},
    Entry{Policy::cloud, "cloud",
          [](const auto& problem, const auto& options) {
              return schedule_cloud(problem, options.cloud);
          }},
    Entry{Policy::cached, "cached",
          [](const auto& problem, const auto& options) {
              return schedule_cached(problem, options.cached);
          }},
};

const Entry& entry_of(Policy policy) {
    for (const auto& entry : entries)
        if (entry.policy == policy) return entry;
    throw DomainError("policy: unknown value");
}

bool takes_choice(Policy policy) {
    return policy == Policy::uniform || policy == Policy::thief_fixed_config;
}
bool takes_share(Policy policy) {
    return policy == Policy::uniform || policy == Policy::thief_fixed_resources;
}

/// One of the words after a policy's name. @return whether it is a setting of this policy
bool apply_setting(const std::string& word, PolicySetting& setting) {
    UniformOptions& fixed = setting.options.uniform;
    if (setting.policy == Policy::best && word == "as-told") return setting.as_told = true;
    if (setting.policy == Policy::cached) {
        setting.options.cached.similarity = similarity_from(word);
        return true;
    }
    if (takes_choice(setting.policy) && (word == "most-accurate" || word == "cheapest")) {
        fixed.choice = word == "cheapest" ? UniformChoice::cheapest : UniformChoice::most_accurate;
        fixed.config.reset();
        return true;
    }
    double share = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), share);
    const bool good =
        error == std::errc() && end == word.data() + word.size() && share >= 0 && share <= 1;
    if (!takes_share(setting.policy) || !good) return false;
    fixed.inference_share = share;
    return true;
}

}  // namespace

std::string to_string(Policy policy) { return entry_of(policy).name; }

bool plans_local(Policy policy) { return policy != Policy::cloud && policy != Policy::cached; }

std::vector<std::string> policy_names() {
    std::vector<std::string> names;
    for (const auto& entry : entries) names.emplace_back(entry.name);
    return names;
}

Policy policy_from(const std::string& name) {
    std::string all;
    for (const auto& entry : entries) {
        if (name == entry.name) return entry.policy;
        all += (all.empty() ? "" : ", ") + std::string(entry.name);
    }
    throw DomainError("policy: \"" + name + "\" is not one of " + all);
}

PolicySetting policy_setting_from(const std::string& text, const PolicyOptions& options) {
    std::istringstream words(text);
    std::string word;
    std::getline(words, word, ':');
    PolicySetting setting{policy_from(word), options, text};
    while (std::getline(words, word, ':'))
        if (!apply_setting(word, setting))
            throw DomainError("policy: \"" + text + "\": \"" + word + "\" is no setting of " +
                              to_string(setting.policy));
    return setting;
}

Plan make_plan(Policy policy, const ScheduleProblem& problem, const PolicyOptions& options,
               const Clock& clock) {
    const Entry& entry = entry_of(policy);
    const Seconds start = clock.now();
    Plan plan = entry.plan(problem, options);
    plan.decision_seconds = clock.now() - start;
    return plan;
}

}  // namespace ekya

#include "ekya/schedule/policy.hpp"

#include <array>
#include <charconv>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/none.hpp"

namespace ekya {
namespace {

using Planner = Plan (*)(const ScheduleProblem&, const PolicyOptions&);

template <ReferencePolicy policy>
Plan plan_reference(const ScheduleProblem& problem, const PolicyOptions& options) {
    return schedule_reference(problem, policy, options.reference);
}

struct Entry {
    Policy policy;
    const char* name;
    Planner plan;
};

constexpr std::array entries{
    Entry{Policy::best, "best", [](const auto& problem, const auto& options) { return schedule_best(problem, options.best); }},
    Entry{Policy::thief, "thief", [](const auto& problem, const auto& options) { return schedule_thief(problem, options.thief); }},
    Entry{Policy::uniform, "uniform",
          [](const auto& problem, const auto& options) { return schedule_uniform(problem, options.uniform); }},
    Entry{Policy::none, "none", [](const auto& problem, const auto&) { return schedule_none(problem); }},
    Entry{Policy::reference_thief, "reference-thief", plan_reference<ReferencePolicy::thief>},
    Entry{Policy::reference_fair_dumb, "reference-fair-dumb", plan_reference<ReferencePolicy::fair_dumb>},
    Entry{Policy::reference_fair_naive, "reference-fair-naive", plan_reference<ReferencePolicy::fair_naive>},
    Entry{Policy::reference_fair_sco, "reference-fair-sco", plan_reference<ReferencePolicy::fair_sco>},
    Entry{Policy::reference_fair_random, "reference-fair-random", plan_reference<ReferencePolicy::fair_random>},
    Entry{Policy::reference_inference_only, "reference-inference-only", plan_reference<ReferencePolicy::inference_only>},
};

const Entry& entry_of(Policy policy) {
    for (const auto& entry : entries)
        if (entry.policy == policy) return entry;
    throw DomainError("policy: unknown value");
}

bool has_fixed_settings(Policy policy) { return policy == Policy::uniform; }

/// One of the words after a policy's name.
void apply(const std::string& word, const std::string& text, UniformOptions& options) {
    if (word == "most-accurate" || word == "cheapest") {
        options.choice = word == "cheapest" ? UniformChoice::cheapest : UniformChoice::most_accurate;
        options.config.reset();
        return;
    }
    double share = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), share);
    if (error != std::errc() || end != word.data() + word.size() || !(share >= 0 && share <= 1))
        throw DomainError("policy: \"" + text + "\": \"" + word + "\" is neither most-accurate, cheapest nor a share in [0, 1]");
    options.inference_share = share;
}

}  // namespace

std::string to_string(Policy policy) { return entry_of(policy).name; }

bool is_reference(Policy policy) { return policy >= Policy::reference_thief; }

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
    while (std::getline(words, word, ':')) {
        if (setting.policy == Policy::best && word == "as-told") {
            setting.as_told = true;
            continue;
        }
        if (!has_fixed_settings(setting.policy))
            throw DomainError("policy: \"" + text + "\": " + to_string(setting.policy) + " has no settings");
        apply(word, text, setting.options.uniform);
    }
    return setting;
}

Plan make_plan(Policy policy, const ScheduleProblem& problem, const PolicyOptions& options, const Clock& clock) {
    const Entry& entry = entry_of(policy);
    const Seconds start = clock.now();
    Plan plan = entry.plan(problem, options);
    plan.decision_seconds = clock.now() - start;
    return plan;
}

}  // namespace ekya

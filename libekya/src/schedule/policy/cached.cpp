#include "ekya/schedule/policy/cached.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "plan/finish_plan.hpp"
#include "policy/inference_division.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<Similarity, const char*>, 4> names{
    {{Similarity::class_distribution, "class_distribution"},
     {Similarity::time_of_day, "time_of_day"},
     {Similarity::object_count, "object_count"},
     {Similarity::place, "place"}}};

/// None if a distribution is unknown. A class that one of them lacks has a share of 0 there.
std::optional<double> total_variation(const std::map<std::string, double>& a,
                                      const std::map<std::string, double>& b) {
    if (a.empty() || b.empty()) return {};
    double sum = 0;
    for (const auto& [name, share] : a) {
        const auto other = b.find(name);
        sum += std::abs(share - (other == b.end() ? 0 : other->second));
    }
    for (const auto& [name, share] : b)
        if (!a.contains(name)) sum += share;
    return sum;
}

std::optional<double> difference(std::optional<double> a, std::optional<double> b) {
    return a && b ? std::optional(std::abs(*a - *b)) : std::nullopt;
}

std::optional<double> hours_between(std::optional<double> a, std::optional<double> b) {
    const auto apart = difference(a, b);
    return apart ? std::optional(std::min(*apart, 24 - *apart)) : std::nullopt;
}

/// Smaller is more similar; none: they cannot be compared.
std::optional<double> distance(const Scene& a, const Scene& b, Similarity similarity) {
    switch (similarity) {
        case Similarity::class_distribution:
            return total_variation(a.class_shares, b.class_shares);
        case Similarity::time_of_day:
            return hours_between(a.hour, b.hour);
        case Similarity::object_count:
            return difference(a.objects_per_frame, b.objects_per_frame);
        case Similarity::place:
            return !a.place.empty() && a.place == b.place ? std::optional(0.0) : std::nullopt;
    }
    throw DomainError("similarity: unknown value");
}

}  // namespace

std::string to_string(Similarity similarity) {
    for (const auto& [value, name] : names)
        if (value == similarity) return name;
    throw DomainError("similarity: unknown value");
}

Similarity similarity_from(const std::string& name) {
    for (const auto& [value, text] : names)
        if (name == text) return value;
    throw DomainError("similarity: \"" + name +
                      "\" is not one of class_distribution, time_of_day, object_count, place");
}

const CachedModel* most_similar(const PlanningInput& estimate, Similarity similarity) {
    const CachedModel* best = nullptr;
    double smallest = 0;
    for (const auto& model : estimate.cached) {
        const auto apart = distance(estimate.scene, model.scene, similarity);
        if (!apart || (best && *apart > smallest)) continue;  // later ones replace equal ones
        best = &model;
        smallest = *apart;
    }
    return best;
}

Plan schedule_cached(const ScheduleProblem& problem, const CachedOptions& options) {
    validate(problem);
    std::vector<StreamDecision> decisions;
    std::vector<double> accuracies;
    for (const auto& stream : problem.streams) {
        const auto* model = most_similar(stream, options.similarity);
        decisions.push_back({nullptr, {}, {}, model});
        accuracies.push_back(model ? model->accuracy : stream.accuracy);
    }
    const auto shares = InferenceDivision(problem).shares(accuracies);
    for (std::size_t v = 0; v < shares.size(); ++v) decisions[v].steps = {{0, shares[v], 0}};
    return finish_plan(problem, "cached", std::move(decisions));
}

Policy cached_policy() {
    Policy policy{"cached", "no retraining: the earlier model of the most similar scene serves",
                  [](const auto& problem, const auto& options) {
                      return schedule_cached(problem, options.cached);
                  }};
    policy.options = {{.flag = "--cached-by",
                       .help = "what makes an earlier model similar (cached)",
                       .standard = to_string(CachedOptions{}.similarity),
                       .words = {"class_distribution", "time_of_day", "object_count", "place"},
                       .set_word = [](PolicyOptions& options, const std::string& word) {
                           options.cached.similarity = similarity_from(word);
                       }}};
    policy.take_word = [](PolicyOptions& options, const std::string& word) {
        options.cached.similarity = similarity_from(word);
        return true;
    };
    policy.retrains = policy.replans = false;
    return policy;
}

}  // namespace ekya

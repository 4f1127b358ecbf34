#include "ekya/simulate/recorded_profiles.hpp"

#include <algorithm>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// The model that retrainings start from, and what they remember.
template <typename Record> std::string start_of(const Record& record) {
    std::string start = record.start.model.empty() ? record.model : record.start.model;
    if (!record.start.stream.empty()) start += " of stream " + record.start.stream;
    return start + " with exemplars from window " + std::to_string(record.start.exemplars_from);
}

void require_same_start(const ProfileRecord& profile, const Truth& truth) {
    if (profile.model.empty() || start_of(profile) == start_of(truth)) return;
    throw InputError("truth: stream " + profile.stream + ", window " +
                     std::to_string(profile.window) + ": retrainings were measured from " +
                     start_of(truth) + ", but are estimated from " + start_of(profile) +
                     "; measure them again, with the --model and --warm-start of the estimate");
}

void add_trained(const ModelCard& card, PlanningInput& truth) {
    for (auto& option : truth.retraining) {
        if (option.config != card.config) continue;
        if (card.accuracy) option.accuracy = *card.accuracy;
        if (card.parent_accuracy) truth.accuracy = *card.parent_accuracy;
        if (card.device_seconds > 0) option.device_seconds = card.device_seconds;
    }
}

PlanningInput truth_of(const ProfileRecord& profile, std::span<const Truth> measured,
                       std::span<const ModelCard> cards) {
    const auto found = std::find_if(measured.begin(), measured.end(),
                                    [&](const auto& t) { return t.window == profile.window; });
    if (found != measured.end()) return planning_input(*found);
    PlanningInput truth = planning_input(profile);
    for (const auto& card : cards)
        if (card.window == profile.window) add_trained(card, truth);
    return truth;
}

}  // namespace

RecordedProfiles read_recorded_profiles(const Store& store) {
    RecordedProfiles recorded;
    for (const auto& stream : store.streams()) {
        const auto cards = store.model_cards(stream);
        const auto measured = store.truths(stream);
        auto profiles = store.profiles(stream);
        require_same_starts(profiles, measured);
        for (auto& profile : profiles) {
            recorded.truth.push_back(truth_of(profile, measured, cards));
            recorded.predicted.push_back(std::move(profile));
        }
    }
    if (recorded.predicted.empty())
        throw InputError(store.root().string() +
                         ": holds no profiles (streams/*/profiles); ekya-profile makes them");
    return recorded;
}

void require_same_starts(std::span<const ProfileRecord> profiles, std::span<const Truth> truths) {
    for (const auto& profile : profiles)
        for (const auto& truth : truths)
            if (truth.stream == profile.stream && truth.window == profile.window)
                require_same_start(profile, truth);
}

}  // namespace ekya

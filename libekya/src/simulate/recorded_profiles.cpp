#include "ekya/simulate/recorded_profiles.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

void add_measured(const ModelCard& card, StreamEstimate& truth) {
    for (auto& entry : truth.retraining) {
        if (entry.config != card.config) continue;
        if (card.accuracy) entry.accuracy = *card.accuracy;
        if (card.parent_accuracy) truth.accuracy = *card.parent_accuracy;
        if (card.device_seconds > 0) entry.device_seconds = card.device_seconds;
    }
}

}  // namespace

RecordedProfiles read_recorded_profiles(const Store& store) {
    RecordedProfiles profiles;
    for (const auto& stream : store.streams()) {
        const auto cards = store.model_cards(stream);
        const auto measured = store.truths(stream);
        for (auto& estimate : store.estimates(stream)) {
            StreamEstimate truth = estimate;
            const auto found = std::find_if(measured.begin(), measured.end(), [&](const auto& t) {
                return t.window == estimate.window;
            });
            if (found != measured.end())
                truth = *found;
            else
                for (const auto& card : cards)
                    if (card.window == estimate.window) add_measured(card, truth);
            profiles.truth.push_back(std::move(truth));
            profiles.predicted.push_back(std::move(estimate));
        }
    }
    if (profiles.predicted.empty())
        throw InputError(store.root().string() +
                         ": holds no estimates (streams/*/profiles); ekya-profile makes them");
    return profiles;
}

}  // namespace ekya

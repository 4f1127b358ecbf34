#pragma once
#include <span>
#include <vector>

#include "ekya/core/model_card.hpp"
#include "ekya/core/profile_record.hpp"
#include "ekya/profile/micro_profile.hpp"

namespace ekya {

/// A retraining of the past: what was expected of it, and what came out in its window.
struct PastRetraining {
    int window = 0;  ///< that it ran in
    RetrainingConfig config;
    double predicted = 0;  ///< as planned with, without the correction that was on it
    double measured = 0;   ///< of the retrained model, on the labels of its window; in [0, 1]
    std::optional<double> parent;  ///< of the model it started from, on the same labels
    int labels = 0;                ///< that both were measured on
};

/// Brings together what was planned with, what was trained and what the next window's profile then
/// measured.
/// @param estimates one stream's, ascending by window
/// @param cards of the stream's models
/// @param before only retrainings whose outcome was known when this window was planned
/// @return ascending by window
[[nodiscard]] std::vector<PastRetraining> past_retrainings(std::span<const ProfileRecord> estimates,
                                                           std::span<const ModelCard> cards,
                                                           int before);

/// What configurations should cost where nothing is tried: what the newest estimate of each said,
/// for as many samples as there are now, corrected by what retrainings of the same layers have
/// taken since then: by the half of it after one, by more after several.
/// @param estimates one stream's, ascending by window   @param cards of its models   @param window
/// to be planned   @param samples that trials would draw from, >= 1
/// @param start_seconds device-seconds that starting a training process costs: a part of estimates,
/// not of cards
/// @return of configurations that were estimated before
[[nodiscard]] std::vector<RememberedCost> remembered_costs(
    std::span<const RetrainingConfig> configs, std::span<const ProfileRecord> estimates,
    std::span<const ModelCard> cards, int window, int samples, double start_seconds);

/// What is to be expected of a model's accuracy a window later.
struct ExpectedChange {
    double drift = 0;  ///< added whatever the accuracy is now; mostly negative
    double level = 0;  ///< the stream's usual accuracy on labels, in [0, 1]: what lies above falls,
                       ///< what lies below rises

    /// To be added to an accuracy of now, measured with emphasis on the newest objects.
    [[nodiscard]] double at(double accuracy) const;
};

/// How a model's accuracy changes from the window whose labels measured it to the one after, in
/// which it serves until it is retrained: what earlier windows saw of models that stayed, and of
/// parents beside what was trained from them, drawn to what is usual. A model is a window older by
/// then, and streams drift. Measurements err and easy or hard scenes pass, so what lies above or
/// below the stream's level is expected to come part of the way back. The noisier windows are, the
/// less they move the usual drift. Learned from whole windows: that the last one's end is nearer to
/// the next than its middle is left out of it.
/// @param estimates one stream's, ascending by window, the last with its measurements of now
[[nodiscard]] ExpectedChange expected_change(std::span<const ProfileRecord> estimates,
                                             std::span<const ModelCard> cards);

/// What retrainings have really brought, as far as the outcome was measured together with the
/// parent's on the same labels, by the layers trained. A retraining of any epochs and data tells of
/// all others, as Experience::gain relates them; it weighs by how much it should have brought, and
/// less with few labels. Few are drawn to what is usual. Where one kind of layers gains more than
/// usual the others are expected to do so too: streams differ in what there is to learn more than
/// in which layers learn it.
/// @param own of the stream
/// @param others of other streams, which weigh a fifth
/// @param usual where nothing is known; its half_passes is taken for all retrainings of the past,
/// which mostly had as many labels
[[nodiscard]] Experience experience_from(std::span<const PastRetraining> own,
                                         std::span<const PastRetraining> others = {},
                                         const Experience& usual = {});

/// What a stream's predictions have been off by.
struct TrackRecord {
    double shift = 0;      ///< to be added to a prediction
    double deviation = 0;  ///< of what came out from predictions so corrected, standard deviation;
                           ///< labels' noise left out
};

/// Learns from past retrainings by how much a stream's predictions err: the shift is drawn to 0,
/// the more the fewer there are, and older ones count less. Without any the deviation is what is
/// usual. Source: Ekya §4.3 (errors of the estimates are corrected). Ours: normal priors, a
/// variance that is estimated first, forgetting.
[[nodiscard]] TrackRecord track_record(std::span<const PastRetraining> past);

}  // namespace ekya

#pragma once
#include <string>
#include <vector>

#include "ekya/profile/paired_comparison.hpp"
#include "ekya/store/store.hpp"
#include "ekya/task/task.hpp"

namespace ekya {

/// Whose models a retraining may start from.
enum class WarmStart {
    off,  ///< the serving one only
    own,  ///< the stream's earlier ones too
    all   ///< and other streams' newest
};
/// @throws DomainError for a name that is not off, own or all
[[nodiscard]] WarmStart warm_start_from(const std::string& name);

struct StartRequest {
    std::string stream;
    std::vector<std::string> classes;  ///< output order
    int window = 1;                    ///< models must be of windows before it
    std::string serving;               ///< id of the stream's serving model
    WarmStart warm_start = WarmStart::all;
    int earlier =
        3;  ///< the stream's earlier models that are tried: the most accurate by their cards
    int others =
        8;  ///< other streams whose newest model is tried: the nearest by class distribution
    double chance = 0.05;  ///< a model that is only as good as the serving one is taken with at
                           ///< most this probability
    std::string device = "cpu";
};

/// A model that was tried.
struct StartCandidate {
    std::string stream, model;
    int window = 0;               ///< it was trained in
    PairedComparison comparison;  ///< with the serving one on the newest labels
};

struct StartChoice {
    std::string stream, model;  ///< where the retraining starts
    std::vector<StartCandidate>
        candidates;  ///< the stream's own first, oldest first; without the serving one
};

/// Answers the newest labels with the serving model and with the candidates and takes the one that
/// scores best, if by more than noise: chance_of_gain() <= chance / candidates.
/// Ties and noise favour the serving one. The stream's own models are tried whatever warm_start
/// says, since the record of what could serve again needs them. Candidates have the serving model's
/// architecture and classes, were promoted if that was asked, and have not learned from the newest
/// window. One that cannot be loaded is passed over.
/// @param sample labelled samples of the newest window; empty = the serving model
/// @throws InputError if the serving model is missing or damaged
/// Source: Khani et al., "RECL", NSDI 2023 (a zoo of earlier and other streams' models, a quick
/// test on the newest labels). Ours:   no learned gate, and a test of significance, since there are
/// only tens of labels.
[[nodiscard]] StartChoice choose_start(const Store& store, const StartRequest& request,
                                       TaskModel& serving, const Samples& sample);

}  // namespace ekya

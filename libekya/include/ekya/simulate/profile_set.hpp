#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"

namespace ekya {

/// One retraining window of a profile set, both lists in the order of the cameras.
struct ProfileWindow {
    std::string name;                      ///< as in the files, e.g. "1"
    std::vector<PlanningInput> predicted;  ///< what a scheduler is told
    std::vector<PlanningInput> truth;  ///< what retraining really gives; the same configurations
};

/// Profiles of several cameras over the same windows.
struct ProfileSet {
    std::vector<std::string> cameras;
    std::vector<ProfileWindow> windows;  ///< ascending by number
    std::shared_ptr<const InferenceCurve> curve =
        {};  ///< of all cameras; none: each estimate's own configurations
};

/// The first cameras of a set. @param streams how many; 0 = all
/// @throws DomainError if the set has fewer
[[nodiscard]] ProfileSet first_streams(const ProfileSet& set, std::size_t streams);

/// Profiles from inputs of any number of streams and windows, in any order: cameras sorted by name,
/// windows by number. A window holds the streams that have an input for it.
/// @param truth what retraining really gives; empty = the predictions are true
/// @throws InputError for two inputs of one stream and window, and for a truth that lacks a stream,
/// a window, a retraining configuration or a cached model which the predictions have; if the truth
/// of some window lists no cached models at all, they are left out of all predictions instead
[[nodiscard]] ProfileSet profiles_from_inputs(std::vector<PlanningInput> predicted,
                                              std::vector<PlanningInput> truth);

}  // namespace ekya

#pragma once
#include <istream>
#include <string>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/core/profile_record.hpp"
#include "ekya/core/truth.hpp"

namespace ekya {

/// Records that tell of streams and windows, in the order of their lines.
struct PlanningRecords {
    std::vector<PlanningInput> inputs;    ///< one for each record
    std::vector<ProfileRecord> profiles;  ///< the records among them that are profiles
    std::vector<Truth> truths;            ///< the records among them that are truths
};

/// Reads JSON Lines of ekya.planning-input/1, ekya.profile/1 and ekya.truth/1, as a stage prints
/// them or as they lie in a store.
/// @throws InputError "name:line: ..."
[[nodiscard]] PlanningRecords read_planning_records(std::istream& in, const std::string& name);

}  // namespace ekya

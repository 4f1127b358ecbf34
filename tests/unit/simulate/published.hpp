#pragma once
// What the published simulator computed, in the shared data; no part of the repository.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ekya/reference/policies.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "ekya/simulate/reference_profiles.hpp"

namespace ekya::test {

/// The profile set; none, with a MESSAGE, where it is absent.
inline std::optional<std::filesystem::path> published_profiles() {
    const char* given = getenv("EKYA_SHARED_DATA");
    const auto data =
        given ? std::filesystem::path(given)
              : std::filesystem::path(EKYA_SOURCE_DIR).parent_path() / "shared" / "data";
    const auto profiles = data / "profiles" / "ref";
    if (std::filesystem::exists(profiles / "expected" / "cases.csv")) return profiles;
    MESSAGE("skipped: no shared data at " << profiles.string() << " (set EKYA_SHARED_DATA)");
    return std::nullopt;
}

struct PublishedPolicy {
    ReferencePolicy policy = ReferencePolicy::thief;
    ReferenceOptions options = {};
};

/// By the name in expected/.
inline PublishedPolicy published_policy(const std::string& name) {
    if (name == "thief_i10_s0.1") return {ReferencePolicy::thief, {10, 0.1, 0}};
    if (name == "thief_i3_s0.0833") return {ReferencePolicy::thief, {3, 0.25 / 3, 0}};
    if (name == "fair_dumb") return {ReferencePolicy::fair_dumb, {}};
    if (name == "fair_naive") return {ReferencePolicy::fair_naive, {}};
    if (name == "fair_sco") return {ReferencePolicy::fair_sco, {}};
    REQUIRE(name == "inference_only");
    return {ReferencePolicy::inference_only, {}};
}

/// A window of 200 s as published: any share may be used, time is whole seconds.
inline ScheduleProblem published_problem(const std::vector<PlanningInput>& streams, double gpus,
                                         std::shared_ptr<const InferenceCurve> curve) {
    ScheduleProblem problem;
    problem.horizon = 200;
    problem.gpus = gpus;
    problem.streams = streams;
    problem.max_job_share = std::max(1.0, gpus);
    problem.curve = std::move(curve);
    return problem;
}

}  // namespace ekya::test

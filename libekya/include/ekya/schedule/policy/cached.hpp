#pragma once
#include <string>

#include "ekya/core/plan.hpp"
#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct Policy;

/// By what an earlier model is chosen to serve again.
enum class Similarity {
    class_distribution,  ///< smallest total variation: the sum of the differences of the classes'
                         ///< shares
    time_of_day,         ///< nearest hour, around midnight too
    object_count,        ///< smallest difference of objects per frame
    place                ///< the same place
};

[[nodiscard]] std::string to_string(Similarity similarity);
/// @throws DomainError for another name than class_distribution, time_of_day, object_count, place
[[nodiscard]] Similarity similarity_from(const std::string& name);

struct CachedOptions {
    Similarity similarity = Similarity::class_distribution;
};

/// The cached model whose scene is most like the stream's; of equally similar ones the latest. Its
/// accuracy plays no part. @return null if the stream has no cached model of which the similarity
/// is known (place: that is of its place)
[[nodiscard]] const CachedModel* most_similar(const PlanningInput& estimate, Similarity similarity);

/// The baseline that retrains nothing: every stream switches at once to the earlier model of its
/// own that is most similar, and keeps its present one if there is none. All devices serve
/// inference, divided by water-filling over the inference curves of the models that serve (equally
/// where that is better).
/// @throws DomainError naming the stream and the field
/// Source: Ekya §6, re-using cached models.
/// Ours:   latest first among equals; the division of the devices.
[[nodiscard]] Plan schedule_cached(const ScheduleProblem& problem,
                                   const CachedOptions& options = {});

/// Its row in policies().
[[nodiscard]] Policy cached_policy();

}  // namespace ekya

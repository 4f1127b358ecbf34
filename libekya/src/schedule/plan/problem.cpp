#include "ekya/schedule/plan/problem.hpp"

#include <limits>
#include <set>
#include <string>

#include "ekya/core/errors.hpp"

namespace ekya {

void validate(const ScheduleProblem& problem) {
    constexpr double smallest = std::numeric_limits<double>::min();
    constexpr double largest = std::numeric_limits<double>::max();
    require_in_range("horizon", problem.horizon, smallest, 1e12);  // products with it stay finite
    require_in_range("gpus", problem.gpus, 0, 1e6);
    require_in_range("min_accuracy", problem.min_accuracy, 0, 1);
    require_in_range("max_job_share", problem.max_job_share, smallest, largest);
    if (problem.streams.empty()) throw DomainError("streams: at least one stream is needed");
    std::set<std::string> names;
    for (const auto& stream : problem.streams) {
        validate(stream);
        if (!names.insert(stream.stream).second)
            throw DomainError("stream " + stream.stream + ": is listed twice");
    }
}

std::vector<std::shared_ptr<const InferenceCurve>> inference_curves(
    const ScheduleProblem& problem) {
    std::vector<std::shared_ptr<const InferenceCurve>> curves;
    curves.reserve(problem.streams.size());
    for (const auto& stream : problem.streams)
        curves.push_back(problem.curve ? problem.curve
                                       : std::make_shared<const InferenceCurve>(
                                             InferenceCurve::steps(stream.inference)));
    return curves;
}

}  // namespace ekya

#include "assemble_plan.hpp"

#include <algorithm>
#include <iomanip>
#include <numeric>
#include <sstream>

namespace ekya {
namespace {

/// "stream a: accuracy 0.31 is below min_accuracy 0.40 by 0.09 until its retraining ends after 45.0 s"
std::string violation(const ScheduleProblem& problem, const PickedConfigs& picked) {
    const double lacking = problem.min_accuracy - picked.lowest_accuracy;
    std::ostringstream text;
    text << std::fixed << std::setprecision(lacking < 0.01 ? 4 : 2) << "stream " << picked.plan.stream
         << ": accuracy " << picked.lowest_accuracy << " is below min_accuracy " << problem.min_accuracy << " by "
         << lacking;
    if (picked.below_until < problem.horizon)
        text << " until its retraining ends after " << std::setprecision(1) << picked.below_until << " s";
    return text.str();
}

/// Adds in the order of size, so that the mean does not depend on the order of the streams.
double mean_accuracy(const std::vector<StreamPlan>& streams) {
    std::vector<double> values;
    for (const auto& stream : streams) values.push_back(stream.expected_accuracy);
    std::sort(values.begin(), values.end());
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Plan assemble_plan(const ScheduleProblem& problem, const std::string& policy, std::vector<PickedConfigs> picked) {
    Plan plan;
    plan.policy = policy;
    plan.window = problem.window;
    plan.gpus = problem.gpus;
    plan.horizon = problem.horizon;
    plan.min_accuracy = problem.min_accuracy;
    if (problem.gpus == 0) plan.violations.push_back("gpus: there are none to share out, no stream can be analysed");
    for (auto& entry : picked) {
        if (!entry.holds()) plan.violations.push_back(violation(problem, entry));
        plan.streams.push_back(std::move(entry.plan));
    }
    plan.mean_accuracy = mean_accuracy(plan.streams);
    return plan;
}

}  // namespace ekya

// ekya.plan/1: a plan that can be read can be written, is valid then and reads as the same plan. It
// is also checked and scored like a plan of our own.
#include "ekya/reference/score.hpp"
#include "ekya/wire/records.hpp"
#include "input.hpp"

using namespace ekya;

namespace {

/// Streams that the plan can be scored on.
ScheduleProblem problem_of(const Plan& plan) {
    ScheduleProblem problem;
    problem.window = plan.window;
    problem.horizon = plan.horizon;
    problem.gpus = plan.gpus;
    problem.min_accuracy = plan.min_accuracy;
    for (const auto& stream : plan.streams) {
        PlanningInput estimate;
        estimate.stream = stream.stream;
        estimate.accuracy = 0.5;
        InferenceEstimate& inference = estimate.inference.emplace_back();
        inference.config = stream.steps.front().inference;
        inference.share = 0.5;
        if (const auto& r = stream.retraining)
            estimate.retraining.push_back({r->config, r->expected_accuracy, 10, r->name});
        problem.streams.push_back(std::move(estimate));
    }
    return problem;
}

void check_and_score(const Plan& plan) {
    const ScheduleProblem problem = problem_of(plan);
    validate(problem);
    (void)fuzz::accepts([&] { check_shares(problem, plan); });
    const auto check = [](const std::vector<StreamScore>& scores) {
        for (const auto& score : scores)
            fuzz::require(score.accuracy >= 0 && score.accuracy <= 1 + 1e-9,
                          "an accuracy outside [0, 1]");
    };
    check(score_plan(problem, plan));
    if (plan.horizon > 1000) return;
    check(score_reference(problem, plan));
    check(sample_reference(problem, plan));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::Input input(data, size);
    Plan plan;
    if (!fuzz::accepts(
            [&] { plan = decode<Plan>(parse_json(input.text(), "plan.json"), "plan.json"); }))
        return 0;
    const std::string line = to_line(encode(plan));
    fuzz::require(fuzz::accepts([&] {
                      const Plan again = decode<Plan>(parse_json(line, "again"), "again");
                      fuzz::require(to_line(encode(again)) == line,
                                    "a plan changed on its way: " + line);
                  }),
                  "a plan that was read cannot be read again: " + line);
    fuzz::accepts([&] { check_and_score(plan); });
    return 0;
}

// A program outside the project that plans a window with the installed library.
#include <ekya/schedule/policy/policies.hpp>
#include <ekya/wire/records.hpp>
#include <iostream>

int main() {
    ekya::PlanningInput stream;
    stream.stream = "gate";
    stream.accuracy = 0.5;
    stream.inference.push_back({{1, 0}, 1.0, 0.1});
    stream.retraining.push_back({ekya::RetrainingConfig{}, 0.8, 2.0});
    ekya::ScheduleProblem problem;
    problem.horizon = 10;
    problem.gpus = 1;
    problem.streams = {stream};
    const auto plan = ekya::make_plan("thief", problem);
    std::cout << ekya::to_line(ekya::encode(plan)) << '\n';
    return plan.streams.at(0).retraining ? 0 : 1;
}

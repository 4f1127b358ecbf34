// ekya.planning-input/1, JSON Lines, and everything that plans with it. Parameters: see
// problem_from(); without any, 2 devices for 100 s.
#include <algorithm>
#include <sstream>
#include <utility>

#include "ekya/reference/policies.hpp"
#include "ekya/reference/score.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "ekya/wire/records.hpp"
#include "input.hpp"
#ifdef EKYA_WITH_BOUND
#include "ekya/bound/upper_bound.hpp"
#endif

using namespace ekya;

namespace {

// What keeps one input to milliseconds.
constexpr std::size_t most_streams = 4, most_configs = 6;
constexpr double most_gpus = 8;
constexpr Seconds shortest_window = 1e-9;  ///< as ekya-schedule has it
constexpr Seconds most_seconds = 200;      ///< where every whole second costs time

/// Every number is within what people use, or any double at all.
double parameter(fuzz::Input& input, double usual, double low, double high) {
    const int kind = input.byte();
    if (kind == 0) return usual;
    return kind % 8 == 7 ? input.any_number() : input.number(low, high);
}

ScheduleProblem problem_from(fuzz::Input& input) {
    ScheduleProblem problem;
    problem.gpus = std::min(parameter(input, 2, 0, most_gpus), most_gpus);
    problem.horizon = std::max(parameter(input, 100, 1, 1000), shortest_window);
    problem.min_accuracy = parameter(input, 0, 0, 1);
    problem.max_job_share = std::max(parameter(input, 1, 0.05, 4), 1e-9);
    (void)input.byte();  // was a parameter once: the corpus has it
    if (input.byte() % 2 == 1) {
        const double full_share = input.number(0.05, 2);
        problem.curve = std::make_shared<const InferenceCurve>(InferenceCurve::interpolated(
            {{1, 1}, {2, 0.78}, {4, 0.6}, {10, 0.15}, {20, 0.04}}, full_share));
    }
    return problem;
}

void limit(std::vector<PlanningInput>& streams) {
    if (streams.size() > most_streams) streams.resize(most_streams);
    for (auto& stream : streams) {
        if (stream.retraining.size() > most_configs) stream.retraining.resize(most_configs);
        if (stream.inference.size() > most_configs) stream.inference.resize(most_configs);
    }
}

/// The plan as it would be read by the next tool; reading it must give the same one.
void check_record(const Plan& plan) {
    std::string line;
    fuzz::require(fuzz::accepts([&] { line = to_line(encode(plan)); }),
                  plan.policy + ": the plan holds no finite number");
    try {
        const Plan again = decode<Plan>(parse_json(line, "plan"), "plan");
        fuzz::require(to_line(encode(again)) == line,
                      plan.policy + ": the plan changed on its way: " + line);
    } catch (const Error& e) {
        fuzz::fail(plan.policy + ": the plan is no valid record: " + e.what() + ": " + line);
    }
}

template <typename Planner>
void check_planner(const ScheduleProblem& problem, const char* name, Planner&& planner) {
    Plan plan;
    if (!fuzz::accepts([&] { plan = planner(); })) return;
    fuzz::require(plan.streams.size() == problem.streams.size(),
                  std::string(name) + ": not all streams are planned");
    fuzz::require(plan.mean_accuracy >= 0 && plan.mean_accuracy <= 1 + 1e-9,
                  std::string(name) + ": accuracy outside [0, 1]");
    try {
        check_shares(problem, plan);
        (void)score_plan(problem, plan);
    } catch (const Error& e) {
        fuzz::fail(std::string(name) + ": " + e.what() + ": " + encode(plan).dump());
    }
    check_record(plan);
}

void check_policies(const ScheduleProblem& problem, fuzz::Input& input) {
    PolicyOptions options;
    options.best.effort = 0.01;
    options.thief.unit = std::max(input.number(0.1, 1), problem.gpus / 64);  // finer ones take long
    options.thief.quantum = options.thief.unit * (1 + input.byte() % 4);
    options.uniform.inference_share = parameter(input, 0.5, 0, 1);
    for (const auto* policy : {"best", "thief", "uniform", "none"})
        check_planner(problem, policy, [&] { return make_plan(policy, problem, options); });
}

void check_references(ScheduleProblem problem, fuzz::Input& input) {
    problem.horizon = std::min(problem.horizon, most_seconds);
    problem.max_job_share = std::max(problem.max_job_share, problem.gpus);  // as published
    ReferenceOptions options;
    options.iterations = 1 + input.byte() % 2;
    options.steal = std::max(input.number(0.1, 1), problem.gpus / 16);
    options.delay = input.byte() % 8;
    for (const auto policy :
         {ReferencePolicy::thief, ReferencePolicy::fair_dumb, ReferencePolicy::fair_naive,
          ReferencePolicy::fair_sco, ReferencePolicy::fair_random, ReferencePolicy::inference_only})
        check_planner(problem, "reference",
                      [&] { return schedule_reference(problem, policy, options); });
}

void check_bound([[maybe_unused]] const ScheduleProblem& problem) {
#ifdef EKYA_WITH_BOUND
    BoundOptions options;
    options.slots = 6;
    options.iterations = 6;
    (void)fuzz::accepts([&] {
        const double bound = upper_bound(problem, options).mean_accuracy;
        fuzz::require(bound >= -1e-6, "a bound below 0");  // false for NaN
        Plan none;
        if (fuzz::accepts([&] { none = make_plan("none", problem); }))
            fuzz::require(none.mean_accuracy <= bound + 1e-6, "a plan above its bound");
    });
#endif
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    std::vector<PlanningInput> streams;
    const bool read = fuzz::accepts([&] {
        std::istringstream in(input.text());
        streams = read_records<PlanningInput>(in, "est.jsonl");
    });
    if (!read) return 0;
    for (const auto& stream : streams)
        fuzz::require(fuzz::accepts([&] { (void)decode<PlanningInput>(encode(stream), "again"); }),
                      "an estimate that was read cannot be read again");
    limit(streams);
    ScheduleProblem problem = problem_from(input);
    problem.streams = std::move(streams);
    check_policies(problem, input);
    check_references(problem, input);
    check_bound(problem);
    return 0;
}

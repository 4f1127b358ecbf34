// ekya-bench-schedule: how long a scheduler takes to decide on one retraining window.
// Every case is named PLANNER/STREAMSxGPUS/TIMING; the filter ^(best|thief)/10x8/ picks the paper's
// size.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "ekya/schedule/policy/thief.hpp"
#include "support/random_stream.hpp"

namespace {

/// What is timed: the policies under their names, and the first allocation of the thief alone.
struct Planner {
    const char* name;
    std::function<ekya::Plan(const ekya::ScheduleProblem&)> plan;
    int most_streams;  ///< more would take over 10 s a decision
};

Planner with(const char* policy, int most_streams) {
    return {policy, [policy](const auto& problem) { return ekya::make_plan(policy, problem); },
            most_streams};
}

const Planner best = with("best", 10000);
// The thief tries all pairs of jobs, and does so again at each completion.
const Planner thief = with("thief", 300);
const Planner thief_once{"thief-once",
                         [](const auto& problem) { return ekya::schedule_thief(problem); }, 3000};
const Planner uniform = with("uniform", 10000);
const Planner none = with("none", 10000);

/// How inference is modelled.
enum class Inference {
    steps,        ///< inference accuracy in steps; a job uses at most one device
    interpolated  ///< as the published simulator: interpolated inference accuracy, a job can span
                  ///< devices
};

struct Size {
    int streams = 0;
    double gpus = 0;
};

constexpr Size paper_size{10, 8};
constexpr Size large_size{1000, 128};
constexpr int growth[] = {10,   30,   100,  300,
                          1000, 3000, 10000};  // streams, on an eighth as many GPUs
constexpr int windows =
    8;  // decisions on different windows differ in time; few suffice for many streams

std::string to_string(Inference inference) {
    return inference == Inference::steps ? "steps" : "interpolated";
}

/// Strides and accuracies of the first stream; all random streams have the same.
std::shared_ptr<const ekya::InferenceCurve> interpolated_curve(const ekya::PlanningInput& stream) {
    std::vector<ekya::InferenceCurve::Knot> knots;
    for (const auto& entry : stream.inference)
        knots.push_back({static_cast<double>(entry.config.frame_stride), entry.relative_accuracy});
    const double full_share = stream.inference.front().share;
    return std::make_shared<const ekya::InferenceCurve>(
        ekya::InferenceCurve::interpolated(std::move(knots), full_share));
}

/// One window of the paper's length, the same for the same seed on every machine.
ekya::ScheduleProblem make_problem(const Size& size, Inference inference, unsigned seed) {
    std::mt19937 random(seed);
    ekya::ScheduleProblem problem;
    problem.horizon = 200;
    problem.gpus = size.gpus;
    for (int v = 0; v < size.streams; ++v) {
        std::string name = "stream ";
        name += std::to_string(v);
        problem.streams.push_back(ekya::test::random_stream(name, random));
    }
    if (inference == Inference::interpolated) {
        problem.max_job_share = std::max(1.0, size.gpus);
        problem.curve = interpolated_curve(problem.streams.front());
    }
    return problem;
}

std::vector<ekya::ScheduleProblem> make_problems(const Size& size, Inference inference) {
    const int count = std::clamp(1000 / size.streams, 1, windows);
    std::vector<ekya::ScheduleProblem> problems;
    for (int seed = 1; seed <= count; ++seed)
        problems.push_back(make_problem(size, inference, static_cast<unsigned>(seed)));
    return problems;
}

void decide(benchmark::State& state, const Planner& planner, const Size& size,
            Inference inference) {
    const auto problems = make_problems(size, inference);
    // A time is worth nothing if the plan is wrong; this also warms caches.
    ekya::check_shares(problems.front(), planner.plan(problems.front()));
    std::size_t next = 0;
    for (auto _ : state) {
        auto plan = planner.plan(problems[next]);
        benchmark::DoNotOptimize(plan);
        next = (next + 1) % problems.size();
    }
    state.counters["streams"] = size.streams;
    state.counters["gpus"] = size.gpus;
    state.counters["configurations"] =
        static_cast<double>(problems.front().streams.front().retraining.size());
    state.counters["streams_per_second"] =
        benchmark::Counter(size.streams, benchmark::Counter::kIsIterationInvariantRate);
}

void add_case(const Planner& planner, const Size& size, Inference inference) {
    std::ostringstream name;
    name << planner.name << '/' << size.streams << 'x' << size.gpus << '/' << to_string(inference);
    benchmark::RegisterBenchmark(name.str().c_str(), decide, planner, size, inference)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
}

void add_cases() {
    for (const Planner& planner : {best, thief, thief_once})
        for (const Inference inference : {Inference::steps, Inference::interpolated})
            add_case(planner, paper_size, inference);
    add_case(best, large_size, Inference::steps);
    for (const Planner& planner : {best, thief, thief_once, uniform, none})
        for (const int streams : growth)
            if (streams <= planner.most_streams)
                add_case(planner, {streams, streams / 8.0}, Inference::steps);
}

}  // namespace

int main(int argc, char** argv) {
    add_cases();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    // A filter that fits nothing is a mistake, not a success.
    const bool any = benchmark::RunSpecifiedBenchmarks() > 0;
    benchmark::Shutdown();
    return any ? 0 : 1;
}

// Every case and every timeline that the published simulator computed on the shared profile set.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "ekya/reference/score.hpp"
#include "ekya/wire/json.hpp"
#include "published.hpp"

namespace ekya {
namespace {

namespace fs = std::filesystem;
using test::published_policy;
using test::published_problem;
using test::published_profiles;

/// Profile sets by size and mode, read once.
class Profiles {
public:
    explicit Profiles(const fs::path& directory)
        : curve(std::make_shared<const InferenceCurve>(
              read_inference_profile(directory / "real_inference_profiles.csv"))),
          directory_(directory) {}

    const ProfileSet& of(int streams, bool oracle) {
        auto& set = sets_[{streams, oracle}];
        if (set.windows.empty()) set = read_reference_profiles(directory_, streams, oracle);
        return set;
    }

    const std::shared_ptr<const InferenceCurve> curve;

private:
    fs::path directory_;
    std::map<std::pair<int, bool>, ProfileSet> sets_;
};

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    return cells;
}

/// What the plan gives in truth: the published overall_inf_mean_auc is the mean of these.
double published_score(const Plan& plan, const ProfileWindow& window, double gpus,
                       const Profiles& profiles) {
    return mean_accuracy(
        score_reference(published_problem(window.truth, gpus, profiles.curve), plan));
}

std::string inference_job(const Plan& plan, std::size_t v) {
    return plan.streams[v].stream + "_" + std::to_string(v) + "_inference";
}

std::string training_job(const Plan& plan, std::size_t v) {
    return plan.streams[v].stream + "_" + std::to_string(v) + "_train_" +
           plan.streams[v].retraining->id();
}

/// The largest difference of a time or a share; infinity if the jobs or the number of changes
/// differ.
double difference(const Plan& plan, const Json& alloc) {
    double largest = 0;
    for (std::size_t row = 0; row < alloc.size(); ++row) {
        std::map<std::string, double> shares;
        for (std::size_t v = 0; v < plan.streams.size(); ++v) {
            const auto& stream = plan.streams[v];
            if (stream.steps.size() != alloc.size()) return HUGE_VAL;
            const double start = alloc[row][0];
            largest =
                std::max(largest, std::abs(stream.steps[row].start - start) / std::max(1.0, start));
            shares[inference_job(plan, v)] = stream.steps[row].inference_share;
            if (stream.retraining)
                shares[training_job(plan, v)] = stream.steps[row].retraining_share;
        }
        if (shares.size() != alloc[row][1].size()) return HUGE_VAL;
        for (const auto& [job, share] : shares) {
            if (!alloc[row][1].contains(job)) return HUGE_VAL;
            largest = std::max(largest, std::abs(share - alloc[row][1][job].get<double>()));
        }
    }
    return largest;
}

/// A plan of a published timeline, to test the scoring without the schedulers.
Plan plan_of(const Json& alloc, const ProfileWindow& window) {
    Plan plan;
    for (std::size_t v = 0; v < window.truth.size(); ++v) {
        StreamPlan stream;
        stream.stream = window.truth[v].stream;
        const std::string prefix = stream.stream + "_" + std::to_string(v) + "_train_";
        std::string training;
        for (const auto& [job, share] : alloc[0][1].items())
            if (job.rfind(prefix, 0) == 0) training = job;
        if (!training.empty()) {
            stream.retraining.emplace();
            stream.retraining->name = training.substr(prefix.size());
        }
        for (const auto& row : alloc)
            stream.steps.push_back(
                {row[0], row[1].at(stream.stream + "_" + std::to_string(v) + "_inference"),
                 training.empty() ? 0.0 : row[1].at(training).get<double>()});
        plan.streams.push_back(stream);
    }
    return plan;
}

TEST_CASE("reference policies: all published cases, mean accuracy to 6 decimals") {
    const auto directory = published_profiles();
    if (!directory) return;
    Profiles profiles(*directory);
    std::ifstream in(*directory / "expected" / "cases.csv");
    std::string line;
    std::getline(in, line);
    int cases = 0;
    while (std::getline(in, line)) {
        const auto cells = cells_of(line);
        REQUIRE(cells.size() == 6);
        const auto [policy, options] = published_policy(cells[0]);
        const double gpus = std::stod(cells[3]);
        const auto& set = profiles.of(std::stoi(cells[2]), cells[1] == "oracle");
        double sum = 0;
        for (const auto& window : set.windows) {
            const auto problem = published_problem(window.predicted, gpus, profiles.curve);
            sum += published_score(schedule_reference(problem, policy, options), window, gpus,
                                   profiles);
        }
        const double mean = sum / static_cast<double>(set.windows.size());
        CHECK_MESSAGE(std::abs(mean - std::stod(cells[4])) <= 0.5000001e-6, line << ": " << mean);
        ++cases;
    }
    CHECK(cases == 200);
}

TEST_CASE(
    "reference policies and whole seconds: all published timelines to 1e-9, their scores to "
    "1e-12") {
    const auto directory = published_profiles();
    if (!directory) return;
    Profiles profiles(*directory);
    std::ifstream in(*directory / "expected" / "timelines.jsonl");
    JsonLines lines(in, "timelines.jsonl");
    int count = 0;
    double worst_plan = 0, worst_score = 0, worst_scoring = 0;
    while (const auto line = lines.next()) {
        const auto [policy, options] = published_policy((*line)["scheduler"]);
        const double gpus = (*line)["gpus"], published = (*line)["inf_mean_auc"];
        const auto& set = profiles.of((*line)["cameras"], (*line)["mode"] == "oracle");
        const auto window =
            std::find_if(set.windows.begin(), set.windows.end(),
                         [&](const auto& w) { return w.name == (*line)["window"]; });
        REQUIRE(window != set.windows.end());
        const Plan plan = schedule_reference(
            published_problem(window->predicted, gpus, profiles.curve), policy, options);
        const double off = difference(plan, (*line)["alloc"]);
        const double score_off =
            std::abs(published_score(plan, *window, gpus, profiles) - published);
        const Plan given = plan_of((*line)["alloc"], *window);
        const double scoring_off =
            std::abs(published_score(given, *window, gpus, profiles) - published);
        worst_plan = std::max(worst_plan, off);
        worst_score = std::max(worst_score, score_off);
        worst_scoring = std::max(worst_scoring, scoring_off);
        const std::string place = lines.place();
        CHECK_MESSAGE(off <= 1e-9, place << ": differs by " << off);
        CHECK_MESSAGE(score_off <= 1e-12, place << ": score differs by " << score_off);
        CHECK_MESSAGE(scoring_off <= 1e-12,
                      place << ": score of the published timeline differs by " << scoring_off);
        ++count;
    }
    CHECK(count == 352);
    MESSAGE("largest difference: timelines " << worst_plan << ", scores " << worst_score
                                             << ", scoring alone " << worst_scoring);
}

}  // namespace
}  // namespace ekya

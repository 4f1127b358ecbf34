#include <doctest/doctest.h>

#include <numeric>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/cloud.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "plan_checks.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

const StreamPlan& plan_of(const Plan& plan, const std::string& name) {
    const auto found = std::find_if(plan.streams.begin(), plan.streams.end(),
                                    [&](const auto& s) { return s.stream == name; });
    REQUIRE(found != plan.streams.end());
    return *found;
}

}  // namespace

TEST_CASE(
    "cloud_transfers: the paper's arithmetic, 8 cameras on 5.1 / 17.5 Mbit/s -> 251.0 s up, 181.9 "
    "s down") {
    const auto transfers = cloud_transfers({}, 400, 8);  // 4 Mbit/s x 400 s x 10 % = 160 Mbit
    REQUIRE(transfers.size() == 8);
    CHECK(transfers.back().upload_ends == Approx(251.0).epsilon(2e-4));
    const double down = std::accumulate(
        transfers.begin(), transfers.end(), 0.0,
        [](double sum, const auto& t) { return sum + t.arrives - t.download_starts; });
    CHECK(down == Approx(181.9).epsilon(3e-4));
    // The uplink is the slower one: each model comes down before the next one's data are up.
    CHECK(transfers.back().arrives == Approx(8 * 160 / 5.1 + 398 / 17.5));
    CHECK(cloud_transfers({}, 400, 0).empty());
}

TEST_CASE("cloud_transfers: on a slow downlink models wait for each other") {
    const auto transfers = cloud_transfers(
        {.uplink_mbps = 10, .downlink_mbps = 10, .upload_megabits = 100, .model_megabits = 300}, 1,
        3);
    CHECK(transfers[1].upload_starts == 10);
    CHECK(transfers[0].arrives == 40);
    CHECK(transfers[1].download_starts == 40);
    CHECK(transfers[2].arrives == 100);
}

TEST_CASE("cloud_transfers: links and sizes out of range are named") {
    CHECK_THROWS_AS((void)cloud_transfers({.uplink_mbps = 0}, 400, 1), DomainError);
    CHECK_THROWS_AS((void)cloud_transfers({.downlink_mbps = -1}, 400, 1), DomainError);
    CHECK_THROWS_WITH_AS((void)cloud_transfers({.upload_fraction = 1.5}, 400, 1),
                         "upload_fraction: 1.5 is not in [0, 1]", DomainError);
    CHECK_THROWS_AS((void)cloud_transfers({.upload_megabits = -1.0}, 400, 1), DomainError);
    CHECK_THROWS_AS((void)cloud_transfers({}, 0, 1), DomainError);
}

TEST_CASE(
    "schedule_cloud: worked example, the most accurate models as they arrive, all devices to "
    "inference") {
    auto problem = test::worked_example();
    problem.gpus = 2;
    const CloudOptions link{
        .uplink_mbps = 10, .downlink_mbps = 40, .upload_megabits = 300, .model_megabits = 400};
    const auto plan = schedule_cloud(problem, link);
    CHECK(plan.policy == "cloud");
    // B gains 0.4 and goes first: up 30 s, down 10 s. A gains 0.1: up until 60 s, here at 70 s.
    REQUIRE(plan.streams[1].retraining);
    CHECK(plan.streams[1].retraining->elsewhere);
    CHECK(plan.streams[1].retraining->share == 0);
    CHECK(plan.streams[1].retraining->config == test::config_of(1));
    CHECK(plan.streams[1].retraining->start_seconds == 0);
    CHECK(plan.streams[1].retraining->expected_seconds == Approx(40));
    CHECK(plan.streams[0].retraining->start_seconds == Approx(30));
    CHECK(plan.streams[0].retraining->expected_seconds == Approx(70));
    CHECK(plan.streams[0].steps.front().inference_share == 1);
    CHECK(plan.streams[0].expected_accuracy == Approx((70 * 0.65 + 50 * 0.75) / 120));
    CHECK(plan.streams[1].expected_accuracy == Approx((40 * 0.5 + 80 * 0.9) / 120));
}

TEST_CASE(
    "schedule_cloud: a stream without gain sends nothing, equal gains go by name, what is late "
    "never serves") {
    auto problem = test::problem_of(100, 3);
    for (const char* name : {"c", "a", "b"}) {
        problem.streams.push_back(test::linear_stream(name, 0.5));
        problem.streams.back().retraining = {{test::config_of(1), 0.7, 10},
                                             {test::config_of(2), 0.8, 1e6}};
    }
    problem.streams[2].retraining = {{test::config_of(1), 0.5, 10}};
    const CloudOptions link{
        .uplink_mbps = 1, .downlink_mbps = 1, .upload_megabits = 40, .model_megabits = 20};
    const auto plan = schedule_cloud(problem, link);
    CHECK_FALSE(plan_of(plan, "b").retraining);
    CHECK(plan_of(plan, "a").retraining->expected_seconds == 60);
    CHECK(plan_of(plan, "a").retraining->config ==
          test::config_of(2));  // the cloud's time costs nothing
    CHECK(plan_of(plan, "c").retraining->expected_seconds == 100);
    problem.horizon = 99;
    CHECK_FALSE(plan_of(schedule_cloud(problem, link), "c").retraining);
    CHECK(plan_of(schedule_cloud(problem, link), "c").expected_accuracy == 0.5);
}

TEST_CASE("schedule_cloud: devices are divided anew when a model arrives") {
    auto problem = test::problem_of(100, 1);  // enough for one of the two
    problem.streams = {test::linear_stream("a", 0.5), test::linear_stream("b", 0.6)};
    problem.streams[0].retraining = {{test::config_of(1), 0.9, 10}};
    const auto plan = schedule_cloud(
        problem,
        {.uplink_mbps = 1, .downlink_mbps = 1, .upload_megabits = 20, .model_megabits = 20});
    CHECK(plan.streams[0].steps.front().inference_share == 0);
    CHECK(step_after_retraining(plan.streams[0]).inference_share == 1);
    CHECK(plan.mean_accuracy == Approx((40 * 0.6 + 60 * 0.9) / 200));
    problem.min_accuracy = 0.2;  // comes first: 0.4 of a device for a, then 0.25
    CHECK(schedule_cloud(problem, {}).violations.empty());
}

TEST_CASE("schedule_cloud: random problems; never worse than no retraining, a faster link pays") {
    const auto slow = [](const auto& problem) { return schedule_cloud(problem); };
    const auto fast = [](const auto& problem) {
        return schedule_cloud(problem, {.uplink_mbps = 51, .downlink_mbps = 175});
    };
    test::check_on_problems(slow, test::random_problem, 300);
    test::check_on_problems(fast, test::random_problem, 300);
    double with_slow = 0, with_fast = 0;
    for (unsigned seed = 0; seed < 200; seed += 2) {  // even seeds have no a_MIN
        CAPTURE(seed);
        const auto problem = test::random_problem(seed);
        const double accuracy = slow(problem).mean_accuracy;
        CHECK(accuracy >= schedule_none(problem).mean_accuracy - 1e-12);
        with_slow += accuracy;
        with_fast += fast(problem).mean_accuracy;
    }
    CHECK(with_fast > with_slow + 1);  // a point of accuracy each
}

#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/pick_configs.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("pick_configs: the worked example's stream B with a device each") {
    const auto problem = test::worked_example();
    const auto picked = pick_configs(problem, problem.streams[1], {1, 1});
    REQUIRE(picked.retraining);
    CHECK(picked.retraining->config == test::config_of(2));
    CHECK(*picked.score.ends == Approx(50));
    CHECK(picked.score.accuracy == Approx((50 * 0.5 + 70 * 0.85) / 120));
    CHECK(picked.steps.back().inference_share == 1);  // a job can use one device at most
    CHECK(picked.holds());
}

TEST_CASE(
    "pick_configs: a retraining that ends too late or has no share is left out, its share serves "
    "inference") {
    auto problem = test::worked_example();
    problem.horizon = 60;
    const auto late = pick_configs(problem, problem.streams[1], {0.3, 0.7});  // 50 / 0.7 = 71 s
    CHECK_FALSE(late.retraining);
    CHECK(late.steps.front().inference_share == Approx(1));
    CHECK(late.score.accuracy == Approx(0.5));
    CHECK_FALSE(pick_configs(problem, problem.streams[1], {1, 0}).retraining);
}

TEST_CASE("pick_configs: a share above max_job_share makes no retraining faster") {
    auto problem = test::worked_example();
    CHECK(pick_configs(problem, problem.streams[1], {1, 2}).score.ends == Approx(50));
    problem.max_job_share = 2;
    CHECK(pick_configs(problem, problem.streams[1], {1, 2}).score.ends == Approx(25));
}

TEST_CASE(
    "pick_configs: nothing is retrained without a gain, and of equal gains the cheaper one wins") {
    auto problem = test::worked_example();
    problem.streams[0].retraining = {{test::config_of(1), 0.65, 10}};
    CHECK_FALSE(pick_configs(problem, problem.streams[0], {1, 1}).retraining);
    problem.streams[0].retraining = {{test::config_of(1), 0.75, 60}, {test::config_of(2), 0.70, 0}};
    CHECK(pick_configs(problem, problem.streams[0], {1, 1}).retraining->config ==
          test::config_of(2));
}

TEST_CASE("pick_configs: a_MIN forbids starving inference for a retraining that would pay") {
    auto problem = test::worked_example();
    const JobShares shares{0.6, 0.4};
    problem.horizon = 600;
    CHECK(pick_configs(problem, problem.streams[1], shares).retraining);
    problem.min_accuracy = 0.4;  // during the retraining: 0.5 * 0.6 = 0.3
    const auto picked = pick_configs(problem, problem.streams[1], shares);
    CHECK_FALSE(picked.retraining);
    CHECK(picked.holds());
}

TEST_CASE("pick_configs: if nothing holds a_MIN, a retraining that cures it is better than none") {
    auto problem = test::worked_example();
    problem.min_accuracy = 0.6;  // B is at 0.5
    const auto picked = pick_configs(problem, problem.streams[1], {1, 1});
    REQUIRE(picked.retraining);
    CHECK_FALSE(picked.holds());
    CHECK(picked.score.lowest_accuracy == Approx(0.5));
    CHECK(picked.score.below_until == Approx(50));
    CHECK(picked.score.shortfall == Approx(0.1 * 50 / 120));
}

TEST_CASE("pick_configs: a share that makes no sense is refused") {
    const auto problem = test::worked_example();
    CHECK_THROWS_AS((void)pick_configs(problem, problem.streams[1], {-1, 0}), DomainError);
}

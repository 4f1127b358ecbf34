#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/pick_configs.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

TEST_CASE("pick_configs: the worked example's stream B with a device each") {
    const auto problem = test::worked_example();
    const auto picked = pick_configs(problem, problem.streams[1], {1, 1});
    REQUIRE(picked.plan.retraining);
    CHECK(picked.plan.retraining->config == test::config_of(2));
    CHECK(picked.plan.retraining->expected_seconds == Approx(50));
    CHECK(picked.plan.retraining->expected_accuracy == 0.85);
    CHECK(picked.plan.expected_accuracy == Approx((50 * 0.5 + 70 * 0.85) / 120));
    CHECK(picked.plan.inference_share_after == 1);  // a job can use one device at most
    CHECK(picked.holds());
}

TEST_CASE(
    "pick_configs: a retraining that ends too late or has no share is left out, its share serves "
    "inference") {
    auto problem = test::worked_example();
    problem.horizon = 60;
    const auto late = pick_configs(problem, problem.streams[1], {0.3, 0.7});  // 50 / 0.7 = 71 s
    CHECK_FALSE(late.plan.retraining);
    CHECK(late.plan.inference_share == Approx(1));
    CHECK(late.plan.expected_accuracy == Approx(0.5));
    CHECK_FALSE(pick_configs(problem, problem.streams[1], {1, 0}).plan.retraining);
}

TEST_CASE("pick_configs: a share above max_job_share makes no retraining faster") {
    auto problem = test::worked_example();
    CHECK(pick_configs(problem, problem.streams[1], {1, 2}).plan.retraining->expected_seconds ==
          Approx(50));
    problem.max_job_share = 2;
    CHECK(pick_configs(problem, problem.streams[1], {1, 2}).plan.retraining->expected_seconds ==
          Approx(25));
}

TEST_CASE(
    "pick_configs: nothing is retrained without a gain, and of equal gains the cheaper one wins") {
    auto problem = test::worked_example();
    problem.streams[0].retraining = {{test::config_of(1), 0.65, 10}};
    CHECK_FALSE(pick_configs(problem, problem.streams[0], {1, 1}).plan.retraining);
    problem.streams[0].retraining = {{test::config_of(1), 0.75, 60}, {test::config_of(2), 0.70, 0}};
    CHECK(pick_configs(problem, problem.streams[0], {1, 1}).plan.retraining->config ==
          test::config_of(2));
}

TEST_CASE("pick_configs: a_MIN forbids starving inference for a retraining that would pay") {
    auto problem = test::worked_example();
    const JobShares shares{0.6, 0.4};
    problem.horizon = 600;
    CHECK(pick_configs(problem, problem.streams[1], shares).plan.retraining);
    problem.min_accuracy = 0.4;  // during the retraining: 0.5 * 0.6 = 0.3
    const auto picked = pick_configs(problem, problem.streams[1], shares);
    CHECK_FALSE(picked.plan.retraining);
    CHECK(picked.holds());
}

TEST_CASE("pick_configs: if nothing holds a_MIN, a retraining that cures it is better than none") {
    auto problem = test::worked_example();
    problem.min_accuracy = 0.6;  // B is at 0.5
    const auto picked = pick_configs(problem, problem.streams[1], {1, 1});
    REQUIRE(picked.plan.retraining);
    CHECK_FALSE(picked.holds());
    CHECK(picked.lowest_accuracy == Approx(0.5));
    CHECK(picked.below_until == Approx(50));
    CHECK(picked.shortfall == Approx(0.1 * 50 / 120));
}

TEST_CASE("with_retraining: a retraining that does not fit is refused by name") {
    const auto problem = test::worked_example();
    CHECK_THROWS_AS((void)with_retraining(problem, problem.streams[0], {1, 0.1},
                                          problem.streams[0].retraining.data()),
                    DomainError);
    CHECK_THROWS_AS((void)pick_configs(problem, problem.streams[0], {-1, 0}), DomainError);
}

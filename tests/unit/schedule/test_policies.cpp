#include <doctest/doctest.h>

#include <set>
#include <string>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/policies.hpp"
#include "problems.hpp"

using namespace ekya;

namespace {

class SteppingClock : public Clock {
public:
    Seconds now() const override { return now_ += 3; }
    void sleep(Seconds) override {}

private:
    mutable Seconds now_ = 0;
};

}  // namespace

TEST_CASE("policy_from: names there and back") {
    for (const auto& name : policy_names()) CHECK(policy_from(name).name == name);
    CHECK_THROWS_WITH_AS((void)policy_from("burglar"),
                         doctest::Contains("policy: \"burglar\" is not one of best, thief,"),
                         DomainError);
}

TEST_CASE("policy_setting_from: a name with a fixed configuration and a split") {
    const auto setting = policy_setting_from("uniform:cheapest:0.3");
    CHECK(setting.policy->name == "uniform");
    CHECK(setting.options.uniform.choice == UniformChoice::cheapest);
    CHECK(setting.options.uniform.inference_share == 0.3);
    CHECK(setting.text == "uniform:cheapest:0.3");
    CHECK_THROWS_AS((void)policy_setting_from("best:as-told"), DomainError);
    CHECK(policy_setting_from("cached:place").options.cached.similarity == Similarity::place);
    CHECK(policy_setting_from("thief-fixed-resources:0.3").options.uniform.inference_share == 0.3);
    CHECK_THROWS_AS((void)policy_setting_from("thief-fixed-config:0.3"), DomainError);
    CHECK(policy_setting_from("uniform:0.9").options.uniform.inference_share == 0.9);
    CHECK_THROWS_AS((void)policy_setting_from("uniform:1.5"), DomainError);
    CHECK_THROWS_AS((void)policy_setting_from("uniform:nan"), DomainError);
    CHECK_THROWS_AS((void)policy_setting_from("uniform:dearest"), DomainError);
    CHECK_THROWS_WITH_AS((void)policy_setting_from("none:0.5"),
                         "policy: \"none:0.5\": \"0.5\" is no setting of none", DomainError);
}

TEST_CASE("policies: every one says what it is; flags are declared once and set what they name") {
    std::set<std::string> flags;
    PolicyOptions options;
    for (const auto& policy : policies()) {
        CAPTURE(policy.name);
        CHECK_FALSE(policy.about.empty());
        for (const auto& option : policy.options) {
            CAPTURE(option.flag);
            CHECK(option.flag.starts_with("--"));
            CHECK(flags.insert(option.flag).second);
            CHECK(static_cast<bool>(option.set_number) != static_cast<bool>(option.set_word));
            if (option.set_number) option.set_number(options, 0.5);
            for (const auto& word : option.words) option.set_word(options, word);
        }
    }
    CHECK(options.thief.quantum == 0.5);
    CHECK(options.thief.unit == 0.5);
    CHECK(options.uniform.inference_share == 0.5);
    CHECK(options.uniform.choice == UniformChoice::cheapest);
    CHECK(options.cloud.upload_fraction == 0.5);
    CHECK(options.cached.similarity == Similarity::place);
}

TEST_CASE("policies: which retrain, plan anew and run on these devices") {
    CHECK(policy_from("best").retrains);
    CHECK(policy_from("best").replans);
    CHECK_FALSE(policy_from("none").retrains);
    CHECK_FALSE(policy_from("none").replans);
    CHECK_FALSE(policy_from("uniform").replans);
    CHECK_FALSE(policy_from("cached").replans);
    CHECK_FALSE(policy_from("cached").simulated_only);
    CHECK_FALSE(policy_from("cloud").replans);
    CHECK(policy_from("cloud").simulated_only);
}

TEST_CASE("make_plan: fills the record and times the decision") {
    auto problem = test::worked_example();
    problem.min_accuracy = 0.1;
    for (const auto& name : policy_names()) {
        CAPTURE(name);
        const auto& policy = policy_from(name);
        const auto plan = make_plan(policy, problem, {}, SteppingClock());
        CHECK(plan.policy == policy.name);
        CHECK(plan.window == 1);
        CHECK(plan.gpus == 3);
        CHECK(plan.horizon == 120);
        CHECK(plan.min_accuracy == 0.1);
        CHECK(plan.decision_seconds == 3);
        REQUIRE(plan.streams.size() == 2);
        CHECK(plan.streams[0].stream == "A");
        CHECK(plan.violations.empty());
    }
}

TEST_CASE("make_plan: options reach their policy") {
    PolicyOptions options;
    options.uniform.inference_share = 0.2;
    CHECK(make_plan("uniform", test::worked_example(), options)
              .streams[0]
              .steps.front()
              .inference_share == doctest::Approx(0.3));
}

TEST_CASE("make_plan: without GPUs the plan says what it violates") {
    auto problem = test::worked_example();
    problem.gpus = 0;
    problem.min_accuracy = 0.4;
    for (const auto* policy : {"thief", "uniform", "none"}) {
        const auto plan = make_plan(policy, problem);
        CHECK(plan.mean_accuracy == 0);
        REQUIRE(plan.violations.size() == 3);
        CHECK(plan.violations[0] == "gpus: there are none to share out, no stream can be analysed");
        CHECK(plan.violations[1] == "stream A: accuracy 0.00 is below min_accuracy 0.40 by 0.40");
    }
}

TEST_CASE("make_plan: a violation that a retraining ends says when, a small one keeps its digits") {
    auto problem = test::worked_example();
    problem.min_accuracy = 0.505;
    for (auto& stream : problem.streams)
        stream.retraining.pop_back();  // the cheap one would end in time
    const auto plan = make_plan("uniform", problem, {.uniform = {.inference_share = 2.0 / 3}});
    REQUIRE(plan.violations.size() ==
            1);  // A: 85 / 0.5 does not end in time; B: 80 / 0.5 neither, 0.5 for all time
    CHECK(plan.violations[0] == "stream B: accuracy 0.5000 is below min_accuracy 0.5050 by 0.0050");
    problem.horizon = 160;
    problem.min_accuracy = 0.6;
    problem.streams[1].retraining = {{test::config_of(1), 0.9, 40}};
    const auto cured = make_plan("uniform", problem, {.uniform = {.inference_share = 2.0 / 3}});
    REQUIRE(cured.violations.size() == 1);
    CHECK(cured.violations[0] ==
          "stream B: accuracy 0.50 is below min_accuracy 0.60 by 0.10 until its retraining ends "
          "after 80.0 s");
}

TEST_CASE("make_plan: no streams is an error for every policy") {
    for (const auto* policy : {"thief", "uniform", "none"})
        CHECK_THROWS_AS((void)make_plan(policy, test::problem_of(10, 1)), DomainError);
}

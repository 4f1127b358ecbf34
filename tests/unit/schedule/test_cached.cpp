#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/schedule/policy/cached.hpp"
#include "ekya/schedule/policy/none.hpp"
#include "plan_checks.hpp"
#include "problems.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// A stream at half past eleven at night with mostly cars, and three earlier models, the last of
/// which knows nothing of its scene. The less similar ones are the more accurate ones.
PlanningInput night_stream() {
    auto stream = test::linear_stream("a", 0.5);
    stream.scene = {{{"car", 0.8}, {"bus", 0.2}}, 23.5, 4.0, "north"};
    stream.cached = {{"near", 0.6, {{{"car", 0.7}, {"van", 0.3}}, 0.5, 5.0, "north"}},
                     {"far", 0.9, {{{"bus", 1}}, 21.0, 40.0, "south"}},
                     {"unknown", 0.95, {}}};
    return stream;
}

std::string chosen(const PlanningInput& stream, Similarity similarity) {
    const auto* model = most_similar(stream, similarity);
    return model ? model->id : "";
}

constexpr Similarity all[] = {Similarity::class_distribution, Similarity::time_of_day,
                              Similarity::object_count, Similarity::place};

ScheduleProblem problem_with_scenes(unsigned seed) {
    auto problem = test::random_problem(seed);
    std::mt19937 random(seed + 1000);
    std::uniform_real_distribution<double> uniform(0, 1);
    const auto scene = [&] {
        const double cars = uniform(random);
        return Scene{{{"car", cars}, {"bus", 1 - cars}},
                     24 * uniform(random),
                     20 * uniform(random),
                     uniform(random) < 0.5 ? "x" : "y"};
    };
    for (auto& stream : problem.streams) {
        if (uniform(random) < 0.9) stream.scene = scene();
        for (const char* id : {"one", "two", "three"})
            stream.cached.push_back({id, uniform(random), scene()});
    }
    return problem;
}

}  // namespace

TEST_CASE("most_similar: class distribution by total variation, classes of either side count") {
    auto stream = night_stream();
    CHECK(chosen(stream, Similarity::class_distribution) ==
          "near");  // 0.1 + 0.2 + 0.3 against 0.8 + 0.8
    stream.cached[1].scene.class_shares = {{"car", 0.6}, {"bus", 0.4}};  // 0.4
    CHECK(chosen(stream, Similarity::class_distribution) == "far");
}

TEST_CASE("most_similar: time of day goes around midnight") {
    auto stream = night_stream();
    CHECK(chosen(stream, Similarity::time_of_day) == "near");  // one hour, not 23
    stream.cached[1].scene.hour = 22.75;
    CHECK(chosen(stream, Similarity::time_of_day) == "far");
}

TEST_CASE("most_similar: object count, either way") {
    auto stream = night_stream();
    CHECK(chosen(stream, Similarity::object_count) == "near");
    stream.cached[1].scene.objects_per_frame = 3.5;
    CHECK(chosen(stream, Similarity::object_count) == "far");
}

TEST_CASE("most_similar: the same place, the latest first; another place is no choice") {
    auto stream = night_stream();
    CHECK(chosen(stream, Similarity::place) == "near");
    stream.cached[2].scene.place = "north";
    CHECK(chosen(stream, Similarity::place) == "unknown");
    stream.scene.place = "west";
    CHECK(chosen(stream, Similarity::place).empty());
}

TEST_CASE(
    "most_similar: of equally similar ones the latest, whatever their accuracy; nothing known -> "
    "none") {
    auto stream = night_stream();
    stream.cached[1].scene = stream.cached[0].scene;
    for (const auto similarity : all) CHECK(chosen(stream, similarity) == "far");
    stream.cached[1].accuracy = 0.1;
    for (const auto similarity : all) CHECK(chosen(stream, similarity) == "far");
    stream.scene = {};
    for (const auto similarity : all) CHECK(chosen(stream, similarity).empty());
}

TEST_CASE("similarity_from: names there and back") {
    for (const auto similarity : all) CHECK(similarity_from(to_string(similarity)) == similarity);
    CHECK_THROWS_AS((void)similarity_from("colour"), DomainError);
}

TEST_CASE(
    "schedule_cached: switches at once, for worse too; without cached models the present one "
    "stays") {
    auto problem = test::problem_of(100, 2);
    problem.streams = {night_stream(), test::linear_stream("b", 0.7)};
    problem.streams[0].cached[0].accuracy = 0.3;
    const auto plan = schedule_cached(problem);
    CHECK(plan.policy == "cached");
    CHECK(plan.streams[0].cached == "near");
    CHECK_FALSE(plan.streams[0].retraining);
    CHECK(plan.streams[0].expected_accuracy == Approx(0.3));
    CHECK(plan.streams[1].cached.empty());
    CHECK(plan.streams[1].expected_accuracy == Approx(0.7));
}

TEST_CASE("schedule_cached: devices go where the models that serve give most") {
    auto problem = test::problem_of(100, 1);
    problem.streams = {night_stream(),
                       test::linear_stream("b", 0.55)};  // a: 0.5 deployed, 0.6 near
    CHECK(schedule_cached(problem).streams[0].steps.front().inference_share == 1);
    problem.streams[0].cached.clear();
    CHECK(schedule_cached(problem).streams[0].steps.front().inference_share == 0);
}

TEST_CASE(
    "schedule_cached: where a device more brings nothing before the next step of the curve, it "
    "goes to the other stream") {
    auto problem = test::problem_of(100, 0.9);
    problem.streams = {test::linear_stream("a", 0.5), test::linear_stream("b", 0.5)};
    for (auto& stream : problem.streams) stream.inference = {{{2, 0}, 0.45, 0.5}, {{1, 0}, 1, 1}};
    const auto plan =
        schedule_cached(problem);  // 0.9 for one is worth 0.45, two halves together 0.81
    CHECK(plan.mean_accuracy == Approx(0.5 * 0.81 / 2));
    CHECK(plan.streams[0].steps.front().inference_share +
              plan.streams[1].steps.front().inference_share ==
          Approx(0.9));
}

TEST_CASE("schedule_cached: random problems; nothing cached -> never worse than none") {
    for (const auto similarity : all)
        test::check_on_problems(
            [&](const auto& problem) { return schedule_cached(problem, {similarity}); },
            problem_with_scenes, 100);
    for (unsigned seed = 0; seed < 100; seed += 2) {
        const auto problem = test::random_problem(seed);
        CHECK(schedule_cached(problem).mean_accuracy >=
              schedule_none(problem).mean_accuracy - 1e-12);
    }
}

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "ekya/core/errors.hpp"
#include "ekya/profile/score.hpp"
#include "exemplar_choice.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

const LabelledCrops& crops_of(const std::shared_ptr<Samples>& samples) {
    return dynamic_cast<const LabelledCrops&>(*samples);
}

TrainingDataRequest request_of(int fresh) {
    TrainingDataRequest request;
    request.stream = "a";
    request.classes = {"car", "pedestrian", "sign"};
    request.fresh_windows = {fresh};
    request.memory_before = fresh;
    return request;
}

std::vector<std::string> cars(std::size_t count) { return std::vector<std::string>(count, "car"); }

std::set<int> marks(const std::shared_ptr<Samples>& samples) {
    const auto& crops = crops_of(samples);
    std::set<int> found;
    for (std::size_t i = 0; i < crops.count(); ++i) found.insert(crops.crops.crop(i)[0]);
    return found;
}

}  // namespace

TEST_CASE("exemplars: the tighter of number and bytes holds; 0 bytes = no limit of their own") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, cars(40));
    store_window(store, "a", 1, cars(4));
    auto request = request_of(1);
    request.memory.bytes = 10 * crop_side * crop_side * 3 + 5;  // ten crops and a bit
    CHECK(load_training_data(store, request).exemplars->count() == 10);
    request.exemplars = 6;
    CHECK(load_training_data(store, request).exemplars->count() == 6);
    request.memory.bytes = 0;
    request.exemplars = 600;
    CHECK(load_training_data(store, request).exemplars->count() == 40);
    request.memory.bytes = 1;  // not one crop
    CHECK(load_training_data(store, request).exemplars->empty());
}

TEST_CASE(
    "exemplars: recent ones are the newest of each class; windows before from_window are "
    "forgotten") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, {"car", "car", "sign", "sign"});
    store_window(store, "a", 1, cars(3));
    store_window(store, "a", 2, cars(4));
    auto request = request_of(2);
    request.exemplars = 4;
    request.memory.choice = ExemplarChoice::recent;
    auto found = marks(load_training_data(store, request).exemplars);
    CHECK(found.contains(mark(0, 2)));  // signs are in the oldest window only
    CHECK(found.contains(mark(0, 3)));
    CHECK(found.size() == 4);
    int newest = 0;
    for (const int m : found) newest += m / 64 == 1;
    CHECK(newest == 2);  // no car of window 0
    request.memory.from_window = 1;
    request.exemplars = 600;
    found = marks(load_training_data(store, request).exemplars);
    CHECK(found == std::set<int>{mark(1, 0), mark(1, 1), mark(1, 2)});
}

TEST_CASE(
    "herding_order: the mean of what is taken stays nearest to the mean of all; worked by hand") {
    // Directions 0, 90 and 45 degrees: the mean points to 45, so the third is first; then either of
    // the others is as near.
    const std::vector<float> rows{1, 0, 0, 1, 2, 2};  // lengths do not matter
    CHECK(herding_order(rows, 2, 3).front() == 2);
    CHECK(herding_order(rows, 2, 3).size() == 3);
    CHECK(herding_order(rows, 2, 1) == std::vector<std::size_t>{2});
    // Nine alike and one far off: the outlier comes late.
    std::vector<float> crowd;
    for (int i = 0; i < 9; ++i) crowd.insert(crowd.end(), {1, 0.01F * static_cast<float>(i)});
    crowd.insert(crowd.end(), {-1, 0});
    const auto order = herding_order(crowd, 2, 10);
    CHECK(std::set<std::size_t>(order.begin(), order.end()).size() == 10);
    CHECK(order.front() != 9);
    CHECK(order[1] != 9);
    CHECK(herding_order({}, 0, 5).empty());
    CHECK(herding_order({0, 0, 0, 0}, 2, 2).size() == 2);  // rows of zeros have no direction
}

TEST_CASE(
    "exemplars: herding looks at the features of each class; without features the choice is "
    "random") {
    const Scratch scratch;
    const Store store(scratch.path());
    store_window(store, "a", 0, cars(9));
    store_window(store, "a", 1, cars(2));
    auto request = request_of(1);
    request.exemplars = 1;
    request.memory.choice = ExemplarChoice::herding;
    CHECK(load_training_data(store, request).exemplars->count() == 1);
    // Crop i looks in the direction of i * 10 degrees: the one in the middle is nearest to the
    // mean.
    request.features = [](const Samples& samples) {
        const auto& crops = dynamic_cast<const LabelledCrops&>(samples).crops;
        std::vector<float> rows;
        for (std::size_t i = 0; i < crops.count(); ++i) {
            const double angle = crops.crop(i)[0] * 3.14159265 / 18;
            rows.push_back(static_cast<float>(std::cos(angle)));
            rows.push_back(static_cast<float>(std::sin(angle)));
        }
        return rows;
    };
    CHECK(marks(load_training_data(store, request).exemplars) == std::set<int>{mark(0, 4)});
    request.features = [](const Samples&) { return std::vector<float>(5); };
    CHECK_THROWS_AS((void)load_training_data(store, request), DomainError);
}

TEST_CASE("exemplar_choice_from: every name, and no other") {
    CHECK(exemplar_choice_from("random") == ExemplarChoice::random);
    CHECK(exemplar_choice_from("herding") == ExemplarChoice::herding);
    CHECK(exemplar_choice_from("recent") == ExemplarChoice::recent);
    CHECK_THROWS_AS((void)exemplar_choice_from("best"), DomainError);
}

TEST_CASE(
    "check: what the newest earlier windows held out is neither memory nor fresh, and the same in "
    "the next window") {
    const Scratch scratch;
    const Store store(scratch.path());
    for (int window = 0; window < 4; ++window) store_window(store, "a", window, cars(10));
    auto request = request_of(2);
    request.check_windows = 2;
    const auto data = load_training_data(store, request);
    CHECK(data.check->count() == 4);  // a fifth of windows 0 and 1
    CHECK(data.exemplars->count() == 16);
    auto seen = marks(data.exemplars);
    for (const int m : marks(data.check)) CHECK(seen.insert(m).second);
    CHECK(seen.size() == 20);

    // A window later: what window 2 held out then is checked on now, window 0 has become memory.
    auto later = request_of(3);
    later.check_windows = 2;
    const auto next = load_training_data(store, later);
    const auto check = marks(next.check);
    for (const int m : marks(data.held_out)) CHECK(check.contains(m));
    for (const int m : marks(data.check)) CHECK((m / 64 == 0) != check.contains(m));
    CHECK(next.exemplars->count() == 26);
}

TEST_CASE("held-out labels are drawn uniformly: chosen ones are trained on, whatever the part") {
    const Scratch scratch;
    const Store store(scratch.path());
    store.write_window(manifest_of("a", 0, 20), crops_of(20));
    auto labels = labels_of("a", 0, cars(20));
    for (int i = 0; i < 10; ++i) labels.labels[static_cast<std::size_t>(i)].uniform = false;
    store.write_labels(labels);
    auto request = request_of(0);
    request.held_out = 0.5;
    const auto data = load_training_data(store, request);
    CHECK(data.held_out->count() == 5);
    for (const int m : marks(data.held_out)) CHECK(m >= 10);
    CHECK(data.uniform.size() == 5);
    const auto sample = evaluation_sample(data);
    CHECK(sample->count() == 10);
    for (const int m : marks(sample)) CHECK(m >= 10);
    CHECK(evaluation_sample(data, 7)->count() == 7);
    CHECK(crops_of(evaluation_sample(data, 7)).crops.count() == 7);
    CHECK(crops_of(evaluation_sample(data, 7)).crops.places.size() == 7);
}

TEST_CASE(
    "measuring_sample: all labels with a weight, held out or not; answers count as much as what "
    "they stand for") {
    const Scratch scratch;
    const Store store(scratch.path());
    store.write_window(manifest_of("a", 0, 20), crops_of(20));
    auto labels = labels_of("a", 0, cars(20));
    for (std::size_t i = 0; i < 20; ++i) {
        labels.labels[i].uniform = i >= 8;
        labels.labels[i].weight = i < 4 ? 0
                                  : i < 10
                                      ? 1
                                      : 5;  // 4 that count for nothing, 6 for themselves, 10 for 50
    }
    store.write_labels(labels);
    auto request = request_of(0);
    request.held_out = 0.5;
    const auto data = load_training_data(store, request);
    REQUIRE(data.held_out->count() == 6);
    const auto sample = measuring_sample(data);
    REQUIRE(sample.as.size() == 16);
    CHECK(sample.samples->count() == 16);
    std::vector<Grade> grades(16, {1, 1, 1});
    CHECK(score_of(grades, sample.weights()) == 1);
    CHECK(measured_labels(grades, sample.weights()) == doctest::Approx(12.25));  // 56^2 / (6 + 250)
    for (std::size_t i = 0; i < 16; ++i)
        if (sample.as[i].weight == 1) grades[i].earned = 0;
    CHECK(score_of(grades, sample.weights()) == doctest::Approx(50.0 / 56));
    const auto fewer = measuring_sample(data, 7);
    CHECK(fewer.samples->count() == 7);
    for (const auto* s : {&sample, &fewer})
        for (std::size_t i = 0; i < s->as.size(); ++i)
            CHECK(s->as[i].weight == (crops_of(s->samples).crops.crop(i)[0] < mark(0, 10) ? 1 : 5));
    grades.pop_back();
    CHECK_THROWS_AS((void)score_of(grades, sample.weights()), DomainError);
    CHECK(score_of({}, WeightedSamples{}.weights()) == 0);
    CHECK(measured_labels({}, WeightedSamples{}.weights()) == 0);
}

TEST_CASE(
    "measuring_sample: with emphasis on the newest an object counts as much as its frame lies "
    "ahead in the window") {
    const Scratch scratch;
    const Store store(scratch.path());
    store.write_window(manifest_of("a", 1, 10), crops_of(10, 1));
    auto labels = labels_of("a", 1, cars(10));
    labels.labels[9].weight = 3;
    store.write_labels(labels);
    auto request = request_of(1);
    request.held_out = 0.5;
    const auto sample = measuring_sample(load_training_data(store, request));
    REQUIRE(sample.as.size() == 10);
    for (std::size_t i = 0; i < 10; ++i)
        CHECK(sample.as[i].moment ==
              doctest::Approx((crops_of(sample.samples).crops.crop(i)[0] - mark(1, 0) + 1) / 10.0));
    std::vector<Grade> grades(10, {1, 1, 1});
    for (std::size_t i = 0; i < 10; ++i)
        if (sample.as[i].moment == 1) grades[i].earned = 0;  // the last is taken for something else
    CHECK(score_of(grades, sample.weights()) == doctest::Approx(1 - 3.0 / 12));
    CHECK(score_of(grades, sample.weights(Emphasis::newest)) ==
          doctest::Approx(1 - 3 / (0.1 * 45 + 3)));
}

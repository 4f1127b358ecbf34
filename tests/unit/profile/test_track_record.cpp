#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "ekya/profile/track_record.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

ProfileRecord estimate(int window, const std::string& model, double accuracy) {
    ProfileRecord e;
    e.stream = "a";
    e.window = window;
    e.model = model;
    e.accuracy = accuracy;
    e.labels = 100;
    e.retraining = {{{.epochs = 5}, 0.7, 1}, {{.epochs = 15}, 0.8, 3}};
    return e;
}

ModelCard card(const std::string& id, int window, int epochs) {
    ModelCard c;
    c.id = id;
    c.window = window;
    c.config.epochs = epochs;
    return c;
}

std::vector<PastRetraining> misses(int count, double by, int labels) {
    std::vector<PastRetraining> past;
    for (int i = 0; i < count; ++i) past.push_back({i, {}, 0.6, 0.6 + by, 0.5, labels});
    return past;
}

}  // namespace

TEST_CASE(
    "past_retrainings: what was planned meets what the next window measured, without the "
    "correction that was on it") {
    std::vector<ProfileRecord> estimates{estimate(4, "base", 0.6), estimate(5, "m4", 0.75),
                                         estimate(6, "m4", 0.7)};
    estimates[0].correction = 0.05;
    estimates[1].parent_accuracy = 0.55;
    const std::vector<ModelCard> cards{card("base", -1, 30), card("m4", 4, 15)};
    const auto past = past_retrainings(estimates, cards, 6);
    REQUIRE(past.size() == 1);  // nothing was trained in window 5
    CHECK(past[0].window == 4);
    CHECK(past[0].config.epochs == 15);
    CHECK(past[0].predicted == Approx(0.75));
    CHECK(past[0].measured == 0.75);
    CHECK(past[0].parent == 0.55);
    CHECK(past[0].labels == 100);
}

TEST_CASE("remembered_costs: the newest estimate's, for the samples there are now") {
    const std::vector<RetrainingConfig> configs{{.epochs = 5}, {.epochs = 15}, {.epochs = 30}};
    std::vector<ProfileRecord> estimates{estimate(4, "base", 0.6), estimate(5, "m4", 0.7)};
    estimates[0].samples = 100;
    estimates[1].samples = 200;
    estimates[1].retraining = {{{.epochs = 5}, 0.7, 2}};  // the other one was left out
    constexpr double start = 0.5;
    auto costs = remembered_costs(configs, estimates, {}, 6, 300, start);
    REQUIRE(costs.size() == 2);  // of 30 epochs nothing is known
    CHECK((costs[0].config.epochs == 5 && costs[1].config.epochs == 15));
    CHECK(costs[0].device_seconds ==
          Approx(0.5 + 1.5 * 1.5));  // starting a process takes what it takes
    CHECK(costs[1].device_seconds == Approx(0.5 + 2.5 * 3));
    CHECK_FALSE(costs[0].is_stale);
    estimates[1].retraining[0].tried = false;
    estimates.push_back(estimate(24, "m4", 0.7));
    estimates[2].retraining = {{{.epochs = 30}, 0.7, 2}};
    costs = remembered_costs(configs, estimates, {}, 25, 300, start);
    CHECK((costs[0].is_stale && costs[1].is_stale &&
           !costs[2].is_stale));  // the last trial was 20 windows ago
    CHECK(remembered_costs(configs, estimates, {}, 45, 300, start)[2]
              .is_stale);      // whatever was estimated elsewhere since then
    estimates[2].samples = 0;  // an estimate of old
    CHECK(remembered_costs(configs, estimates, {}, 25, 300, start)[2].device_seconds == Approx(2));
    CHECK(remembered_costs(configs, {}, {}, 25, 300, start).empty());
}

TEST_CASE(
    "remembered_costs: trainings of the same layers correct them, those that were ended early "
    "too") {
    const std::vector<RetrainingConfig> configs{{.epochs = 5}};
    const std::vector<ProfileRecord> estimates{estimate(4, "base", 0.6),
                                               estimate(5, "m4", 0.7)};  // 5 epochs: 1 s, 15: 3 s
    const auto cost = [&](const std::vector<ModelCard>& cards) {
        return remembered_costs(configs, estimates, cards, 6, 300, 0.5).at(0).device_seconds;
    };
    auto trained = card("m5", 5, 15);
    trained.device_seconds = 3 - 0.5;
    CHECK(cost({trained}) == Approx(1));  // with the start of its process as much as was planned
    trained.device_seconds = 4 * 3 - 0.5;
    CHECK(cost({trained}) == Approx(2));  // four times as long: half the way
    CHECK(cost({trained, trained, trained}) == Approx(std::pow(4, 0.75)));
    trained.device_seconds = 1e9;
    CHECK(cost({trained}) == Approx(2));
    trained.device_seconds = (4 * 3 - 0.5) / 3;
    trained.epochs_run = 5;
    CHECK(cost({trained}) == Approx(2));
    trained.epochs_run = 0;
    CHECK(cost({trained}) == Approx(1));
    trained = card("m4", 4, 15);  // known when window 5 was estimated
    trained.device_seconds = 9;
    CHECK(cost({trained}) == Approx(1));
    trained = card("m5", 5, 15);
    trained.device_seconds = 9;
    trained.config.layers = TrainedLayers::head;
    CHECK(cost({trained}) == Approx(1));
    trained.config.layers = TrainedLayers::all;
    trained.config.epochs = 30;  // was not estimated
    CHECK(cost({trained}) == Approx(1));
}

TEST_CASE(
    "past_retrainings: no outcome of the future, no gap, no unknown model, no configuration that "
    "was not estimated") {
    const std::vector<ModelCard> cards{card("m4", 4, 15), card("m5", 5, 30)};
    const std::vector<ProfileRecord> next{estimate(4, "base", 0.6), estimate(5, "m4", 0.75)};
    CHECK(past_retrainings(next, cards, 4).empty());
    CHECK(past_retrainings(next, cards, 5).size() == 1);
    CHECK(past_retrainings(std::vector{estimate(3, "base", 0.6), estimate(5, "m4", 0.75)}, cards, 9)
              .empty());
    CHECK(
        past_retrainings(std::vector{estimate(4, "base", 0.6), estimate(5, "lost", 0.75)}, cards, 9)
            .empty());
    CHECK(past_retrainings(std::vector{estimate(5, "base", 0.6), estimate(6, "m5", 0.75)}, cards, 9)
              .empty());
}

TEST_CASE("track_record: without a past nothing is shifted, and the error is what is usual") {
    const auto record = track_record({});
    CHECK(record.shift == 0);
    CHECK(record.deviation > 0.03);
    CHECK(record.deviation < 0.2);
}

TEST_CASE(
    "track_record: the shift comes up to a steady miss, more with more retrainings and more "
    "labels") {
    const double one = track_record(misses(1, -0.1, 100)).shift,
                 five = track_record(misses(5, -0.1, 100)).shift;
    CHECK(one < -0.002);
    CHECK(one > -0.05);
    CHECK(five < one);
    CHECK(track_record(misses(100, -0.1, 1000)).shift < -0.05);
    CHECK(track_record(misses(2, -0.1, 10)).shift > track_record(misses(2, -0.1, 1000)).shift);
    CHECK(track_record(misses(40, -0.1, 1000)).deviation <
          track_record(misses(2, -0.1, 1000)).deviation);
}

TEST_CASE("track_record: a miss that nobody has expected makes the next prediction no surer") {
    const double usual = track_record({}).deviation;
    for (const int labels : {60, 1000}) {
        CHECK(track_record(misses(1, -0.3, labels)).deviation > usual);
        CHECK(track_record(misses(2, -0.3, labels)).deviation > 1.5 * usual);
    }
}

TEST_CASE("track_record: what is long ago counts less") {
    auto past = misses(10, 0.1, 200);
    for (int i = 0; i < 10; ++i) past.push_back({10 + i, {}, 0.6, 0.6, 0.5, 200});
    CHECK(track_record(past).shift < 0.03);
    std::reverse(past.begin(), past.end());
    for (int i = 0; i < 20; ++i) past[static_cast<std::size_t>(i)].window = i;
    CHECK(track_record(past).shift > 0.03);
}

TEST_CASE("track_record: 68 % of what comes out is within one deviation") {
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    int within = 0, all = 0;
    for (int stream = 0; stream < 200; ++stream) {
        const double bias = 0.05 * normal(random), spread = 0.03 + 0.05 * (stream % 2);
        std::vector<PastRetraining> past;
        for (int window = 0; window < 12; ++window) {
            const double predicted = 0.6, truth = predicted + bias + spread * normal(random);
            const auto record = track_record(past);
            ++all;
            within += std::abs(predicted + record.shift - truth) < record.deviation ? 1 : 0;
            past.push_back(
                {window, {}, predicted, truth + std::sqrt(0.24 / 300) * normal(random), {}, 300});
        }
    }
    CHECK(static_cast<double>(within) / all == Approx(0.68).epsilon(0.08));
}

TEST_CASE(
    "experience_from: what was measured moves what is expected, of the same layers most, and more "
    "with more labels") {
    const Experience usual;
    const auto after = [](int count, int labels, double gain) {
        std::vector<PastRetraining> past;
        for (int i = 0; i < count; ++i)
            past.push_back({i, {.epochs = 15}, 0.6, 0.5 + gain, 0.5, labels});
        return experience_from(past);
    };
    CHECK(after(3, 100, 0.25).all > usual.all);
    CHECK(after(3, 100, 0.25).head > usual.head);  // there is much to learn
    CHECK(after(1000, 1000, 0.25).head / usual.head < after(1000, 1000, 0.25).all / usual.all);
    CHECK(after(3, 100, -0.1).all < usual.all);
    CHECK(after(3, 1000, 0.25).all > after(3, 100, 0.25).all);
    CHECK(after(1000, 1000, 0.25).all == Approx(0.5).epsilon(0.01));
    CHECK(after(1000, 1000, -0.25).all == 0);
    CHECK(experience_from({}).all == Approx(usual.all));
}

TEST_CASE("experience_from: a small retraining tells little, another stream's less than the own") {
    const std::vector<PastRetraining> large{{1, {.epochs = 15}, 0.6, 0.8, 0.5, 200}};
    const std::vector<PastRetraining> small{
        {1, {.epochs = 5, .data_fraction = 0.1}, 0.6, 0.8, 0.5, 200}};
    const Experience usual;
    CHECK(experience_from(small).all < experience_from(large).all);
    CHECK(experience_from({}, large).all > usual.all);
    CHECK(experience_from({}, large).all < experience_from(large).all);
    const std::vector<PastRetraining> unknown{{1, {}, 0.6, 0.8, {}, 200}};
    CHECK(experience_from(unknown).all == Approx(usual.all));
}

TEST_CASE("expected_change: a model that stayed and a parent tell what a window more does") {
    auto parents = [](double later) {
        std::vector<ProfileRecord> estimates;
        std::vector<ModelCard> cards;
        for (int w = 4; w < 24; ++w) {
            estimates.push_back(estimate(w, "m" + std::to_string(w), 0.7));
            estimates.back().parent_accuracy = later;
            cards.push_back(card("m" + std::to_string(w), w - 1, 15));
            cards.back().parent = "m" + std::to_string(w - 1);
        }
        return expected_change(estimates, cards).at(0.7);
    };
    CHECK(parents(0.5) == Approx(-0.15).epsilon(0.1));
    CHECK(parents(0.1) == Approx(parents(0.5)));  // a sudden fall counts no more than 20 points
    CHECK(std::abs(parents(0.7)) < 0.05);
    const std::vector<ProfileRecord> stayed{estimate(4, "base", 0.9), estimate(5, "base", 0.8)};
    CHECK(expected_change(stayed, {}).drift < expected_change({}, {}).drift);
    CHECK(expected_change({}, {}).drift <= 0);
    auto corrected = stayed;  // a prediction's own part is not measured twice
    for (auto& e : corrected) e.expected_change = -0.1, e.accuracy -= 0.1;
    CHECK(expected_change(corrected, {}).drift == Approx(expected_change(stayed, {}).drift));
}

TEST_CASE("expected_change: windows that jump up and down say less of the drift than steady ones") {
    const auto drift = [](double jump) {
        std::vector<ProfileRecord> estimates;
        std::vector<ModelCard> cards;
        for (int w = 4; w < 12; ++w) {
            estimates.push_back(estimate(w, "m" + std::to_string(w), 0.8));
            estimates.back().parent_accuracy =
                0.75 + (w % 2 == 0 ? jump : -jump);  // 0.05 less on average
            cards.push_back(card("m" + std::to_string(w), w - 1, 15));
            cards.back().parent = "m" + std::to_string(w - 1);
        }
        return expected_change(estimates, cards).drift;
    };
    const double usual = expected_change({}, {}).drift;
    CHECK(drift(0) < drift(0.1) - 0.005);
    CHECK(drift(0.1) < usual);
    CHECK(drift(0) < -0.02);
}

TEST_CASE(
    "expected_change: what lies above the stream's level falls, what lies below rises, part of the "
    "way") {
    std::vector<ProfileRecord> estimates;
    for (int w = 4; w < 24; ++w) estimates.push_back(estimate(w, "base", 0.8));
    const auto change = expected_change(estimates, {});
    CHECK(std::abs(change.level - 0.8) < 0.004);
    CHECK(std::abs(change.at(0.8)) < 0.02);
    CHECK(change.at(0.7) > change.at(0.8));
    CHECK(change.at(0.9) < change.at(0.8));
    CHECK(0.7 + change.at(0.7) < 0.8 + change.at(0.8));
    CHECK(0.9 + change.at(0.9) > 0.8 + change.at(0.8));
    estimates.push_back(estimate(24, "base", 0.2));
    CHECK(expected_change(estimates, {}).level < 0.8);
    estimates.back().labels = 0;  // nothing was measured
    CHECK(expected_change(estimates, {}).level == change.level);
}

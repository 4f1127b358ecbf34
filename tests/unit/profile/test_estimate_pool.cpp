#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "ekya/profile/estimate_pool.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// True estimates of streams that gain differently from the same configurations.
std::vector<PlanningInput> truth(unsigned seed, int streams) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::normal_distribution<double> own(0, 0.05);
    std::vector<PlanningInput> window;
    for (int v = 0; v < streams; ++v) {
        PlanningInput estimate;
        estimate.stream = std::string("s").append(std::to_string(v));
        const double gain = v % 3 == 0 ? 0 : 0.4 * uniform(random);
        estimate.accuracy = 0.75 - gain;
        for (int c = 0; c < 18; ++c) {
            const double strength = 0.2 + 0.8 * (1 - std::exp(-0.2 * c)) + (c % 2 == 0 ? 0 : 0.1);
            estimate.retraining.push_back({{},
                                           estimate.accuracy + gain * strength * (1 + own(random)),
                                           2.0 * std::exp(0.25 * c),
                                           std::string("c").append(std::to_string(c))});
        }
        window.push_back(std::move(estimate));
    }
    return window;
}

std::vector<PlanningInput> noisy(std::vector<PlanningInput> window, double deviation,
                                 unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, deviation);
    for (auto& stream : window)
        for (auto& entry : stream.retraining)
            entry.accuracy = std::clamp(entry.accuracy + noise(random), 0.0, 1.0);
    return window;
}

double error(const std::vector<PlanningInput>& a, const std::vector<PlanningInput>& b) {
    double sum = 0;
    int count = 0;
    for (std::size_t v = 0; v < a.size(); ++v)
        for (std::size_t i = 0; i < a[v].retraining.size(); ++i, ++count)
            sum += std::pow(a[v].retraining[i].accuracy - b[v].retraining[i].accuracy, 2);
    return std::sqrt(sum / count);
}

}  // namespace

TEST_CASE("EstimatePool: exact estimates stay as they are") {
    EstimatePool pool;
    for (unsigned w = 0; w < 4; ++w) {
        const auto window = truth(w, 6);
        CHECK(error(pool.refine(window), window) < 0.004);
    }
    CHECK(pool.noise() < 0.01);
}

TEST_CASE(
    "EstimatePool: noise of 5, 10 and 20 points is more than halved, and its size found out") {
    for (const double deviation : {0.05, 0.1, 0.2}) {
        CAPTURE(deviation);
        EstimatePool pool;
        double before = 0, after = 0;
        for (unsigned w = 0; w < 8; ++w) {
            const auto real = truth(w, 8);
            const auto told = noisy(real, deviation, 100 + w);
            before += error(told, real);
            after += error(pool.refine(told), real);
        }
        CHECK(after < 0.5 * before);
        CHECK(pool.noise() == Approx(deviation).epsilon(0.2));
    }
}

TEST_CASE("EstimatePool: later windows profit from earlier ones") {
    double first = 0, later = 0;
    for (unsigned run = 0; run < 20; ++run) {
        EstimatePool pool;
        for (unsigned w = 0; w < 6; ++w) {
            const auto real = truth(run * 6 + w, 3);
            const double off = error(pool.refine(noisy(real, 0.05, 1000 + run * 6 + w)), real);
            (w < 3 ? first : later) += off;
        }
    }
    CHECK(later < 0.95 * first);
}

TEST_CASE("EstimatePool: the order of the streams changes nothing but rounding") {
    auto window = noisy(truth(5, 7), 0.05, 6);
    const auto refined = EstimatePool().refine(window);
    std::reverse(window.begin(), window.end());
    const auto again = EstimatePool().refine(window);
    for (std::size_t v = 0; v < refined.size(); ++v)
        for (std::size_t i = 0; i < refined[v].retraining.size(); ++i)
            CHECK(refined[v].retraining[i].accuracy ==
                  Approx(again[refined.size() - 1 - v].retraining[i].accuracy).epsilon(1e-6));
}

TEST_CASE(
    "EstimatePool: streams without retraining, with configurations of their own, windows without "
    "streams") {
    EstimatePool pool;
    CHECK(pool.refine({}).empty());
    auto window = noisy(truth(3, 3), 0.05, 4);
    window[0].retraining.clear();
    window[1].retraining.resize(1);
    window[2].retraining[4].name = "only here";
    window[2].retraining[5].device_seconds = 1e-9;
    const auto refined = pool.refine(window);
    REQUIRE(refined.size() == 3);
    CHECK(refined[0].retraining.empty());
    for (const auto& stream : refined)
        for (const auto& entry : stream.retraining) {
            CHECK(entry.accuracy >= 0);
            CHECK(entry.accuracy <= 1);
        }
    CHECK(refined[2].retraining[4].name == "only here");
    CHECK(refined[2].retraining[4].device_seconds == window[2].retraining[4].device_seconds);
    CHECK(pool.refine(truth(9, 2)).size() == 2);
}

TEST_CASE(
    "EstimatePool: more configurations than streams can share stay as they are, and are "
    "forgotten") {
    EstimatePool pool;
    auto many = noisy(truth(3, 30), 0.05, 4);  // 540 configurations: as a fit some seconds
    for (auto& stream : many)
        for (auto& entry : stream.retraining) entry.name += stream.stream;
    CHECK(error(pool.refine(many), many) == 0);
    const auto window = noisy(truth(5, 7), 0.05, 6);
    CHECK(error(pool.refine(window), EstimatePool().refine(window)) < 1e-12);
    CHECK(error(pool.refine(window), window) > 0);
}

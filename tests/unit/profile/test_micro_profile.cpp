#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/profile/learning_curve.hpp"
#include "ekya/profile/micro_profile.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

/// Trains along a known curve, over passes of a tenth of the labels; the head learns less and costs
/// a fifth.
class SyntheticTrainer : public TrialTrainer {
public:
    static LearningCurve curve(TrainedLayers layers) {
        return layers == TrainedLayers::head ? LearningCurve{0.5, 2.5, 0.2}
                                             : LearningCurve{1.0, 2.0, 0.1};
    }
    static double pass_seconds(TrainedLayers layers) {
        return layers == TrainedLayers::head ? 0.2 : 1;
    }

    Trial run(const TrialRequest& request) override {
        requests.push_back(request);
        Trial trial;
        trial.setup_seconds = 0.4;
        trial.samples_seconds = 0.1 * request.sample_fraction / 0.1;
        trial.device_seconds_per_epoch =
            pass_seconds(request.layers) * request.sample_fraction / 0.1;
        trial.device_seconds = trial.setup_seconds + trial.samples_seconds;
        trial.start_accuracy = curve(request.layers).accuracy(0);
        for (int e = 1; e <= request.epochs; ++e) {
            const double passes = e * request.sample_fraction / 0.1;
            trial.accuracy_per_epoch.push_back(curve(request.layers).accuracy(passes));
            trial.device_seconds += trial.device_seconds_per_epoch;
            if (has_stalled(trial.accuracy_per_epoch, request.patience)) break;
            if (request.budget_seconds > 0 && trial.device_seconds > request.budget_seconds) break;
        }
        return trial;
    }

    std::vector<TrialRequest> requests;
};

class FixedTrainer : public TrialTrainer {
public:
    explicit FixedTrainer(Trial trial) : trial_(std::move(trial)) {}
    Trial run(const TrialRequest&) override { return trial_; }

private:
    Trial trial_;
};

const MicroProfileInput input{.current_accuracy = 0.5, .labels = 2000};

}  // namespace

TEST_CASE(
    "micro_profile: two trials serve the 18 default configurations, the more promising first") {
    SyntheticTrainer trainer;
    const auto profile = micro_profile(default_retraining_configs(), input, {}, trainer);
    REQUIRE(trainer.requests.size() == 2);
    CHECK(trainer.requests[0].layers == TrainedLayers::all);
    CHECK(trainer.requests[0].epochs == 5);
    CHECK(profile.estimates.size() == 18);
    CHECK(profile.dropped.empty());
    CHECK(profile.device_seconds == Approx(0.5 + 5 * 0.2 + 0.5 + 5 * 1.0));
}

TEST_CASE(
    "micro_profile: accuracy and cost agree with the known curves, in the order of the "
    "configurations") {
    SyntheticTrainer trainer;
    const auto configs = default_retraining_configs();
    const auto profile = micro_profile(configs, input, {}, trainer);
    for (std::size_t i = 0; i < configs.size(); ++i) {
        CAPTURE(configs[i].name());
        const auto& estimate = profile.estimates[i];
        const double passes = configs[i].epochs * configs[i].data_fraction / 0.1;
        CHECK(estimate.config == configs[i]);
        CHECK(std::abs(estimate.accuracy -
                       SyntheticTrainer::curve(configs[i].layers).accuracy(passes)) < 0.01);
        CHECK(estimate.device_seconds ==
              Approx(0.4 + configs[i].data_fraction +
                     passes * SyntheticTrainer::pass_seconds(configs[i].layers)));
    }
}

TEST_CASE("micro_profile: few labels -> a larger sample, the same estimates") {
    SyntheticTrainer trainer;
    const auto configs = default_retraining_configs();
    const auto profile =
        micro_profile(configs, {.current_accuracy = 0.5, .labels = 256}, {}, trainer);
    CHECK(trainer.requests[1].sample_fraction == Approx(0.25));
    CHECK(profile.estimates.back().device_seconds == Approx(0.4 + 1 + 300));
    (void)micro_profile(configs, {.current_accuracy = 0.5, .labels = 10}, {}, trainer);
    CHECK(trainer.requests.back().sample_fraction == 1);
}

TEST_CASE("micro_profile: other batch sizes, head widths and learning rates are other trials") {
    SyntheticTrainer trainer;
    std::vector<RetrainingConfig> configs(4);
    configs[1].batch_size = 64;
    configs[2].head_width = 16;
    configs[3].learning_rate = 0.1;
    configs.push_back(configs[0]);
    CHECK(micro_profile(configs, input, {}, trainer).estimates.size() == 5);
    CHECK(trainer.requests.size() == 4);
}

TEST_CASE("micro_profile: a spent budget drops the least promising trials and says which") {
    SyntheticTrainer trainer;
    auto limited = input;
    limited.budget_seconds = 5;  // the trial of all layers takes 5.5
    const auto profile = micro_profile(default_retraining_configs(), limited, {}, trainer);
    CHECK(trainer.requests.size() == 1);
    CHECK(profile.estimates.size() == 9);
    REQUIRE(profile.dropped.size() == 9);
    CHECK(profile.dropped[0].layers == TrainedLayers::head);
    limited.experience.head = 0.9;  // where the head gains more, it comes first
    CHECK(micro_profile(default_retraining_configs(), limited, {}, trainer).dropped.empty());
    CHECK(trainer.requests[1].layers == TrainedLayers::head);
}

TEST_CASE(
    "micro_profile: what a spent budget leaves untried is estimated from experience and remembered "
    "cost") {
    SyntheticTrainer trainer;
    const auto configs = default_retraining_configs();
    auto limited = input;
    limited.held_out = 100;
    limited.accuracy_ahead = 0.6;
    limited.accuracy_now = 0.7;
    limited.budget_seconds = 5;  // the trial of all layers takes 5.5
    for (const auto& config : configs)
        if (config.layers == TrainedLayers::head && config.epochs > 5)
            limited.remembered.push_back({config, 2.0 * config.epochs});
    const auto profile = micro_profile(configs, limited, {}, trainer);
    CHECK(trainer.requests.size() == 1);
    CHECK(profile.estimates.size() == 15);
    CHECK(profile.untried.size() == 6);
    CHECK(profile.dropped.size() == 3);
    for (const auto& config : profile.untried) {
        CAPTURE(config.name());
        const auto estimate = std::find_if(profile.estimates.begin(), profile.estimates.end(),
                                           [&](const auto& e) { return e.config == config; });
        REQUIRE(estimate != profile.estimates.end());
        const double part = limited.experience.gain(config);
        CHECK(estimate->accuracy == Approx(0.6 + 0.4 * part));
        CHECK(estimate->accuracy_now.value() == Approx(0.7 + 0.3 * part));
        CHECK(estimate->accuracy_error.value() ==
              Approx(0.4 * std::sqrt(limited.experience.variance(config))));
        CHECK(estimate->device_seconds == 2.0 * config.epochs);
        CHECK_FALSE(estimate->tried);
    }
    CHECK(std::count_if(profile.estimates.begin(), profile.estimates.end(),
                        [](const auto& e) { return e.tried; }) == 9);
    // Without dropping, the head is tried, first: the rest of the budget is for what need not be
    // tried.
    MicroProfileOptions keep;
    keep.drop = false;
    for (const auto& config : configs)
        if (config.layers == TrainedLayers::all) limited.remembered.push_back({config, 7});
    const auto all = micro_profile(configs, limited, keep, trainer);
    CHECK((all.estimates.size() == 18 && all.dropped.empty() && all.untried.empty()));
    REQUIRE(trainer.requests.size() == 3);
    CHECK((trainer.requests[1].layers == TrainedLayers::head &&
           trainer.requests[2].layers == TrainedLayers::all));
    limited.remembered.clear();
    for (const auto& config : configs) limited.remembered.push_back({config, 7});
    limited.budget_seconds = 0;
    const auto none = micro_profile(configs, limited, keep, trainer);
    CHECK((none.estimates.size() == 18 && none.untried.size() == 18 && none.device_seconds == 0));
    const auto tried_before = trainer.requests.size();
    for (auto& cost : limited.remembered) cost.is_stale = cost.config.layers == TrainedLayers::head;
    CHECK(micro_profile(configs, limited, keep, trainer).untried.size() == 9);
    CHECK(trainer.requests.size() == tried_before + 1);
    CHECK(micro_profile(configs, limited, {}, trainer).untried.size() == 18);
    limited.remembered.back().device_seconds = 0;
    CHECK_THROWS_AS((void)micro_profile(configs, limited, keep, trainer), DomainError);
}

TEST_CASE("micro_profile: a trial that is known not to fit the budget leaves it to others") {
    SyntheticTrainer trainer;
    auto limited = input;
    limited.budget_seconds = 3;
    limited.epoch_seconds = {
        {TrainedLayers::all, 10.0},
        {TrainedLayers::head, 2.0}};  // of all data: a tenth in a trial, five times
    const auto profile = micro_profile(default_retraining_configs(), limited, {}, trainer);
    REQUIRE(trainer.requests.size() == 1);
    CHECK(trainer.requests[0].layers == TrainedLayers::head);
    CHECK(profile.device_seconds <= 3);
    CHECK(profile.dropped.size() == 9);
}

TEST_CASE("micro_profile: each trial is told what is left of the budget") {
    SyntheticTrainer trainer;
    auto limited = input;
    limited.budget_seconds = 7;
    const auto profile = micro_profile(default_retraining_configs(), limited, {}, trainer);
    REQUIRE(trainer.requests.size() == 2);
    CHECK(trainer.requests[1].budget_seconds == Approx(1.5));
    CHECK(profile.device_seconds <= 7 + 1.0);  // one epoch at most over it
    CHECK(profile.dropped.empty());
}

TEST_CASE("micro_profile: what could not even be prepared is not begun") {
    SyntheticTrainer trainer;
    auto limited = input;
    limited.budget_seconds = 5.9;  // the first trial takes 5.5, of which 0.5 outside its epochs
    CHECK(micro_profile(default_retraining_configs(), limited, {}, trainer).dropped.size() == 9);
    CHECK(trainer.requests.size() == 1);
    limited.budget_seconds = 7;
    limited.epoch_seconds = {
        {TrainedLayers::all, 11.0}};  // 5 passes over a tenth: 5.5, and half of it before
    CHECK(micro_profile(default_retraining_configs(), limited, {}, trainer).estimates.size() == 9);
    CHECK(trainer.requests.back().layers == TrainedLayers::head);
}

TEST_CASE(
    "epoch_seconds: the slope of cost over passes, of the layers that have two configurations") {
    // What comes before the first epoch depends on the data, so that a tenth of them tells nothing
    // here.
    const std::vector<ProfiledRetraining> estimates{
        {{.epochs = 5}, 0.7, 10.5},
        {{.epochs = 15}, 0.7, 30.5},
        {{.epochs = 30, .data_fraction = 0.1}, 0.7, 6.1},
        {{.epochs = 5, .layers = TrainedLayers::head}, 0.7, 1}};
    const auto seconds = epoch_seconds(estimates);
    REQUIRE(seconds.size() == 1);
    CHECK(seconds.at(TrainedLayers::all) == Approx(2));
}

TEST_CASE(
    "micro_profile: activations of frozen layers cost by the data and by how many variants of a "
    "crop there are") {
    FixedTrainer trainer({.accuracy_per_epoch = {0.5, 0.5, 0.5},
                          .device_seconds_per_epoch = 1,
                          .device_seconds = 9,
                          .setup_seconds = 2,
                          .samples_seconds = 6});
    std::vector<RetrainingConfig> configs(4);
    for (std::size_t i = 0; i < 3; ++i) configs[i].layers = TrainedLayers::head;
    configs[0].epochs = 1;
    configs[1].epochs = 2;
    configs[2].data_fraction = configs[3].data_fraction = 0.5;
    MicroProfileOptions options;
    options.epochs = 3;
    const auto estimates =
        micro_profile(configs, input, options, trainer).estimates;  // the sample is a tenth
    CHECK(estimates[0].device_seconds == Approx(2 + 10 * 6 / 3.0 + 10));
    CHECK(estimates[1].device_seconds == Approx(2 + 10 * 6 * 2 / 3.0 + 20));
    CHECK(estimates[2].device_seconds == Approx(2 + 5 * 6 + 75));
    CHECK(estimates[3].device_seconds == Approx(2 + 5 * 6 + 75));
}

TEST_CASE("micro_profile: without a start accuracy the deployed model's is the first point") {
    FixedTrainer trainer(
        {.accuracy_per_epoch = {0.5, 0.5}, .device_seconds_per_epoch = 1, .device_seconds = 2});
    const std::vector<RetrainingConfig> configs(1);
    CHECK(micro_profile(configs, input, {}, trainer).estimates[0].accuracy ==
          Approx(0.5).epsilon(1e-3));
}

TEST_CASE("micro_profile: a trial without epochs drops its configurations") {
    FixedTrainer trainer({.device_seconds = 2});
    const std::vector<RetrainingConfig> configs(1);
    const auto profile = micro_profile(configs, input, {}, trainer);
    CHECK(profile.estimates.empty());
    CHECK(profile.dropped.size() == 1);
    CHECK(profile.device_seconds == 2);
}

TEST_CASE("micro_profile: a bad answer names the trial, bad input the field") {
    FixedTrainer diverged({.accuracy_per_epoch = {std::nan("")}, .device_seconds_per_epoch = 1});
    const std::vector<RetrainingConfig> configs(1);
    CHECK_THROWS_WITH_AS((void)micro_profile(configs, input, {}, diverged),
                         "trial all-b32-h0-lr0.02: accuracy_per_epoch: nan is not in [0, 1]",
                         DomainError);
    SyntheticTrainer trainer;
    CHECK_THROWS_AS(
        (void)micro_profile(configs, {.current_accuracy = 0.5, .labels = 0}, {}, trainer),
        DomainError);
    CHECK_THROWS_AS((void)micro_profile(configs, input, {.sample_fraction = 0}, trainer),
                    DomainError);
    CHECK(micro_profile({}, input, {}, trainer).estimates.empty());
}

TEST_CASE("has_stalled: the last epochs are no better than the best before") {
    const std::vector<double> rising{0.1, 0.2, 0.3}, stalled{0.1, 0.3, 0.3, 0.2},
        late{0.3, 0.2, 0.4};
    CHECK_FALSE(has_stalled(rising, 2));
    CHECK(has_stalled(stalled, 2));
    CHECK_FALSE(has_stalled(stalled, 3));
    CHECK_FALSE(has_stalled(late, 2));
    CHECK_FALSE(has_stalled({}, 2));
    CHECK_FALSE(has_stalled(std::vector<double>{0.5, 0.4}, 2));
    CHECK(has_stalled(std::vector<double>{0.5, 0.4, 0.4}, 2));
}

TEST_CASE(
    "micro_profile: with few held-out labels experience holds a falling trial up, with many it "
    "gives way") {
    Trial falling;  // what 30 labels easily make of a trial that would have been worth it
    falling.accuracy_per_epoch = {0.45, 0.4, 0.42, 0.4, 0.4};
    falling.device_seconds_per_epoch = 1;
    falling.device_seconds = 5;
    FixedTrainer trainer(falling);
    std::vector<RetrainingConfig> configs(1);
    configs[0].epochs = 30;
    const auto estimate = [&](int held_out) {
        const MicroProfileInput measured{
            .current_accuracy = 0.5, .labels = 2000, .held_out = held_out};
        return micro_profile(configs, measured, {}, trainer).estimates.at(0).accuracy;
    };
    CHECK(estimate(0) < 0.45);  // exact: nothing is added
    CHECK(estimate(30) > 0.6);  // 0.63 is what experience expects
    CHECK(estimate(30) > estimate(100000));
}

TEST_CASE("Experience::gain: more layers, more gain") {
    const Experience experience;
    CHECK(experience.gain(TrainedLayers::head) < experience.gain(TrainedLayers::last_stage));
    CHECK(experience.gain(TrainedLayers::last_stage) < experience.gain(TrainedLayers::all));
}

TEST_CASE(
    "Experience::gain: as many passes over all data on a part of them bring that part to a power "
    "of it") {
    const Experience experience;
    RetrainingConfig all, half;
    all.epochs = 15;
    half.epochs = 30;
    half.data_fraction = 0.5;
    CHECK(experience.gain(all) == Approx(experience.all));
    CHECK(experience.gain(half) / experience.gain(all) ==
          Approx(std::pow(0.5, experience.data_exponent)).epsilon(1e-9));
}

TEST_CASE(
    "micro_profile: the same number of steps on a tenth of the data brings about half of the "
    "gain") {
    Trial rising;
    rising.accuracy_per_epoch = {0.51, 0.52, 0.525, 0.53, 0.535};
    rising.device_seconds_per_epoch = 1;
    rising.device_seconds = 5;
    FixedTrainer trainer(rising);
    std::vector<RetrainingConfig> configs(2);
    configs[0].epochs = 3;
    configs[1].epochs = 30;
    configs[1].data_fraction = 0.1;
    const MicroProfileInput measured{.current_accuracy = 0.5, .labels = 2000, .held_out = 500};
    const auto estimates = micro_profile(configs, measured, {}, trainer).estimates;
    CHECK((estimates[1].accuracy - 0.5) / (estimates[0].accuracy - 0.5) ==
          Approx(std::pow(0.1, Experience{}.data_exponent)).epsilon(0.1));
    CHECK(estimates[1].device_seconds == Approx(estimates[0].device_seconds));
}

TEST_CASE(
    "micro_profile: more held-out labels, smaller errors; carried on farther, larger ones; exact, "
    "none") {
    SyntheticTrainer trainer;
    std::vector<RetrainingConfig> configs(2);
    configs[0].epochs = 1;
    configs[0].data_fraction = 0.5;
    configs[1].epochs = 30;
    const auto errors = [&](int held_out) {
        const auto estimates =
            micro_profile(configs, {.current_accuracy = 0.5, .labels = 2000, .held_out = held_out},
                          {}, trainer)
                .estimates;
        return std::pair(estimates[0].accuracy_error, estimates[1].accuracy_error);
    };
    CHECK(errors(40).second.value() > errors(400).second.value());
    CHECK(errors(400).second.value() > errors(400).first.value());
    CHECK_FALSE(errors(0).first.has_value());
}

TEST_CASE("micro_profile: gains are a part of the error that is expected ahead") {
    FixedTrainer same(
        {.accuracy_per_epoch = {0.5, 0.5}, .device_seconds_per_epoch = 1, .device_seconds = 2});
    const std::vector<RetrainingConfig> configs(1);
    MicroProfileInput measured{.current_accuracy = 0.5, .labels = 2000, .held_out = 100000000};
    measured.accuracy_ahead = 0.4;
    CHECK(micro_profile(configs, measured, {}, same).estimates[0].accuracy ==
          Approx(0.4).epsilon(2e-3));
    measured.held_out = 0;
    measured.accuracy_now = 0.7;
    SyntheticTrainer trainer;
    const double exact =
        (micro_profile(configs, {.current_accuracy = 0.5, .labels = 2000}, {}, trainer)
             .estimates[0]
             .accuracy -
         0.5) /
        0.5;
    CHECK(micro_profile(configs, measured, {}, trainer).estimates[0].accuracy ==
          Approx(0.4 + 0.6 * exact));
    CHECK(micro_profile(configs, measured, {}, trainer).estimates[0].accuracy_now.value() ==
          Approx(0.7 + 0.3 * exact));
}

TEST_CASE("training_progress: 1 at 15 passes, ever slower; half of the most after so many passes") {
    for (const double half : {0.5, 2.0, 8.0}) {
        CHECK(training_progress(0, half) == 0);
        CHECK(training_progress(15, half) == Approx(1));
        CHECK(training_progress(half, half) == Approx(training_progress(1e9, half) / 2));
        CHECK(training_progress(30, half) - training_progress(15, half) <
              training_progress(15, half) - training_progress(5, half));
    }
    CHECK(training_progress(5, 8) < training_progress(5, 2));
}

TEST_CASE("half_passes_over: many samples need few passes, the fewer, the more of them are new") {
    CHECK(half_passes_over(75, 600) == Approx(4).epsilon(0.02));
    CHECK(half_passes_over(1227, 200) == Approx(0.7).epsilon(0.02));
    CHECK(half_passes_over(300, 375) < half_passes_over(75, 600));
    CHECK((half_passes_over(0, 0) == 10 && half_passes_over(1 << 29, 1 << 29) == 0.3));
}

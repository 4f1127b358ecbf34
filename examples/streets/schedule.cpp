#include "schedule.hpp"

#include <algorithm>
#include <cmath>

namespace ekya::streets {
namespace {

std::vector<Phase> crossing() {
    return {
        {0, 0, "day, mixed", {lights::day(), {}, traffics::mixed(), {}}},
        {2,
         1,
         "low sun, rush hour",
         {lights::low_sun(), {}, traffics::rush_hour(), {.vehicles = 0.4}}},
        {4.3,
         0.1,
         "night, rush hour",
         {lights::night(), {}, traffics::rush_hour(), {.vehicles = 0.4}}},
        {6.6,
         0.8,
         "rainy dawn, deliveries",
         {lights::dawn(),
          {.rain = 1},
          traffics::deliveries(),
          {.vehicles = 0.55, .umbrellas = 0.8}}},
        {9,
         0.1,
         "snow, market",
         {lights::overcast(),
          {.snow = 1},
          traffics::market(),
          {.vehicles = 0.5, .cargo = 0.6, .umbrellas = 0.2}}},
    };
}

std::vector<Phase> main_street() {
    return {
        {0, 0, "overcast, mixed", {lights::overcast(), {}, traffics::mixed(), {}}},
        {2.4,
         0.8,
         "fog, deliveries",
         {lights::dawn(), {.fog = 0.5}, traffics::deliveries(), {.vehicles = 0.4}}},
        {4.6,
         0.1,
         "low sun, roadworks",
         {lights::low_sun(), {}, traffics::roadworks(), {.vehicles = 0.5, .temporary = 0.9}}},
        {6.8,
         0.1,
         "rainy night, rush hour",
         {lights::night(),
          {.rain = 0.8},
          traffics::rush_hour(),
          {.vehicles = 0.55, .umbrellas = 0.7, .temporary = 0.5}}},
        {9,
         0.6,
         "snow, school run",
         {lights::day(),
          {.snow = 1},
          traffics::school_run(),
          {.vehicles = 0.65, .cargo = 0.7, .temporary = 0.5}}},
    };
}

std::vector<Phase> market() {
    return {
        {0, 0, "day, market", {lights::day(), {}, traffics::market(), {}}},
        {3,
         0.1,
         "rain, umbrellas",
         {lights::overcast(), {.rain = 1}, traffics::market(), {.cargo = 0.5, .umbrellas = 0.9}}},
        {5.2,
         0.8,
         "night, deliveries",
         {lights::night(), {}, traffics::deliveries(), {.vehicles = 0.5, .cargo = 0.5}}},
        {7.5,
         0.1,
         "fog, roadworks",
         {lights::dawn(),
          {.fog = 0.6},
          traffics::roadworks(),
          {.vehicles = 0.5, .cargo = 0.5, .temporary = 0.9}}},
        {9.4,
         0.3,
         "low sun, school run",
         {lights::low_sun(),
          {},
          traffics::school_run(),
          {.vehicles = 0.75, .cargo = 0.8, .temporary = 0.6}}},
    };
}

std::vector<Phase> phases_of(int camera) {
    std::vector<Phase> phases;
    switch (camera % 3) {
        case 0:
            phases = crossing();
            break;
        case 1:
            phases = main_street();
            break;
        default:
            phases = market();
            break;
    }
    // Further cameras meet the same conditions at other times: a third of a window later per round.
    const double delay = 0.35 * (camera / 3 % 3);
    for (auto& phase : phases) {
        if (phase.start_window > 0) phase.start_window += delay;
    }
    return phases;
}

}  // namespace

Schedule::Schedule(int camera, double window_seconds)
    : window_(window_seconds), phases_(phases_of(camera)) {
    end_window_ = phases_.back().start_window + 2;
}

Condition Schedule::at(double seconds) const {
    double window = seconds / window_;
    const double round = end_window_ - phases_[1].start_window;
    const bool again = window >= end_window_;
    if (again)
        window = phases_[1].start_window + std::fmod(window - phases_[1].start_window, round);

    std::size_t now = phases_.size() - 1;
    while (now > 0 && phases_[now].start_window > window) --now;
    if (now == 0) return phases_[0].condition;
    const auto& before = now == 1 && again ? phases_.back() : phases_[now - 1];
    const double since = window - phases_[now].start_window;
    const double share = phases_[now].fade_windows > 0 ? since / phases_[now].fade_windows : 1;
    return mix(before.condition, phases_[now].condition, std::clamp(share, 0.0, 1.0));
}

}  // namespace ekya::streets

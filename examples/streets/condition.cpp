#include "condition.hpp"

namespace ekya::streets {
namespace {

double mix(double a, double b, double share) { return a + (b - a) * share; }

Light mix(const Light& a, const Light& b, double share) {
    return {.gain = a.gain * (1 - share) + b.gain * share,
            .lamps = mix(a.lamps, b.lamps, share),
            .shadow = mix(a.shadow, b.shadow, share),
            .shadow_x = mix(a.shadow_x, b.shadow_x, share),
            .shadow_z = mix(a.shadow_z, b.shadow_z, share),
            .noise = mix(a.noise, b.noise, share),
            .shutter = mix(a.shutter, b.shutter, share)};
}

Weather mix(const Weather& a, const Weather& b, double share) {
    return {.rain = mix(a.rain, b.rain, share),
            .fog = mix(a.fog, b.fog, share),
            .snow = mix(a.snow, b.snow, share)};
}

Traffic mix(const Traffic& a, const Traffic& b, double share) {
    return {.cars = mix(a.cars, b.cars, share),
            .trucks = mix(a.trucks, b.trucks, share),
            .bicycles = mix(a.bicycles, b.bicycles, share),
            .pedestrians = mix(a.pedestrians, b.pedestrians, share),
            .signs = mix(a.signs, b.signs, share),
            .pace = mix(a.pace, b.pace, share)};
}

Fashion mix(const Fashion& a, const Fashion& b, double share) {
    return {.vehicles = mix(a.vehicles, b.vehicles, share),
            .cargo = mix(a.cargo, b.cargo, share),
            .umbrellas = mix(a.umbrellas, b.umbrellas, share),
            .temporary = mix(a.temporary, b.temporary, share)};
}

}  // namespace

Condition mix(const Condition& a, const Condition& b, double share) {
    return {.light = mix(a.light, b.light, share),
            .weather = mix(a.weather, b.weather, share),
            .traffic = mix(a.traffic, b.traffic, share),
            .fashion = mix(a.fashion, b.fashion, share)};
}

namespace lights {

Light day() { return {}; }

Light overcast() {
    return {.gain = {0.92, 0.90, 0.88},
            .lamps = 0,
            .shadow = 0.15,
            .shadow_x = 0.1,
            .shadow_z = 0.1,
            .noise = 4,
            .shutter = 0.1};
}

Light low_sun() {
    return {.gain = {0.50, 0.68, 0.92},
            .lamps = 0.1,
            .shadow = 0.6,
            .shadow_x = -2.4,
            .shadow_z = -0.8,
            .noise = 4.5,
            .shutter = 0.12};
}

Light night() {
    return {.gain = {0.33, 0.27, 0.23},
            .lamps = 1,
            .shadow = 0.2,
            .shadow_x = 0.2,
            .shadow_z = 0.2,
            .noise = 9,
            .shutter = 0.2};
}

Light dawn() {
    return {.gain = {0.70, 0.60, 0.55},
            .lamps = 0.35,
            .shadow = 0.1,
            .shadow_x = 0.3,
            .shadow_z = 0.2,
            .noise = 5,
            .shutter = 0.2};
}

}  // namespace lights

namespace traffics {

Traffic mixed() { return {}; }

Traffic rush_hour() {
    return {
        .cars = 5.5, .trucks = 1.5, .bicycles = 1.5, .pedestrians = 2, .signs = 1.5, .pace = 0.85};
}

Traffic deliveries() {
    return {.cars = 2.5, .trucks = 4, .bicycles = 1, .pedestrians = 2, .signs = 2, .pace = 0.9};
}

Traffic market() {
    return {.cars = 1.5, .trucks = 1, .bicycles = 4, .pedestrians = 5, .signs = 1.5, .pace = 0.8};
}

Traffic school_run() {
    return {.cars = 3.5, .trucks = 1, .bicycles = 4, .pedestrians = 4, .signs = 1.5, .pace = 0.8};
}

Traffic roadworks() {
    return {
        .cars = 2.5, .trucks = 2.5, .bicycles = 1.2, .pedestrians = 2, .signs = 5, .pace = 0.75};
}

}  // namespace traffics

}  // namespace ekya::streets

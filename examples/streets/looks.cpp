// How new objects look: what is common in the first days, and what only later days bring.
#include <algorithm>
#include <array>

#include "traffic.hpp"
#include "vehicle_shapes.hpp"

namespace ekya::streets {
namespace {

Colour vary(const Colour& colour, Random& random, double spread = 18) {
    Colour result;
    const double light = random.uniform(0.85, 1.12);
    for (int i = 0; i < 3; ++i)
        result[i] = std::clamp(colour[i] * light + random.uniform(-spread, spread), 5.0, 250.0);
    return result;
}

template <std::size_t count> Colour pick(const std::array<Colour, count>& colours, Random& random) {
    return vary(colours[random.below(count)], random);
}

const std::array<Colour, 6> early_cars{Colour{60, 55, 52}, {150, 148, 145}, {190, 190, 188},
                                       {110, 60, 40},      {45, 40, 120},   {80, 85, 90}};
const std::array<Colour, 6> late_cars{Colour{50, 195, 230}, {220, 222, 224}, {75, 150, 60},
                                      {40, 100, 220},       {190, 150, 60},  {225, 225, 220}};
const std::array<Colour, 4> early_trucks{
    Colour{215, 215, 212}, {185, 188, 190}, {140, 90, 50}, {60, 70, 165}};
const std::array<Colour, 6> late_trucks{Colour{60, 50, 45}, {30, 165, 225}, {75, 65, 130},
                                        {120, 118, 115},    {45, 40, 150},  {90, 120, 40}};
const std::array<Colour, 8> clothes{Colour{60, 50, 45}, {110, 70, 50},   {50, 50, 130},
                                    {90, 95, 100},      {170, 175, 180}, {60, 110, 70},
                                    {120, 60, 110},     {50, 120, 190}};
const std::array<Colour, 5> trousers{
    Colour{50, 45, 42}, {110, 75, 55}, {80, 85, 95}, {60, 80, 100}, {35, 35, 38}};
const std::array<Colour, 6> brights{Colour{40, 40, 200}, {200, 110, 40}, {60, 180, 220},
                                    {80, 160, 60},       {170, 60, 150}, {40, 40, 42}};

}  // namespace

Look vehicle_look(Kind kind, const Fashion& fashion, Random& random) {
    const bool car = kind == Kind::car;
    const bool late = random.chance(fashion.vehicles);
    const std::size_t early = car ? early_car_shapes : early_truck_shapes;
    const std::size_t all = car ? car_shapes().size() : truck_shapes().size();
    Look look;
    look.shape =
        late && random.chance(0.6) ? early + random.below(all - early) : random.below(early);
    look.main = car ? (late ? pick(late_cars, random) : pick(early_cars, random))
                    : (late ? pick(late_trucks, random) : pick(early_trucks, random));
    look.second =
        late || random.chance(0.5) ? vary(look.main, random, 10) : pick(early_trucks, random);
    look.third = pick(brights, random);
    look.size = random.uniform(0.92, 1.1);
    look.extra = random.chance(late ? 0.5 : car ? 0.05 : 0.35);
    look.detail = random.below(64);
    return look;
}

Look cyclist_look(const Fashion& fashion, Random& random) {
    Look look;
    look.main = pick(clothes, random);
    look.second = pick(trousers, random);
    look.third = pick(brights, random);
    look.size = random.uniform(0.85, 1.08);
    look.extra = random.chance(fashion.cargo);
    look.detail = random.below(64);
    return look;
}

Look pedestrian_look(const Fashion& fashion, Random& random) {
    Look look = cyclist_look({}, random);
    look.size = random.chance(0.15) ? random.uniform(0.65, 0.8) : random.uniform(0.9, 1.1);
    look.extra = random.chance(fashion.umbrellas);
    return look;
}

Look sign_look(const Fashion& fashion, Random& random) {
    Look look;
    look.shape = random.chance(fashion.temporary) ? 5 + random.below(4) : random.below(5);
    look.size = random.uniform(0.85, 1.35);
    look.turn = random.uniform(-0.9, 0.9);
    look.detail = random.below(64);
    return look;
}

}  // namespace ekya::streets

#pragma once
#include <string>
#include <vector>

#include "ekya/simulate/sweep.hpp"
#include "ekya/wire/json.hpp"

namespace ekya {

/// ekya.simulation/1. With plans kept, every window has its allocation timeline: `alloc`, a list of
/// [seconds, {job: share}], jobs named <stream>_<index>_inference and
/// <stream>_<index>_train_<configuration> as published.
[[nodiscard]] Json encode(const Simulation& simulation);
/// ekya.capacity/1
[[nodiscard]] Json encode(const Capacity& capacity);

/// The same without windows as rows of a table: the header first.
[[nodiscard]] std::vector<std::string> csv_lines(const std::vector<Simulation>& simulations);
[[nodiscard]] std::vector<std::string> csv_lines(const std::vector<Capacity>& capacities);

}  // namespace ekya

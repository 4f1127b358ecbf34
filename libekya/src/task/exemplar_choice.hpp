#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ekya/task/training_data.hpp"

namespace ekya {

/// std::shuffle may differ between standard libraries; results must not.
template <typename T> void shuffle(std::vector<T>& items, std::mt19937_64& random) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

/// The samples to remember: one of each class in turn until the budget is spent or none is left,
/// ascending.
/// @param bytes of the pixels of a sample
[[nodiscard]] std::vector<LabelledSample> choose_exemplars(const Task& task, WindowReader& reader,
                                                           const TrainingDataRequest& request,
                                                           const std::vector<LabelledSample>& from,
                                                           std::int64_t bytes);

/// Positions in the order in which herding takes them, `count` at most: each brings the mean of
/// what is taken nearest to the mean of all. @param rows [n, columns], scaled to length 1 first
[[nodiscard]] std::vector<std::size_t> herding_order(const std::vector<float>& rows,
                                                     std::size_t columns, std::size_t count);

}  // namespace ekya

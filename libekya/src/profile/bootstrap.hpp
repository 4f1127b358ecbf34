#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace ekya {

/// Variance of a figure over samples drawn with replacement, the same for the same samples.
/// @param figure of the samples with these indices   Source: Efron and Tibshirani, "An introduction
/// to the bootstrap" (1993).
template <typename Figure>
[[nodiscard]] double bootstrap_variance(std::size_t samples, const Figure& figure) {
    constexpr int draws = 400;
    if (samples < 2) return 0;
    std::mt19937_64 random(1);
    std::vector<std::size_t> drawn(samples);
    double sum = 0, squares = 0;
    for (int draw = 0; draw < draws; ++draw) {
        for (auto& index : drawn) index = random() % samples;
        const double value = figure(drawn);
        sum += value;
        squares += value * value;
    }
    const double mean = sum / draws;
    // Of n samples a bootstrap sees (n - 1) / n of the variance.
    const double n = static_cast<double>(samples);
    const double variance = squares / draws - mean * mean;
    return (variance > 0 ? variance : 0) * n / (n - 1);
}

}  // namespace ekya

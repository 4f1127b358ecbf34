// Random numbers that are the same with every standard library: the distributions of <random> are
// not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ekya::streets {

/// SplitMix64 (Steele, Lea, Flood, 2014): small state, good enough for pictures.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    /// In [0, 1).
    double uniform() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    bool chance(double probability) { return uniform() < probability; }
    /// In [0, count); count > 0.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(bits() % count); }
    int between(int low, int high) {
        return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
    }

private:
    std::uint64_t state_;
};

}  // namespace ekya::streets

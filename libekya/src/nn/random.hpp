#pragma once
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace ekya {

/// Random numbers that are the same with every standard library: only the engine is the standard's,
/// its distributions differ between implementations.
class Random {
public:
    /// `purpose` separates the streams of one seed, so that drawing more for one does not shift
    /// another.
    Random(std::uint64_t seed, std::uint64_t purpose)
        : engine_(seed * 0x9E3779B97F4A7C15ULL + purpose) {}

    /// Uniform in [0, 1).
    double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Uniform in [0, count); count > 0.
    std::int64_t below(std::int64_t count) {
        return static_cast<std::int64_t>(uniform() * static_cast<double>(count));
    }

    /// To go on with in another process.
    [[nodiscard]] std::string state() const {
        std::ostringstream text;
        text << engine_;
        return text.str();
    }
    void go_on_from(const std::string& state) { std::istringstream(state) >> engine_; }

    template <typename Value> void shuffle(std::vector<Value>& values) {
        for (std::size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1],
                      values[static_cast<std::size_t>(below(static_cast<std::int64_t>(i)))]);
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace ekya

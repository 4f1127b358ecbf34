#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/config.hpp"

namespace ekya {

/// Live inference of all streams, as a window sees it: running programs (LiveServing), simulated
/// ones, or those of a journal. Called by one thread; no call waits for an answer longer than 0.1
/// s.
class Serving {
public:
    virtual ~Serving() = default;

    /// Share of one device that all cameras' decoding takes before anything else; >= 0.
    [[nodiscard]] virtual double reserve() = 0;
    /// Share of one device that a stream's inference has use for; none = none runs.
    [[nodiscard]] virtual std::optional<double> need(const std::string& stream) = 0;

    /// From now on inference holds this share of one device.
    virtual void hold(const std::string& stream, double share) = 0;
    /// From now on it analyses frames like this.
    virtual void configure(const std::string& stream, const InferenceConfig& config) = 0;

    /// Frames of a stream since the last look.
    struct Frames {
        std::int64_t analysed = 0;
        std::int64_t skipped = 0;  ///< though it was their turn: inference was behind
    };
    /// none = nothing is known, e.g. at the first look.
    [[nodiscard]] virtual std::optional<Frames> look(const std::string& stream) = 0;
    /// How often looking is worth it; infinite = never.
    [[nodiscard]] virtual Seconds look_every() const = 0;

    /// A model of the store shall serve, from as soon as it is loaded, within so long. How it ended
    /// comes with swapped().
    virtual void swap(const std::string& stream, const std::string& model, Seconds limit) = 0;
    struct SwapEnd {
        std::string stream, model;
        bool serves = true;
        std::string why = {};  ///< it does not
    };
    /// Swaps that have ended since the last call.
    [[nodiscard]] virtual std::vector<SwapEnd> swapped() = 0;
};

}  // namespace ekya

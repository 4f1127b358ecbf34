#pragma once
#include <cstdint>
#include <optional>

#include "ekya/core/clock.hpp"
#include "ekya/core/inference_event.hpp"

namespace ekya {

/// Tells from the count of skipped frames when inference falls behind and when it has caught up
/// again, without a word for each frame.
class BehindWatch {
public:
    /// @param skipped frames skipped so far although it was their turn; @param now seconds, never
    /// falling
    /// @return behind: some were skipped since the last time it was said, at most once a second;
    /// caught_up: none for a second
    [[nodiscard]] std::optional<InferenceEvent::Kind> update(std::int64_t skipped, Seconds now);

private:
    bool behind_ = false;
    std::int64_t skipped_ = 0;
    Seconds last_skip_ = 0, said_ = 0;
    bool unsaid_ = false;
};

}  // namespace ekya

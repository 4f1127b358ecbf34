#include "ekya/live/behind_watch.hpp"

namespace ekya {

std::optional<InferenceEvent::Kind> BehindWatch::update(std::int64_t skipped, Seconds now) {
    constexpr Seconds pause = 1;
    if (skipped > skipped_) {
        skipped_ = skipped;
        last_skip_ = now;
        unsaid_ = true;
    }
    if (unsaid_ && (!behind_ || now - said_ >= pause)) {
        behind_ = true;
        unsaid_ = false;
        said_ = now;
        return InferenceEvent::Kind::behind;
    }
    if (!behind_ || now - last_skip_ < pause) return std::nullopt;
    behind_ = false;
    return InferenceEvent::Kind::caught_up;
}

}  // namespace ekya

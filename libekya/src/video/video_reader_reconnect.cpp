// A live source that was lost: trying again, and telling those who wait.
#include <algorithm>
#include <thread>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/text.hpp"
#include "video_reader.hpp"

namespace ekya {

/// Tries until a picture is decoded; the pause before each try doubles.
/// @param ended  the source said that it was over
bool VideoReader::reconnect(std::string cause, bool ended) {
    const Seconds lost_at = clock_->time();
    const auto began = WallClock::now();
    damaged_before_ = damaged();
    input_.reset();
    away_because_ = in_seconds(lost_at) + ": " + cause;
    Seconds backoff = options_.first_backoff;
    std::string why;
    Attempt result = Attempt::failed;
    int attempt = 0;
    while (result == Attempt::failed && attempt != options_.max_reconnects) {
        if (!pause(backoff)) {
            return false;
        }
        backoff = std::min(2 * backoff, options_.longest_backoff);
        result = try_to_connect(why);
        ++attempt;
        away_because_ = in_seconds(lost_at) + ": " + cause + "; " + why;
    }
    if (result == Attempt::connected) {
        away_because_.clear();
        clock_->continue_at(time_of_wall());
        last_timestamp_.reset();
        const Seconds away = seconds_since(began);
        note_gap(lost_at, cause + "; connected again after " + in_seconds(away) + ", attempt " +
                              std::to_string(attempt));
        return true;
    }
    if (!cancelled() && (attempt > 0 || !ended)) {
        give_up(lost_at, cause, attempt, why);
    }
    return false;
}

void VideoReader::give_up(Seconds lost_at, const std::string& cause, int attempts,
                          const std::string& why) {
    std::string text = cause + "; given up after " + std::to_string(attempts) +
                       (attempts == 1 ? " attempt" : " attempts") + " to connect again" +
                       (why.empty() ? "" : ": " + why);
    note_gap(lost_at, text);
    failure_ = without_secrets(source_) + ": " + text;
}

VideoReader::Attempt VideoReader::try_to_connect(std::string& why) {
    auto options = options_;
    options.cancelled = [this] {  // asked from within FFmpeg, through which nothing may be thrown
        try {
            tell_away();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        return thrown_ || cancelled();
    };
    const Attempt result = connect_again(options, why);
    if (thrown_) {
        std::rethrow_exception(std::exchange(thrown_, nullptr));
    }
    return result;
}

VideoReader::Attempt VideoReader::connect_again(const FrameSourceOptions& options,
                                                std::string& why) {
    try {
        auto input = std::make_unique<VideoInput>(source_, kind_, options);
        if (input->read() == VideoInput::Event::picture) {
            input_ = std::move(input);
            return Attempt::connected;
        }
        why = input->reason();
    } catch (const AccessRefused& e) {
        why = e.what();
        return Attempt::refused;
    } catch (const InputError& e) {
        why = e.what();  // still away; the attempts are counted
    }
    return Attempt::failed;
}

void VideoReader::tell_away() const {
    if (options_.away && !away_because_.empty()) {
        options_.away(time_of_wall(), away_because_);
    }
}

/// @return false if cancelled meanwhile
bool VideoReader::pause(Seconds seconds) const {
    const auto end = WallClock::now() + std::chrono::duration_cast<WallClock::duration>(
                                            std::chrono::duration<double>(seconds));
    while (!cancelled()) {
        tell_away();
        const auto left = end - WallClock::now();
        if (left <= WallClock::duration::zero()) {
            return true;
        }
        std::this_thread::sleep_for(
            std::min<WallClock::duration>(left, std::chrono::milliseconds(50)));
    }
    return false;
}

}  // namespace ekya

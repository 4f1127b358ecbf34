#include "golden_watch.hpp"

#include <chrono>

#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

constexpr auto look_every = std::chrono::milliseconds(50);
constexpr Seconds answer_grace = 5;  // beyond max_seconds, for the call that is under way
constexpr Seconds interrupt_grace = 2;

}  // namespace

GoldenWatch::GoldenWatch(const LabelRequest& request)
    : request_(request), begun_(clock_.now()), answered_(begun_) {
    set_.stream = request.stream.id;
    if (request.give_up) thread_ = std::thread([this] { watch(); });
}

GoldenWatch::~GoldenWatch() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    ended_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void GoldenWatch::answered(const LabelSet& set) {
    if (!request_.give_up) return;
    const std::lock_guard lock(mutex_);
    answered_ = clock_.now();
    set_ = set;
}

/// Why the labelling is given up; "" if it is not.
std::string GoldenWatch::trouble(Seconds now) {
    const double most = request_.options.max_seconds;
    if (most > 0 && now - begun_ > most + answer_grace)
        return "the golden model does not answer; it was ended " + to_text(answer_grace) +
               " s after --max-seconds";
    if (now - answered_ > limits::golden_model_seconds)
        return "the golden model does not answer within " + to_text(limits::golden_model_seconds) +
               " s";
    try {
        request_.check_interrupted();
    } catch (const std::exception&) {
        if (interrupted_ < 0) interrupted_ = now;
        if (now - interrupted_ > interrupt_grace)
            return "the golden model does not answer; it was ended by a signal";
    }
    return "";
}

void GoldenWatch::watch() {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, look_every, [this] { return over_; })) {
        const auto why = trouble(clock_.now());
        if (why.empty()) continue;
        set_.complete = false;
        set_.seconds = clock_.now() - begun_;
        request_.give_up(why, set_);
        return;
    }
}

}  // namespace ekya

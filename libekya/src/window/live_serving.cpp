#include "ekya/window/live_serving.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/wire/sockets.hpp"

namespace ekya {
namespace fs = std::filesystem;
using Milliseconds = std::chrono::milliseconds;
namespace {

constexpr std::size_t looked_back = 10;  // stretches of a second that tell what a job uses
constexpr double idle_cores = 0.04;      // that a program takes before it does anything
constexpr double head_room = 1.3;     // what inference has used lately, times this, it has use for
constexpr double least_share = 0.01;  // what inference gets instead of 0, which is no limit
constexpr Milliseconds status_limit(100), request_limit(2000), swap_limit(10000);

double idle_share() { return idle_cores / usable_cores(); }

}  // namespace

/// One model on its way into running inference.
struct LiveServing::Swap {
    SwapEnd end;
    std::atomic<bool> done = false;
    std::thread thread;

    ~Swap() {
        if (thread.joinable()) thread.join();
    }
};

LiveServing::LiveServing(Store store, LiveServingOptions options,
                         std::function<void(const std::string&)> say)
    : store_(std::move(store)), o_(std::move(options)), say_(std::move(say)) {
    if (o_.control.empty()) return;
    check_endpoint(o_.control, o_.security, EndpointUse::connect);
    announcer_ = std::make_unique<Announcer>(
        [this](const std::string& stream, const ControlRequest& request) {
            return send_control(endpoint_for(o_.control, stream), request, request_limit,
                                o_.security);
        },
        say_);
}

LiveServing::~LiveServing() = default;

fs::path LiveServing::job(const std::string& stream, const char* kind) const {
    return store_.root() / "jobs" / (stream + "." + kind);
}

/// The median, as starting a program costs more than a minute of decoding; before it is known, what
/// an idle program takes.
double LiveServing::reserve() {
    if (!o_.on_cpu) return 0;
    std::vector<double> parts;
    for (const auto& stream : o_.streams)
        for (const auto& use : JobFiles(job(stream, "ingest")).newest_uses(looked_back))
            if (use.seconds > 0) parts.push_back(use.used / use.seconds);
    if (parts.empty()) return 0;
    const auto count = static_cast<double>(o_.streams.size());
    if (parts.size() < 3 * o_.streams.size()) return idle_share() * count;
    const auto middle = parts.begin() + static_cast<long>(parts.size() / 2);
    std::nth_element(parts.begin(), middle, parts.end());
    return *middle * count;
}

std::optional<double> LiveServing::need(const std::string& stream) {
    const JobFiles files(job(stream, "infer"));
    if (!files.running()) return std::nullopt;
    double used = 0, seconds = 0;
    for (const auto& use : files.newest_uses(looked_back)) {
        used += use.used;
        seconds += use.seconds;
    }
    return idle_share() + (seconds > 0 ? head_room * used / seconds : 0);
}

void LiveServing::hold(const std::string& stream, double share) {
    const double held = std::max(share, least_share);
    unconfirmed_[stream] = held;
    try_order(stream, held);
}

/// What a full disk has no room for is ordered again with the next look at inference.
void LiveServing::try_order(const std::string& stream, double share) const try {
    JobFiles(job(stream, "infer")).order({JobOrder::State::run, share});
} catch (const SystemError& e) {
    if (say_) say_("stream " + stream + ": " + e.what());
}

/// A program that is just starting does not see what it was ordered before it was there.
void LiveServing::repeat_orders() {
    std::erase_if(unconfirmed_, [this](const auto& entry) {
        const JobFiles files(job(entry.first, "infer"));
        const auto record = files.running();
        if (record && record->share != entry.second) try_order(entry.first, entry.second);
        return record && record->share == entry.second;
    });
}

/// With ekya-run the share is held from outside, and inference need not know it.
void LiveServing::configure(const std::string& stream, const InferenceConfig& config) {
    if (!announcer_) return;
    ControlRequest request;
    request.kind = ControlRequest::Kind::set;
    request.frame_stride = config.frame_stride;
    request.input_size = config.input_size;
    announcer_->announce(stream, request);
}

std::optional<Serving::Frames> LiveServing::look(const std::string& stream) {
    repeat_orders();
    if (o_.control.empty()) return std::nullopt;
    const auto before = before_.find(stream);
    try {
        const auto now =
            send_control(endpoint_for(o_.control, stream), {}, status_limit, o_.security);
        std::optional<Frames> frames;
        if (before != before_.end())
            frames = {now.analysed - before->second.analysed, now.skipped - before->second.skipped};
        before_[stream] = now;
        return frames;
    } catch (const Error&) {
        before_.erase(stream);  // it is away or being started again
        return std::nullopt;
    }
}

Seconds LiveServing::look_every() const { return 0.25; }

/// What serves changes once inference has taken the model.
void LiveServing::swap(const std::string& stream, const std::string& model, Seconds limit) {
    swaps_.push_back(std::make_unique<Swap>());
    Swap& swap = *swaps_.back();
    swap.end = {stream, model};
    const auto patience =
        std::min(swap_limit, Milliseconds(static_cast<long>(1000 * std::max(limit, 0.0))));
    const auto work = [this, &swap, patience] {
        try {
            // Whole, and as its card says.
            for (const auto& text :
                 set_aside_damaged_model(store_, swap.end.stream, swap.end.model))
                throw InputError(text);
            (void)store_.model(swap.end.stream, swap.end.model);
            if (!o_.control.empty()) {
                ControlRequest request;
                request.kind = ControlRequest::Kind::swap;
                request.model = swap.end.model;
                const auto reply = send_control(endpoint_for(o_.control, swap.end.stream), request,
                                                patience, o_.security);
                if (!reply.ok) throw Error("inference refused it: " + reply.error);
            }
            store_.set_serving(swap.end.stream, swap.end.model);
        } catch (const std::exception& e) {
            swap.end.serves = false;
            swap.end.why = e.what();
        }
        swap.done = true;
    };
    try {
        swap.thread = std::thread(work);
    } catch (const std::system_error& e) {
        swap.end.serves = false;
        swap.end.why = "cannot start a thread: " + e.code().message();
        swap.done = true;
    }
}

std::vector<Serving::SwapEnd> LiveServing::swapped() {
    std::vector<SwapEnd> ends;
    std::erase_if(swaps_, [&](const auto& swap) {
        if (!swap->done) return false;
        ends.push_back(swap->end);
        return true;
    });
    return ends;
}

}  // namespace ekya

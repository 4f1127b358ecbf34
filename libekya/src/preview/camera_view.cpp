#include "ekya/preview/camera_view.hpp"

#include <deque>
#include <optional>
#include <utility>

#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/publish/live_feed.hpp"
#include "ekya/publish/rate_limit.hpp"
#include "ekya/video/annotated_picture.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"

namespace ekya {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int queue = 4;                                   // frames that may wait in the socket
constexpr std::size_t most_bytes = std::size_t{96} << 20;  // of frames that wait for their answers
constexpr std::size_t most_frames = 16;
constexpr Seconds patience = 1;  // with answers, until a frame is shown without

/// Frames and answers of a stream, brought together.
class Pairing {
public:
    Pairing(const std::string& frames, const std::string& answers, Seconds now)
        : frames_(frames, "", queue), answers_(1000), shown_(now) {
        answers_.connect(answers);
    }
    void wait() { frames_.wait(milliseconds(20)); }
    /// Takes what has come. @return the newest frame that has an answer, or a frame that has waited
    /// for long, if it may be shown
    std::optional<std::string> take(const std::string& caption, Seconds now, RateLimit& rate) {
        take_frames();
        std::optional<FrameAnswer> answer;
        while (auto line = answers_.next()) take_answer(std::move(*line), answer);
        if (answer) return draw(*answer, caption, now, rate);
        if (waiting_.empty() || now - shown_ < patience || !rate.pass(now)) return std::nullopt;
        shown_ = now;
        return annotated_jpeg(waiting_.back().image, nullptr, caption + "  no answer");
    }

private:
    struct Frame {
        std::int64_t number;
        FrameImage image;
    };
    void take_frames() {
        for (std::size_t i = 0; i < most_frames; ++i) try {
                auto message = frames_.next_frame();
                if (!message) return;
                if (!message->frame) continue;
                bytes_ += message->image.bgr.size();
                waiting_.push_back({message->frame->frame, std::move(message->image)});
                while (waiting_.size() > most_frames ||
                       (bytes_ > most_bytes && waiting_.size() > 1))
                    drop_first();
            } catch (const InputError&) {
                continue;  // a message that makes no sense
            }
    }
    void drop_first() {
        bytes_ -= waiting_.front().image.bgr.size();
        waiting_.pop_front();
    }
    void take_answer(std::string line, std::optional<FrameAnswer>& newest) {
        std::string why;
        const auto record = live_record(std::move(line), why);
        if (!record || record->kind != LiveRecord::Kind::answer) return;
        try {
            auto answer = decode<FrameAnswer>(record->json, "answer");
            // Of a skipped frame there is nothing to show, unless its objects are followed.
            if (answer.analysed || !answer.objects.empty()) newest = std::move(answer);
        } catch (const InputError&) {  // one that makes no sense
        }
    }
    std::optional<std::string> draw(const FrameAnswer& answer, const std::string& caption,
                                    Seconds now, RateLimit& rate) {
        while (!waiting_.empty() && waiting_.front().number < answer.frame) drop_first();
        if (waiting_.empty() || waiting_.front().number != answer.frame || !rate.pass(now))
            return std::nullopt;
        shown_ = now;
        return annotated_jpeg(waiting_.front().image, &answer, caption);
    }

    InferenceSockets frames_;
    RecordSubscriber answers_;
    std::deque<Frame> waiting_;
    std::size_t bytes_ = 0;
    Seconds shown_;
};

}  // namespace

CameraView::CameraView(LiveFiles files, std::string stream, double max_rate)
    : files_(std::move(files)), stream_(std::move(stream)), max_rate_(max_rate) {}

CameraView::~CameraView() = default;

void CameraView::show(std::string jpeg) {
    const std::lock_guard lock(mutex_);
    newest_ = std::make_shared<const Picture>(Picture{++number_, std::move(jpeg)});
    news_.notify_all();
}

void CameraView::work(const std::stop_token& stop) {
    const SystemClock clock;
    RateLimit rate(max_rate_);
    std::unique_ptr<Pairing> pairing;
    std::string endpoint;
    while (!stop.stop_requested()) try {
            // Programs that are started again have the same endpoint; a service may get another.
            auto frames = files_.endpoint(stream_, "frames");
            if (frames.empty()) pairing.reset();
            if (frames != endpoint || (!pairing && !frames.empty()))
                pairing = frames.empty()
                              ? nullptr
                              : std::make_unique<Pairing>(
                                    frames, files_.endpoint(stream_, "answers"), clock.now());
            endpoint = std::move(frames);
            if (!pairing) {
                std::this_thread::sleep_for(milliseconds(100));
                continue;
            }
            pairing->wait();
            if (auto jpeg = pairing->take(stream_, clock.now(), rate)) show(std::move(*jpeg));
        } catch (const std::exception&) {  // tried again while somebody looks
            pairing.reset();
            std::this_thread::sleep_for(milliseconds(500));
        }
}

std::shared_ptr<const CameraView::Picture> CameraView::newer(std::uint64_t number,
                                                             milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (!worker_.joinable()) {
        newest_.reset();  // is of another time
        worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
    }
    ++viewers_;
    news_.wait_for(lock, limit, [&] { return newest_ && newest_->number > number; });
    --viewers_;
    seen_ = steady_clock::now();
    return newest_ && newest_->number > number ? newest_ : nullptr;
}

void CameraView::rest_if_unseen() {
    std::jthread ending;  // joined without the lock
    const std::lock_guard lock(mutex_);
    if (worker_.joinable() && viewers_ == 0 && steady_clock::now() - seen_ > linger)
        ending = std::move(worker_);
    ending.request_stop();
}

bool CameraView::works() const {
    const std::lock_guard lock(mutex_);
    return worker_.joinable();
}

}  // namespace ekya

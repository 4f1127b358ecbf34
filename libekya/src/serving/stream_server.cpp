#include "ekya/serving/stream_server.hpp"

#include <algorithm>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

using Kind = ControlRequest::Kind;

StreamServer::StreamServer(StreamServerOptions options, Store store, ModelLoader& models,
                           AnnotationsOf annotations, Clock& clock, Hooks hooks)
    : options_(std::move(options)),
      store_(std::move(store)),
      models_(models),
      clock_(clock),
      hooks_(std::move(hooks)),
      governor_(options_.share, device_cores(), clock, [this] { return cpu_used_; }),
      served_(models.load(options_.session.stream, options_.model, options_.input_size)),
      session_(
          options_.session, std::move(annotations),
          [this](const FrameHeader& header, const FrameImage& image) {
              const FrameToAnalyse frame{served_.get(), &image, header.boxes};
              return InferenceSession::Analysis{
                  served_->card.id, analyse_frames({&frame, 1}).front(), served_->input_size};
          },
          [this](const FrameAnswer& answer) { answered(answer); },
          [this](WindowAccuracy accuracy) { close_window(std::move(accuracy)); }),
      sockets_(options_.frames, options_.control, options_.queue, options_.security),
      state_(options_.state, options_.session.stream, clock) {
    session_.set_bounds([this](int window) { return stored_bounds(window); });
    session_.set_finds_objects(task_of(served_->card).finds_objects());
    if (!options_.events.empty()) events_.emplace(options_.events, options_.security);
    constexpr int waiting_answers = 256;  // of one subscriber; each may have many objects
    if (!options_.publish.empty())
        answers_.emplace(options_.publish, options_.security, waiting_answers);
}

void StreamServer::answered(const FrameAnswer& answer) {
    EncodedAnswer encoded(answer);
    if (answers_ && answers_->wanted()) answers_->publish(encoded.line());
    hooks_.answer(encoded);
    state_.answered(answer, session_.backlog());
}

void StreamServer::close_window(WindowAccuracy accuracy) {
    accuracy.device_seconds = (cpu_used_ - cpu_of_windows_) / device_cores();
    cpu_of_windows_ = cpu_used_;
    hooks_.window(accuracy);
    state_.closed(accuracy);
    if (events_) events_->publish(encode(accuracy));
}

/// Ingestion stores a window before it publishes its end or any later frame.
std::optional<WindowEnd> StreamServer::stored_bounds(int window) const {
    if (!store_.has_window(stream(), window)) return std::nullopt;
    const auto m = store_.window(stream(), window);
    return WindowEnd{
        m.stream,   m.window, m.first_frame, m.end_frame, m.complete ? m.end - m.start : 0,
        m.complete, false};
}

void StreamServer::advance() {
    receive();
    serve_requests();
    start_load();
    finish_load();
    const auto now = [this] { return clock_.now(); };
    while (!session_.idle()) {
        const Seconds wait = owed();
        if (session_.next_needs_analysis(clock_.now() + wait)) break;
        session_.step(now, std::max(wait, 1e-9));  // above 0: nothing is analysed here
    }
    if (const auto kind = behind_.update(session_.counts().skipped, clock_.now())) tell(*kind);
}

void StreamServer::receive() {
    for (int i = 0; i < limits::frames_at_once && receive_one(); ++i) {}
    for (const auto& trouble : sockets_.troubles()) hooks_.trouble(trouble);
    for (auto* publisher : {&events_, &answers_})
        if (*publisher)
            for (const auto& trouble : (*publisher)->troubles()) hooks_.trouble(trouble);
    if (const auto complaint = complaints_.take(clock_.now())) hooks_.trouble(*complaint);
}

/// A message that makes no sense is skipped. @return false if there is none
bool StreamServer::receive_one() {
    try {
        auto message = sockets_.next_frame();
        if (!message) return false;
        if (message->end) {
            session_.arrived(*message->end);
            return true;
        }
        const int width = message->frame->width, height = message->frame->height;
        session_.arrived(std::move(*message->frame), std::move(message->image), clock_.now());
        if (!std::exchange(seen_a_frame_, true)) hooks_.first_frame(width, height);
    } catch (const Error& e) {
        complaints_.add("a message of frames was skipped: " + std::string(e.what()));
    }
    return true;
}

std::optional<FrameToAnalyse> StreamServer::due() {
    if (owed() > 0) return std::nullopt;
    const auto frame = session_.due(clock_.now());
    if (!frame) return std::nullopt;
    return FrameToAnalyse{served_.get(), frame->image, frame->header->boxes};
}

void StreamServer::answer_due(std::vector<ClassifiedObject> objects, Seconds took) {
    session_.answer_due({served_->card.id, std::move(objects), served_->input_size}, took,
                        [this] { return clock_.now(); });
}

void StreamServer::skip_due(const std::string& why) {
    complaints_.add("frame " + std::to_string(session_.last_frame() + 1) +
                    " or later was skipped: " + why);
    session_.skip_due([this] { return clock_.now(); });
}

void StreamServer::finish() {
    if (!session_.ended()) session_.finish();
}

/// A peer that floods us must not keep frames waiting: so many are served at a time, then frames
/// have their turn.
void StreamServer::serve_requests() {
    for (int i = 0; i < limits::requests_at_once; ++i) {
        auto request = sockets_.next_request();
        if (!request) return;
        serve(std::move(*request));
    }
}

/// Requests that need another network wait for it.
void StreamServer::serve(InferenceSockets::Request request) {
    const auto& r = request.request;
    const bool other_size = r.input_size && *r.input_size != served_->input_size;
    if (r.kind == Kind::swap || (r.kind == Kind::set && other_size)) {
        const auto of_peer = static_cast<std::size_t>(
            std::count_if(requests_.begin(), requests_.end(),
                          [&](const auto& waiting) { return waiting.token == request.token; }));
        if (requests_.size() >= limits::waiting_swaps || of_peer >= limits::waiting_swaps_of_peer)
            return sockets_.reply(
                request.token, refusal(std::to_string(requests_.size()) + " swaps wait already"));
        requests_.push_back(std::move(request));
        return;
    }
    if (r.kind == Kind::stop) stopped_ = true;
    if (r.kind == Kind::set) apply(r);
    sockets_.reply(request.token, status());
}

void StreamServer::start_load() {
    if (requests_.empty() || loader_.busy()) return;
    const auto& r = requests_.front().request;
    const std::string id = r.kind == Kind::swap ? r.model : served_->card.id;
    const int size = r.input_size.value_or(served_->input_size);
    loader_.start([this, id, size] {
        set_threads_of_this_thread(1);  // aside from the frames that go on being answered
        return models_.load(stream(), id, size);
    });
}

void StreamServer::finish_load() {
    if (!loader_.ready()) return;
    const auto request = std::move(requests_.front());
    requests_.pop_front();
    try {
        auto next = loader_.take();
        apply(request.request);
        loader_.retire(std::exchange(served_, std::move(next)));
    } catch (const std::exception& e) {  // the old model goes on serving
        const std::string why = printable(e.what(), limits::refusal_bytes);
        complaints_.add("swap refused: " + why);
        tell(InferenceEvent::Kind::refused, why);
        return sockets_.reply(request.token, refusal(e.what()));
    }
    if (request.request.kind == Kind::swap) tell(InferenceEvent::Kind::swap);
    sockets_.reply(request.token, status());
}

void StreamServer::apply(const ControlRequest& request) {
    if (request.share) governor_.set_share(*request.share);
    if (request.frame_stride) session_.set_frame_stride(*request.frame_stride);
}

void StreamServer::tell(InferenceEvent::Kind kind, const std::string& error) {
    if (!events_) return;
    events_->publish(encode(InferenceEvent{kind, stream(), served_->card.id, session_.last_frame(),
                                           static_cast<std::int64_t>(session_.backlog()),
                                           session_.counts().skipped, error}));
}

ControlReply StreamServer::status() const {
    const auto& counts = session_.counts();
    return {true,
            "",
            stream(),
            served_->card.id,
            session_.last_frame(),
            governor_.share(),
            session_.frame_stride(),
            static_cast<std::int64_t>(session_.backlog()),
            counts.analysed,
            counts.skipped,
            counts.latency};
}

ControlReply StreamServer::refusal(const std::string& error) const {
    auto reply = status();
    reply.ok = false;
    reply.error = error;
    return reply;
}

}  // namespace ekya

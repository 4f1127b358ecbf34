// ekya-infer: serve one stream live.
//   in: ekya.frame/1 over ZeroMQ, a video, or recorded ekya.inference/1      out: ekya.inference/1 per frame, ekya.accuracy/1 per window
//   control: ekya.control/1 over ZeroMQ      stderr: messages
#include <chrono>
#include <deque>
#include <fstream>
#include <map>
#include <memory>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/share_governor.hpp"
#include "ekya/live/background_loader.hpp"
#include "ekya/live/behind_watch.hpp"
#include "ekya/live/inference_session.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/device.hpp"
#include "ekya/store/store.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/crops.hpp"
#include "ekya/video/object_finder.hpp"
#include "ekya/video/window_builder.hpp"
#include "ekya/wire/sockets.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    ekya::cli::InputOutput io;
    ekya::cli::DeviceOptions device;
    ekya::SessionOptions session;
    ekya::SocketSecurity security;
    std::string model, frames, control, events, answers, replay;
    bool resume = false;
    int queue = 64, input_size = 0, from_window = 0, crop_size = 32;
    double window = 200, crop_margin = 0.05;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.streams);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    ekya::cli::add_output(app, o.io);
    ekya::cli::add(app, o.device);
    app.add_option("--model", o.model, "id of the model to begin with (default: the stream's serving one)");
    app.add_option("--frames", o.frames, "ZeroMQ endpoint that ekya-ingest publishes on; {stream} becomes the id (default: decode the source itself, unpaced)")->group("Frames");
    app.add_option("--queue", o.queue, "frames that may wait in the socket")->check(CLI::PositiveNumber)->capture_default_str()->group("Frames");
    app.add_option("--max-backlog", o.session.max_backlog, "frames that may wait to be analysed; beyond it the oldest are skipped")->check(CLI::PositiveNumber)->capture_default_str()->group("Frames");
    app.add_option("--max-latency", o.session.max_latency, "seconds from a frame's arrival to its answer; frames that would take longer are skipped, the newest is answered first; 0 = no limit")->check(CLI::NonNegativeNumber)->capture_default_str()->group("Frames");
    app.add_option("--frame-stride", o.session.frame_stride, "analyse every k-th frame")->check(CLI::PositiveNumber)->capture_default_str()->group("Frames");
    app.add_option("--input-size", o.input_size, "side of the network's input in pixels, 0 = as trained")->check(CLI::NonNegativeNumber)->capture_default_str()->group("Frames");
    app.add_option("--crop-size", o.crop_size, "side of the object crops, as in ekya-ingest")->check(CLI::Range(8, 1024))->capture_default_str()->group("Frames");
    app.add_option("--window", o.window, "length of a window in seconds, when decoding the source itself")->check(CLI::PositiveNumber)->capture_default_str()->group("Frames");
    app.add_option("--from-window", o.from_window, "pass over earlier windows, when decoding the source itself")->check(CLI::NonNegativeNumber)->capture_default_str()->group("Frames");
    app.add_option("--replay", o.replay, "recorded ekya.inference/1: answer the same frames with the same models again")->check(CLI::ExistingFile)->group("Frames");
    app.add_option("--control", o.control, "ZeroMQ endpoint to take ekya.control/1 requests on; {stream} becomes the id")->group("Control");
    app.add_option("--events", o.events, "ZeroMQ endpoint to publish on what happens: swaps, falling behind, each window's accuracy; {stream} becomes the id")->group("Control");
    ekya::cli::add(app, o.security);
    app.add_option("--answers", o.answers, "append the records of frames to this file, line by line, instead of the output")->group("Records");
    app.add_flag("--resume", o.resume, "take up the window that --answers ends in, after a crash")->needs("--answers")->group("Records");
    ekya::cli::describe(app, {"ekya.frame/1, ekya.window-end/1 and ekya.control/1 over ZeroMQ; the stream's annotations",
                              "ekya.inference/1 for each frame, ekya.accuracy/1 for each window (also into the store); ekya.inference-event/1 and ekya.accuracy/1 over ZeroMQ (--events)",
                              "ekya-infer --streams streams.json --store ekya-data --stream a --frames ipc:///tmp/a.frames --control ipc:///tmp/a.control",
                              "Ekya, NSDI 2022, sections 3.1 and 5"});
}

/// A model as it serves.
struct Served {
    ekya::ModelCard card;
    ekya::Classifier classifier;
};

std::unique_ptr<Served> load_model(const ekya::Store& store, const std::string& stream, const std::string& id, const std::string& device, int input_size) {
    auto card = store.model(stream, id);
    ekya::Classifier classifier(card.architecture, store.weights_file(stream, id), device, input_size);
    classifier.warm_up(8);
    return std::make_unique<Served>(Served{std::move(card), std::move(classifier)});
}

std::vector<ekya::ClassifiedObject> classify(Served& served, const ekya::FrameImage& image, std::span<const ekya::Box> boxes, const Options& o) {
    if (boxes.empty()) return {};
    ekya::CropBatch crops;
    ekya::append_crops(image, boxes, o.crop_size, crops, o.crop_margin);
    const auto predictions = served.classifier.classify(crops);
    std::vector<ekya::ClassifiedObject> objects;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        objects.push_back({boxes[i], served.card.classes[static_cast<std::size_t>(predictions[i].class_index)], predictions[i].probability});
    return objects;
}

/// Where the records go.
class Records {
public:
    Records(const Options& o, ekya::cli::Context& context, ekya::Store store) : store_(std::move(store)), output_(context.output(o.io)) {
        if (o.answers.empty()) return;
        answers_.open(o.answers, std::ios::app);
        if (!answers_) throw ekya::SystemError(o.answers + ": cannot open to append");
    }
    void answer(const ekya::FrameAnswer& answer) {
        if (!answers_.is_open()) return output_.write(ekya::encode(answer));
        answers_ << ekya::to_line(ekya::encode(answer)) << std::endl;
        if (!answers_) throw ekya::SystemError("cannot write the answers; is the disk full?");
    }
    ekya::WindowAccuracy accuracy(ekya::WindowAccuracy accuracy) {
        const double used = ekya::process_cpu_seconds();
        accuracy.device_seconds = (used - used_) / ekya::usable_cores();
        used_ = used;
        store_.write_accuracy(accuracy);
        output_.write(ekya::encode(accuracy));
        return accuracy;
    }
    void commit() { output_.commit(); }

private:
    ekya::Store store_;
    ekya::cli::Output output_;
    std::ofstream answers_;
    double used_ = ekya::process_cpu_seconds();
};

/// The answers that an earlier run left in a file; a last line that was cut off is dropped.
std::vector<ekya::FrameAnswer> read_answers(const std::string& file, bool tolerate_cut) {
    std::ifstream in(file, std::ios::binary);
    std::vector<ekya::FrameAnswer> answers;
    ekya::JsonLines lines(in, file);
    try {
        while (const auto json = lines.next()) answers.push_back(ekya::decode<ekya::FrameAnswer>(*json, lines.place()));
    } catch (const ekya::InputError&) {
        if (!tolerate_cut || in.peek() != std::ifstream::traits_type::eof()) throw;
    }
    return answers;
}

/// Only the window that is open and the one before it (for what carries over) are needed to go on.
std::vector<ekya::FrameAnswer> answers_to_resume(const std::string& file) {
    auto answers = read_answers(file, true);
    if (answers.empty()) return answers;
    const int window = answers.back().window;
    std::erase_if(answers, [&](const auto& answer) { return answer.window < window - 1; });
    return answers;
}

/// A file whose last line was cut off gets a clean end before more is appended.
void mend_cut_line(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return;
    std::string line, whole;
    while (std::getline(in, line) && !in.eof()) whole += line + "\n";
    in.close();
    std::error_code code;
    if (std::filesystem::file_size(file, code) != whole.size()) std::filesystem::resize_file(file, whole.size());
}

class Inference {
public:
    Inference(const Options& o, const ekya::StreamSource& stream, ekya::cli::Context& context)
        : o_(o), stream_(stream), context_(context), store_(o.store.store), device_(ekya::resolve_device(o.device.device)),
          input_size_(o.input_size), governor_(o.device.share, ekya::usable_cores(), clock_, [this] { return ekya::process_cpu_seconds() - loader_.cpu_seconds(); }) {
        if (!stream.annotations.empty()) annotations_ = ekya::read_annotations(stream.annotations, stream.classes);
        if (!o.replay.empty()) return;
        std::string id = o.model.empty() ? store_.serving(stream.id).value_or("") : o.model;
        if (id.empty()) throw ekya::InputError("stream " + stream.id + ": no serving model in " + o.store.store + "; train one with ekya-train --base N --serve");
        served_ = load_model(store_, stream.id, id, device_, input_size_);
    }

    void live();
    void decode();
    void replay();

private:
    /// Tells subscribers of --events; nobody waits for them.
    template <typename Record>
    void tell(const Record& record) {
        if (events_) events_->publish(ekya::encode(record));
    }
    void tell(ekya::InferenceEvent::Kind kind, const ekya::InferenceSession& session, const std::string& error = "") {
        tell(ekya::InferenceEvent{kind, stream_.id, served_->card.id, session.last_frame(), static_cast<std::int64_t>(session.backlog()),
                                  session.counts().skipped, error});
    }
    void watch(const ekya::InferenceSession& session) {
        if (const auto kind = behind_.update(session.counts().skipped, clock_.now())) tell(*kind, session);
    }
    ekya::InferenceSession session(Records& records) {
        auto options = o_.session;
        options.stream = stream_.id;
        return ekya::InferenceSession(
            options, [this](std::int64_t frame) { return annotations_.of(frame); },
            [this](const ekya::FrameHeader& header, const ekya::FrameImage& image) {
                if (!clipped_) ekya::check_inside(annotations_, header.width, header.height);   // as ingestion did
                clipped_ = true;
                return ekya::InferenceSession::Analysis{served_->card.id, classify(*served_, image, header.boxes, o_), input_size_};
            },
            [&records](const ekya::FrameAnswer& answer) { records.answer(answer); },
            [this, &records](ekya::WindowAccuracy accuracy) { tell(records.accuracy(std::move(accuracy))); });
    }
    /// Ingestion stores a window before it publishes its end or any later frame.
    std::optional<ekya::WindowEnd> stored_bounds(int window) const {
        if (!store_.has_window(stream_.id, window)) return std::nullopt;
        const auto m = store_.window(stream_.id, window);
        return ekya::WindowEnd{m.stream, m.window, m.first_frame, m.end_frame, m.complete ? m.end - m.start : 0, m.complete, false};
    }
    void serve_requests(ekya::InferenceSockets& sockets, ekya::InferenceSession& session);
    void finish_load(ekya::InferenceSockets& sockets, ekya::InferenceSession& session);
    void apply(const ekya::ControlRequest& request, ekya::InferenceSession& session);
    ekya::ControlReply status(const ekya::InferenceSession& session) const {
        const auto& counts = session.counts();
        return {true, "", stream_.id, served_->card.id, session.last_frame(), governor_.share(), session.frame_stride(),
                static_cast<std::int64_t>(session.backlog()), counts.analysed, counts.skipped, counts.latency};
    }

    const Options& o_;
    const ekya::StreamSource& stream_;
    ekya::cli::Context& context_;
    ekya::Store store_;
    std::string device_;
    int input_size_;
    ekya::SystemClock clock_;
    ekya::BackgroundLoader<Served> loader_;
    ekya::ShareGovernor governor_;   // does not count loading: paid back at once it would hold frames up for several times as long
    ekya::AnnotationTable annotations_;
    bool clipped_ = false;
    std::unique_ptr<Served> served_;
    std::deque<ekya::InferenceSockets::Request> requests_;   // waiting for the loader
    std::optional<ekya::EventPublisher> events_;
    ekya::BehindWatch behind_;
    bool stop_ = false;
};

void Inference::apply(const ekya::ControlRequest& request, ekya::InferenceSession& session) {
    if (request.share) governor_.set_share(*request.share);
    if (request.frame_stride) session.set_frame_stride(*request.frame_stride);
}

/// Requests that need another network wait for it; the first in the queue is the one being loaded.
void Inference::serve_requests(ekya::InferenceSockets& sockets, ekya::InferenceSession& session) {
    using Kind = ekya::ControlRequest::Kind;
    constexpr int most_requests = 32;        // at a time, then frames have their turn
    constexpr std::size_t most_waiting = 16;   // for the loader
    for (int i = 0; i < most_requests; ++i) {
        auto request = sockets.next_request();
        if (!request) break;
        const auto& r = request->request;
        const bool other_size = r.input_size && *r.input_size != input_size_;
        if (r.kind == Kind::swap || (r.kind == Kind::set && other_size)) {
            if (requests_.size() < most_waiting) {
                requests_.push_back(std::move(*request));
            } else {
                auto reply = status(session);
                reply.ok = false;
                reply.error = std::to_string(most_waiting) + " swaps wait already";
                sockets.reply(request->token, reply);
            }
            continue;
        }
        if (r.kind == Kind::stop) stop_ = true;
        if (r.kind == Kind::set) apply(r, session);
        sockets.reply(request->token, status(session));
    }
    if (requests_.empty() || loader_.busy()) return;
    const auto& r = requests_.front().request;
    const std::string id = r.kind == Kind::swap ? r.model : served_->card.id;
    const int size = r.input_size.value_or(input_size_);
    loader_.start([this, id, size] {
        ekya::set_threads_of_this_thread(1);   // aside from the frames that go on being answered
        return load_model(store_, stream_.id, id, device_, size);
    });
}

void Inference::finish_load(ekya::InferenceSockets& sockets, ekya::InferenceSession& session) {
    if (!loader_.ready()) return;
    const auto request = std::move(requests_.front());
    requests_.pop_front();
    ekya::ControlReply reply;
    try {
        auto next = loader_.take();
        loader_.retire(std::exchange(served_, std::move(next)));
        input_size_ = request.request.input_size.value_or(input_size_);
        apply(request.request, session);
        reply = status(session);
        if (request.request.kind == ekya::ControlRequest::Kind::swap) tell(ekya::InferenceEvent::Kind::swap, session);
    } catch (const std::exception& e) {
        reply = status(session);   // the old model goes on serving
        reply.ok = false;
        reply.error = e.what();
        tell(ekya::InferenceEvent::Kind::refused, session, e.what());
        context_.warn("stream " + stream_.id + ": swap refused: " + e.what());
    }
    sockets.reply(request.token, reply);
}

void Inference::live() {
    using Milliseconds = std::chrono::milliseconds;
    if (o_.resume) mend_cut_line(o_.answers);
    Records records(o_, context_, store_);
    auto session = this->session(records);
    session.set_bounds([this](int window) { return stored_bounds(window); });
    if (o_.resume) {
        auto answers = answers_to_resume(o_.answers);
        const bool finished = !answers.empty() && std::filesystem::exists(store_.accuracy_file(stream_.id, answers.back().window));
        session.resume(std::move(answers), finished);
    }
    const auto endpoint = [&](const std::string& e) { return e.empty() ? e : ekya::endpoint_for(e, stream_.id); };
    ekya::InferenceSockets sockets(endpoint(o_.frames), endpoint(o_.control), o_.queue, o_.security);
    if (!o_.events.empty()) events_.emplace(endpoint(o_.events), o_.security);
    while (!stop_ && !(session.ended() && session.idle())) {
        if (ekya::cli::Context::interrupted()) break;
        const ekya::Seconds wait = governor_.wait_needed();
        const ekya::Seconds owed = session.next_needs_analysis(clock_.now() + wait) ? wait : 0;
        if (session.idle() || owed > 0) sockets.wait(Milliseconds(session.idle() ? 20 : std::clamp(static_cast<int>(owed * 1000), 1, 20)));
        try {
            while (auto message = sockets.next_frame()) {
                if (message->end) session.arrived(*message->end);
                else session.arrived(std::move(*message->frame), std::move(message->image), clock_.now());
            }
        } catch (const ekya::InputError& e) {
            context_.warn(e.what());
        }
        for (const auto& trouble : sockets.troubles()) context_.warn(trouble);
        if (events_)
            for (const auto& trouble : events_->troubles()) context_.warn(trouble);
        serve_requests(sockets, session);
        finish_load(sockets, session);
        if (!session.idle()) session.step([this] { return clock_.now(); }, governor_.wait_needed());
        watch(session);
    }
    if (!session.ended()) session.finish();
    records.commit();
    ekya::cli::Context::check_interrupted();
}

void Inference::decode() {
    Records records(o_, context_, store_);
    auto session = this->session(records);
    if (stream_.annotations.empty()) throw ekya::ConfigError("stream " + stream_.id + ": decoding the source itself takes the boxes from annotations, the list names none; use --frames");
    ekya::FrameSourceOptions source_options;
    source_options.fps = stream_.fps;
    source_options.cancelled = ekya::cli::Context::interrupted;
    ekya::FrameSource source(stream_.source, source_options);
    ekya::WindowBuilderOptions window;
    window.window = o_.window;
    window.first_window = o_.from_window;
    window.stream = stream_.id;
    window.sample_every = 1'000'000'000;   // only the borders of windows are wanted, no crops
    ekya::WindowBuilder builder(window, source.fps(), [&](const ekya::BuiltWindow& w) {
        const auto& m = w.manifest;
        session.arrived(ekya::WindowEnd{m.stream, m.window, m.first_frame, m.end_frame, w.seconds, m.complete, m.last});
        while (!session.idle()) session.step([this] { return clock_.now(); });
    });
    const auto finder = ekya::annotation_finder(annotations_);
    for (ekya::Frame frame; source.next(frame);) {
        ekya::cli::Context::check_interrupted();
        const int index = builder.window_of_frame(frame);
        if (index < 0) continue;
        const auto boxes = finder->find(frame);
        builder.add(frame, {});
        session.arrived({stream_.id, index, frame.index, frame.time, frame.width, frame.height, boxes}, frame.image(), clock_.now());
        while (!session.idle()) session.step([this] { return clock_.now(); });
    }
    ekya::cli::Context::check_interrupted();
    builder.finish();
    records.commit();
}

void Inference::replay() {
    const auto recorded = read_answers(o_.replay, false);
    Records records(o_, context_, store_);
    std::map<std::pair<std::string, int>, std::unique_ptr<Served>> models;   // by id and input size
    ekya::FrameSourceOptions source_options;
    source_options.fps = stream_.fps;
    source_options.cancelled = ekya::cli::Context::interrupted;
    ekya::FrameSource source(stream_.source, source_options);
    ekya::Frame frame;
    bool more = source.next(frame);
    for (auto answer : recorded) {
        if (answer.stream != stream_.id) continue;
        while (more && frame.index < answer.frame) more = source.next(frame);
        ekya::cli::Context::check_interrupted();
        if (!more || frame.index != answer.frame) throw ekya::InputError(stream_.source + ": has no frame " + std::to_string(answer.frame) + ", which " + o_.replay + " answers");
        if (answer.analysed) {
            const int size = input_size_ > 0 ? input_size_ : answer.input_size;
            auto& model = models[{answer.model, size}];
            if (!model) model = load_model(store_, stream_.id, answer.model, device_, size);
            std::vector<ekya::Box> boxes;
            for (const auto& object : answer.objects) boxes.push_back(object.box);
            const auto start = clock_.now();
            answer.objects = classify(*model, frame.image(), boxes, o_);
            answer.latency = clock_.now() - start;
        }
        records.answer(answer);
    }
    records.commit();
}

void run(const Options& o, ekya::cli::Context& context) {
    const auto streams = ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    if (streams.size() != 1) throw ekya::ConfigError("--stream: exactly one is served at a time, " + std::to_string(streams.size()) + " are chosen");
    if (!(o.session.max_latency >= 0)) throw ekya::ConfigError("--max-latency: a number from 0 is needed");
    ekya::check_endpoint(o.frames, o.security, ekya::EndpointUse::connect);
    for (const auto* endpoint : {&o.control, &o.events}) ekya::check_endpoint(*endpoint, o.security, ekya::EndpointUse::bind);
    ekya::set_threads(o.device.threads);
    Inference inference(o, streams.front(), context);
    if (!o.replay.empty()) inference.replay();
    else if (!o.frames.empty()) inference.live();
    else inference.decode();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-infer", "Serve one stream: classify its objects live, swap models, report accuracy.",
                                        argc, argv, add_options, run);
}

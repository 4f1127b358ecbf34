// ekya-infer: serve streams live.
//   in: ekya.frame/1 over ZeroMQ, a video, or recorded ekya.inference/1      out: ekya.inference/1
//   per frame, ekya.accuracy/1 per window control: ekya.control/1 over ZeroMQ      stderr: messages
#include <deque>
#include <filesystem>
#include <map>
#include <memory>

#include "ekya/cli/run_tool.hpp"
#include "ekya/cli/takeover.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/line_file.hpp"
#include "ekya/device/device.hpp"
#include "ekya/live/answer_file.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/serving/serve_live.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/object_finder.hpp"
#include "ekya/video/window_builder.hpp"
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
    std::string model, frames, control, events, publish, answers, state, replay, carry = "track";
    bool resume = false;
    double answers_megabytes = 0;
    int queue = 64, input_size = 0, from_window = 0;
    double window = 200;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.streams);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    ekya::cli::add_output(app, o.io);
    ekya::cli::add(app, o.device);
    app.add_option("--model", o.model,
                   "id of the model to begin with (default: each stream's serving one)")
        ->check(ekya::cli::refuse_bad_name);
    app.add_option("--frames", o.frames,
                   "ZeroMQ endpoint that ekya-ingest publishes on; {stream} becomes the id "
                   "(default: decode the source itself, unpaced)")
        ->group("Frames");
    app.add_option("--queue", o.queue, "frames that may wait in the socket")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--max-backlog", o.session.max_backlog,
                   "frames that may wait to be analysed; beyond it the oldest are skipped")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--max-latency", o.session.max_latency,
                   "seconds from a frame's arrival to its answer; frames that would take longer "
                   "are skipped, the newest is answered first; 0 = no limit")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--frame-stride", o.session.frame_stride, "analyse every k-th frame")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--carry", o.carry,
                   "boxes of frames that are not analysed, where the model finds the objects: "
                   "track = they move on as they did, last = as in the last analysed frame")
        ->check(CLI::IsMember({"track", "last"}))
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--input-size", o.input_size,
                   "side of the network's input in pixels, 0 = as trained")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--window", o.window,
                   "length of a window in seconds, when decoding the source itself")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--from-window", o.from_window,
                   "pass over earlier windows, when decoding the source itself")
        ->check(CLI::Range(0, ekya::limits::window))
        ->capture_default_str()
        ->group("Frames");
    app.add_option("--replay", o.replay,
                   "recorded ekya.inference/1: answer the same frames with the same models again")
        ->check(CLI::ExistingFile)
        ->group("Frames");
    app.add_option("--control", o.control,
                   "ZeroMQ endpoint to take ekya.control/1 requests on; {stream} becomes the id")
        ->group("Control");
    app.add_option("--events", o.events,
                   "ZeroMQ endpoint to publish on what happens: swaps, falling behind, each "
                   "window's accuracy; {stream} becomes the id")
        ->group("Control");
    app.add_option(
           "--publish", o.publish,
           "ZeroMQ endpoint to publish the answer of each frame on; {stream} becomes the id")
        ->group("Control");
    ekya::cli::add(app, o.security);
    app.add_option("--answers", o.answers,
                   "append the records of frames to this file, line by line, instead of the "
                   "output; {stream} becomes the id")
        ->group("Records");
    app.add_option("--answers-megabytes", o.answers_megabytes,
                   "when a file of answers has grown to this at the end of a window, it is renamed "
                   "to FILE.1 in place of an earlier one, 0 = never")
        ->needs("--answers")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Records");
    app.add_option("--state", o.state,
                   "keep how the stream's inference stands in this file (ekya.inference-state/1), "
                   "for ekya-status and others; {stream} becomes the id")
        ->needs("--frames")
        ->group("Records");
    app.add_flag("--resume", o.resume, "take up the window that --answers ends in, after a crash")
        ->needs("--answers")
        ->group("Records");
    app.get_option("--stream")
        ->description(
            "id of a stream to serve, repeatable (default: all of the list); several at once need "
            "--frames with {stream} in it");
    ekya::cli::describe(
        app,
        {"ekya.frame/1, ekya.window-end/1 and ekya.control/1 over ZeroMQ; the stream's annotations",
         "ekya.inference/1 for each frame, ekya.accuracy/1 for each window (also into the store); "
         "ekya.inference/1 (--publish), ekya.inference-event/1 and ekya.accuracy/1 (--events) over "
         "ZeroMQ; ekya.inference-state/1 (--state)",
         "ekya-infer --streams streams.json --store ekya-data --stream a --frames "
         "ipc:///tmp/a.frames --control ipc:///tmp/a.control",
         "Ekya, NSDI 2022, sections 3.1 and 5"});
}

/// Where the records go: to the output, answers into files of their own if --answers is given.
class Records {
public:
    Records(const Options& o, const ekya::cli::Context& context)
        : context_(context),
          store_(o.store.store),
          most_answers_(o.answers_megabytes * 1e6),
          output_(context.output(o.io)) {}
    /// Answers of this stream from now on go to the end of a file. What a full disk has no room for
    /// is dropped: serving goes on.
    void open_answers(const std::string& stream, const std::string& file) {
        answers_[stream] = {file, ekya::LineFile(file, "answers")};
    }
    void answer(ekya::EncodedAnswer& answer) {
        const auto file = answers_.find(answer.record().stream);
        if (file == answers_.end()) return output_.write(ekya::encode(answer.record()));
        tell(file->second.lines.add(answer.line()));
        if (!results_.empty() && clock_.now() >= next_try_) store_results();
    }
    void answer(const ekya::FrameAnswer& record) {
        ekya::EncodedAnswer answer(record);
        this->answer(answer);
    }
    void accuracy(const ekya::WindowAccuracy& accuracy) {
        results_.push_back(accuracy);
        store_results();
        output_.write(ekya::encode(accuracy));
        if (const auto file = answers_.find(accuracy.stream); file != answers_.end())
            begin_anew(file->second);
    }
    void commit() {
        store_results();
        if (!results_.empty())
            throw ekya::SystemError(std::to_string(results_.size()) +
                                    " results of windows could not be stored");
        output_.commit();
    }

private:
    struct AnswerFile {
        std::string name;
        ekya::LineFile lines;
    };
    void tell(const std::string& news) const {
        if (!news.empty()) context_.warn(news);
    }
    /// Results that a full disk has no room for wait, as they are few and small.
    void store_results() {
        next_try_ = clock_.now() + retry_every;
        while (!results_.empty()) try {
                store_.write_accuracy(results_.front());
                tell(results_told_.written());
                results_.pop_front();
            } catch (const ekya::SystemError& e) {
                if (results_.size() <= ekya::limits::waiting_results) {
                    if (!std::exchange(waits_, true)) tell(std::string(e.what()) + "; tried again");
                    return;
                }
                tell(results_told_.dropped(e.what()));
                results_.pop_front();
            }
        waits_ = false;
    }
    /// At the end of a window nothing of the file is needed to go on.
    void begin_anew(AnswerFile& file) const {
        if (most_answers_ <= 0 || static_cast<double>(file.lines.size()) < most_answers_) return;
        tell(file.lines.begin_anew(file.name + ".1"));
    }

    static constexpr ekya::Seconds retry_every = 1;
    const ekya::cli::Context& context_;
    ekya::SystemClock clock_;
    ekya::Seconds next_try_ = 0;
    std::deque<ekya::WindowAccuracy> results_;  // that are not stored yet
    bool waits_ = false;                        // told of
    ekya::DropTally results_told_{"results of windows", "the store"};
    ekya::Store store_;
    double most_answers_;
    ekya::cli::Output output_;
    std::map<std::string, AnswerFile> answers_;
};

/// The stream's annotations, with which it is scored; empty if the list names none.
ekya::AnnotationTable annotations_of(const ekya::StreamSource& stream) {
    return stream.annotations.empty() ? ekya::AnnotationTable()
                                      : ekya::read_annotations(stream.annotations, stream.classes);
}

ekya::SessionOptions session_of(const Options& o, const std::string& stream) {
    auto options = o.session;
    options.stream = stream;
    options.carry = ekya::carry_from(o.carry);
    return options;
}

std::string first_model(const Options& o, const ekya::Store& store, const std::string& stream,
                        ekya::cli::Context& context) {
    std::string damaged;
    if (o.model.empty())
        for (const auto& text : ekya::set_aside_damaged_serving(store, stream)) {
            context.warn(text);
            if (damaged.empty()) damaged = text;
        }
    const std::string id = o.model.empty() ? store.serving(stream).value_or("") : o.model;
    if (id.empty())
        throw ekya::InputError("stream " + stream + ": no serving model in " + o.store.store +
                               "; train one with ekya-train --base N --serve");
    if (!damaged.empty() && !store.has_model(stream, id)) throw ekya::InputError(damaged);
    return id;
}

/// Frames that are published, answered as they come.
class Live {
public:
    Live(const Options& o, ekya::cli::Context& context)
        : o_(o),
          context_(context),
          store_(o.store.store),
          models_(store_, ekya::resolve_device(o.device.device)),
          records_(o, context) {}

    /// For a takeover: what serving will need is loaded and stays so; sockets are opened when the
    /// earlier process is gone.
    void preload(const ekya::StreamSource& stream) {
        ready_.push_back(
            models_.load(stream.id, first_model(o_, store_, stream.id, context_), o_.input_size));
    }
    /// @param resume take up what an earlier process has answered
    void add(const ekya::StreamSource& stream, bool resume) {
        const std::string answers =
            o_.answers.empty() ? "" : ekya::endpoint_for(o_.answers, stream.id);
        if (resume) ekya::mend_cut_line(answers);
        auto server = make_server(stream);
        if (resume) {
            std::vector<ekya::FrameAnswer> earlier;
            try {
                earlier = ekya::answers_to_resume(answers, ekya::newest_window(store_, stream.id));
            } catch (const ekya::InputError& e) {
                context_.warn(std::string(e.what()) + "; set aside as " +
                              ekya::rename_damaged(answers).string());
            }
            const bool finished = !earlier.empty() && std::filesystem::exists(store_.accuracy_file(
                                                          stream.id, earlier.back().window));
            server->resume(std::move(earlier), finished);
        }
        if (!answers.empty()) records_.open_answers(stream.id, answers);
        servers_.push_back(std::move(server));
    }
    [[nodiscard]] bool any() const { return !servers_.empty(); }
    void run() {
        ekya::serve_live(servers_, clock_, ekya::cli::Context::interrupted);
        records_.commit();
        ekya::cli::Context::check_interrupted();
    }

private:
    std::unique_ptr<ekya::StreamServer> make_server(const ekya::StreamSource& stream) {
        const auto endpoint = [&](const std::string& e) {
            return e.empty() ? e : ekya::endpoint_for(e, stream.id);
        };
        ekya::StreamServerOptions options{session_of(o_, stream.id),
                                          first_model(o_, store_, stream.id, context_),
                                          endpoint(o_.frames),
                                          endpoint(o_.control),
                                          endpoint(o_.events),
                                          endpoint(o_.publish),
                                          o_.queue,
                                          o_.security,
                                          o_.device.share,
                                          o_.input_size,
                                          endpoint(o_.state)};
        auto& table = annotations_.emplace_back(
            std::make_unique<ekya::AnnotationTable>(annotations_of(stream)));
        ekya::AnnotationsOf truth;
        if (!stream.annotations.empty())
            truth = [its = table.get()](std::int64_t frame) { return its->of(frame); };
        return std::make_unique<ekya::StreamServer>(
            options, store_, models_, std::move(truth), clock_,
            ekya::StreamServer::Hooks{
                [truth = table.get()](int width, int height) {
                    ekya::check_inside(*truth, width, height);
                },  // as ingestion did
                [this](ekya::EncodedAnswer& answer) { records_.answer(answer); },
                [this](const ekya::WindowAccuracy& accuracy) { records_.accuracy(accuracy); },
                [this, id = stream.id](const std::string& trouble) {
                    context_.warn("stream " + id + ": " + trouble);
                }});
    }

    const Options& o_;
    ekya::cli::Context& context_;
    ekya::Store store_;
    ekya::SystemClock clock_;
    ekya::ModelLoader models_;
    Records records_;
    std::vector<std::unique_ptr<ekya::LoadedModel>> ready_;
    std::vector<std::unique_ptr<ekya::AnnotationTable>> annotations_;
    std::vector<std::unique_ptr<ekya::StreamServer>> servers_;
};

std::vector<ekya::ClassifiedObject> analyse(const ekya::LoadedModel& model,
                                            const ekya::FrameImage& image,
                                            std::span<const ekya::Box> boxes) {
    const ekya::FrameToAnalyse frame{&model, &image, boxes};
    return ekya::analyse_frames({&frame, 1}).front();
}

ekya::FrameSource open_source(const ekya::StreamSource& stream) {
    ekya::FrameSourceOptions options;
    options.fps = stream.fps;
    options.allow = stream.allow;
    options.cancelled = ekya::cli::Context::interrupted;
    return ekya::FrameSource(stream.source, options);
}

/// The stream's own video, as fast as it can be analysed.
void decode(const Options& o, const ekya::StreamSource& stream, ekya::cli::Context& context) {
    const ekya::SystemClock clock;
    const auto now = [&clock] { return clock.now(); };
    const ekya::Store store(o.store.store);
    const std::string device = ekya::resolve_device(o.device.device);
    const auto model =
        ekya::ModelLoader(store, device)
            .load(stream.id, first_model(o, store, stream.id, context), o.input_size);
    Records records(o, context);
    if (!o.answers.empty()) records.open_answers(stream.id, o.answers);
    const bool finds = ekya::task_of(model->card).finds_objects();
    if (stream.annotations.empty() && !finds)
        throw ekya::ConfigError("stream " + stream.id +
                                ": decoding the source itself takes the boxes from annotations, "
                                "the list names none; use --frames");
    auto source = open_source(stream);
    auto annotations = annotations_of(stream);
    ekya::check_inside(annotations, source.width(), source.height());
    ekya::AnnotationsOf truth;
    if (!stream.annotations.empty())
        truth = [&](std::int64_t frame) { return annotations.of(frame); };
    double used = ekya::device_seconds(device);
    auto session_options = session_of(o, stream.id);
    session_options.finds_objects = finds;
    ekya::InferenceSession session(
        std::move(session_options), std::move(truth),
        [&](const ekya::FrameHeader& header, const ekya::FrameImage& image) {
            return ekya::InferenceSession::Analysis{
                model->card.id, analyse(*model, image, header.boxes), o.input_size};
        },
        [&](const ekya::FrameAnswer& answer) { records.answer(answer); },
        [&](ekya::WindowAccuracy accuracy) {
            accuracy.device_seconds = ekya::device_seconds(device) - used;
            used = ekya::device_seconds(device);
            records.accuracy(accuracy);
        });
    ekya::WindowBuilderOptions window;
    window.window = o.window;
    window.first_window = o.from_window;
    window.stream = stream.id;
    window.sample_every = 1'000'000'000;  // only the borders of windows are wanted, no crops
    const auto work_off = [&] {
        while (!session.idle()) session.step(now);
    };
    ekya::WindowBuilder builder(window, source.fps(), [&](const ekya::BuiltWindow& w) {
        const auto& m = w.manifest;
        session.arrived(ekya::WindowEnd{m.stream, m.window, m.first_frame, m.end_frame, w.seconds,
                                        m.complete, m.last});
        work_off();
    });
    const auto finder = finds ? ekya::no_finder() : ekya::annotation_finder(annotations);
    for (ekya::Frame frame; source.next(frame);) {
        ekya::cli::Context::check_interrupted();
        const int index = builder.window_of_frame(frame);
        if (index < 0) continue;
        const auto boxes = finder->find(frame);
        builder.add(frame, {});
        session.arrived(
            {stream.id, index, frame.index, frame.time, frame.width, frame.height, boxes},
            frame.image(), clock.now());
        work_off();
    }
    ekya::cli::Context::check_interrupted();
    builder.finish();
    records.commit();
}

/// Recorded answers given again.
void replay(const Options& o, const ekya::StreamSource& stream, ekya::cli::Context& context) {
    const ekya::SystemClock clock;
    const auto recorded = ekya::read_answers(o.replay, false);
    ekya::ModelLoader loader(ekya::Store(o.store.store), ekya::resolve_device(o.device.device));
    Records records(o, context);
    std::map<std::pair<std::string, int>, std::unique_ptr<ekya::LoadedModel>>
        models;  // by id and input size
    auto source = open_source(stream);
    ekya::Frame frame;
    bool more = source.next(frame);
    for (auto answer : recorded) {
        if (answer.stream != stream.id) continue;
        while (more && frame.index < answer.frame) more = source.next(frame);
        ekya::cli::Context::check_interrupted();
        if (!more || frame.index != answer.frame)
            throw ekya::InputError(stream.source + ": has no frame " +
                                   std::to_string(answer.frame) + ", which " + o.replay +
                                   " answers");
        if (answer.analysed) {
            const int size = o.input_size > 0 ? o.input_size : answer.input_size;
            auto& model = models[{answer.model, size}];
            if (!model) model = loader.load(stream.id, answer.model, size);
            std::vector<ekya::Box> boxes;
            for (const auto& object : answer.objects) boxes.push_back(object.box);
            const auto start = clock.now();
            answer.objects = analyse(*model, frame.image(), boxes);
            answer.latency = clock.now() - start;
        }
        records.answer(answer);
    }
    records.commit();
}

void check_live(const Options& o, std::size_t streams) {
    ekya::check_endpoint(o.frames, o.security, ekya::EndpointUse::connect);
    for (const auto* endpoint : {&o.control, &o.events, &o.publish})
        ekya::check_endpoint(*endpoint, o.security, ekya::EndpointUse::bind);
    if (streams == 1) return;
    const std::map<std::string, const std::string*> named{
        {"--frames", &o.frames},   {"--control", &o.control}, {"--events", &o.events},
        {"--publish", &o.publish}, {"--answers", &o.answers}, {"--state", &o.state}};
    for (const auto& [option, value] : named)
        if (!value->empty() && value->find("{stream}") == std::string::npos)
            throw ekya::ConfigError(option + ": several streams need {stream} in it");
}

/// A stream that cannot be served is named; the others are.
void live(const Options& o, const std::vector<ekya::StreamSource>& streams,
          ekya::cli::Context& context) {
    check_live(o, streams.size());
    Live live(o, context);
    ekya::cli::Takeover takeover;
    const bool resume = o.resume || (takeover.is_offered() && !o.answers.empty());
    if (takeover.is_offered()) {
        for (const auto& stream : streams) live.preload(stream);
        takeover.take();
    }
    for (const auto& stream : streams) try {
            live.add(stream, resume);
        } catch (const ekya::Error& e) {
            if (streams.size() == 1) throw;
            const std::string why = e.what(), name = "stream " + stream.id + ": ";
            context.stream_failed(stream.id, why.starts_with(name) ? why.substr(name.size()) : why);
        }
    if (live.any()) live.run();
    context.finish(streams.size());
}

void run(const Options& o, ekya::cli::Context& context) {
    const auto streams =
        ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    const bool is_live = o.replay.empty() && !o.frames.empty();
    if (streams.empty() || (streams.size() > 1 && !is_live))
        throw ekya::ConfigError("--stream: without --frames exactly one is served, " +
                                std::to_string(streams.size()) + " are chosen");
    if (!(o.session.max_latency >= 0))
        throw ekya::ConfigError("--max-latency: a number from 0 is needed");
    ekya::set_threads(o.device.threads);
    if (is_live) return live(o, streams, context);
    if (o.replay.empty()) return decode(o, streams.front(), context);
    replay(o, streams.front(), context);
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-infer", "Serve streams: classify their objects live, swap models, report accuracy.",
        argc, argv, add_options, run);
}

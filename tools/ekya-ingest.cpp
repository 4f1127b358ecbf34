// ekya-ingest: decode video, cut it into retraining windows, find the objects.
//   in: ekya.streams/1      out: ekya.window/1, JSON Lines; frames over ZeroMQ      stderr:
//   messages, progress
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/atomic_file.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/live/source_state_file.hpp"
#include "ekya/store/store.hpp"
#include "ekya/store/window_keeper.hpp"
#include "ekya/video/object_finder.hpp"
#include "ekya/video/window_builder.hpp"
#include "ekya/video/window_cutter.hpp"
#include "ekya/wire/sockets.hpp"
#include "ekya/wire/stream_list.hpp"

namespace {

struct Options {
    ekya::cli::StreamOptions streams;
    ekya::cli::StoreOptions store;
    ekya::cli::SeedOptions seed;
    ekya::cli::InputOutput io;
    ekya::WindowBuilderOptions window;
    std::optional<int> sample_every;  // none: as the task needs
    ekya::FrameSourceOptions source;
    int windows = 0;
    bool replace = false, drop_labels = false, next = false;
    std::string pace = "max";
    double start_at = 0;
    std::string objects = "auto", detector, detector_names;
    double min_score = 0.5;
    std::string publish, state;
    int await_subscribers = 0;
    double await_seconds = 30;
    int queue = 64;
    ekya::SocketSecurity security;
};

void add_source_options(CLI::App& app, Options& o) {
    app.add_option("--open-timeout", o.source.open_timeout, "seconds to wait for the first frame")
        ->check(CLI::Range(0.01, 86400.0))
        ->capture_default_str()
        ->group("Source");
    app.add_option("--read-timeout", o.source.read_timeout,
                   "seconds without data before a source counts as stalled")
        ->check(CLI::Range(0.01, 86400.0))
        ->capture_default_str()
        ->group("Source");
    app.add_option("--max-reconnects", o.source.max_reconnects,
                   "attempts in a row for a live source, -1 = for ever")
        ->check(CLI::Range(-1, 1000000))
        ->capture_default_str()
        ->group("Source");
    app.add_option("--first-backoff", o.source.first_backoff,
                   "seconds before a live source is connected again; doubles with each attempt")
        ->check(CLI::Range(0.01, 86400.0))
        ->capture_default_str()
        ->group("Source");
    app.add_option("--longest-backoff", o.source.longest_backoff, "where that stops doubling")
        ->check(CLI::Range(0.01, 86400.0))
        ->capture_default_str()
        ->group("Source");
    app.add_option("--decoder-threads", o.source.decoder_threads,
                   "per stream, 0 = one for each core")
        ->check(CLI::Range(0, 64))
        ->capture_default_str()
        ->group("Source");
    app.add_option("--decoder", o.source.decoder,
                   "what decodes: software, cuda (NVDEC), vaapi; auto = the first device that can, "
                   "else software")
        ->check(CLI::IsMember({"auto", "software", "cuda", "vaapi"}))
        ->capture_default_str()
        ->group("Source");
    app.add_flag("--rtsp-over-udp", o.source.rtsp_over_udp,
                 "fetch RTSP streams by UDP, not in the RTSP connection")
        ->group("Source");
    app.add_option("--pace", o.pace, "realtime, max, or a factor of real time such as 4")
        ->capture_default_str()
        ->group("Source");
    app.add_option("--start-at", o.start_at,
                   "Unix time at which the first window begins (default: now)")
        ->group("Source");
}

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.streams);
    ekya::cli::add(app, o.store);
    ekya::cli::add(app, o.seed);
    ekya::cli::add_output(app, o.io);
    add_source_options(app, o);
    app.add_option("--window", o.window.window, "length of a retraining window in seconds of video")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Windows");
    app.add_option("--from-window", o.window.first_window, "pass over earlier windows")
        ->check(CLI::Range(0, ekya::limits::window))
        ->capture_default_str()
        ->group("Windows");
    app.add_flag("--next", o.next, "go on behind the last window in the store")
        ->excludes("--from-window")
        ->group("Windows");
    app.add_option("--windows", o.windows,
                   "stop after this many windows, 0 = at the end of the source")
        ->check(CLI::Range(0, ekya::limits::window))
        ->capture_default_str()
        ->group("Windows");
    app.add_flag("--replace", o.replace,
                 "write windows anew that are in the store already (default: keep them); one that "
                 "has labels is refused")
        ->group("Windows");
    app.add_flag("--drop-labels", o.drop_labels,
                 "with --replace: windows that have labels are replaced too, without their labels")
        ->needs("--replace")
        ->group("Windows");
    app.add_option("--crop-size", o.window.crop_size,
                   "side of the stored object crops in pixels; --objects model stores none")
        ->check(CLI::Range(8, ekya::limits::crop_pixels))
        ->capture_default_str()
        ->group("Windows");
    app.add_option(
           "--sample-every", o.sample_every,
           "sample every n-th frame: store the crops of its objects, with --objects model "
           "the frame itself (default: 1; with --objects model about three frames a second)")
        ->check(CLI::PositiveNumber)
        ->group("Windows");
    app.add_option("--keep-frames", o.window.keep_frames,
                   "store the sampled frames too: none, png or jpg (default: jpg with --objects "
                   "model, which learns from them, else none)")
        ->check(CLI::IsMember({"none", "png", "jpg"}))
        ->group("Windows");
    app.add_option("--objects", o.objects,
                   "where boxes come from: annotations, detector, motion, frame; model = nothing "
                   "looks for any here, the model that serves finds them (detection); auto = "
                   "annotations if the stream has some, else motion")
        ->check(CLI::IsMember({"auto", "annotations", "detector", "motion", "frame", "model"}))
        ->capture_default_str()
        ->group("Objects");
    app.add_option("--detector", o.detector, "ONNX detector for --objects detector")
        ->group("Objects");
    app.add_option("--detector-names", o.detector_names,
                   "its class names, one a line (default: the .names file beside it)")
        ->group("Objects");
    app.add_option("--min-score", o.min_score, "least score of a detection")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str()
        ->group("Objects");
    app.add_option("--publish", o.publish,
                   "ZeroMQ endpoint to publish frames on; {stream} becomes the stream's id")
        ->group("Publishing");
    app.add_option("--queue", o.queue,
                   "frames kept for a slow subscriber; when it is full the newest are dropped for "
                   "that subscriber")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Publishing");
    app.add_option("--await-subscribers", o.await_subscribers,
                   "begin only when this many have subscribed")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Publishing");
    app.add_option("--await-seconds", o.await_seconds, "how long to wait for them")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->group("Publishing");
    app.add_option("--state", o.state,
                   "keep how the source stands in this file (ekya.source-state/1), for ekya-status "
                   "and others; {stream} becomes the stream's id")
        ->group("Records");
    ekya::cli::add(app, o.security);
    ekya::cli::describe(app, {"ekya.streams/1 (--streams), video, annotations",
                              "ekya.window/1, JSON Lines; windows in the store; ekya.frame/1 and "
                              "ekya.window-end/1 over ZeroMQ; ekya.source-state/1 (--state)",
                              "ekya-ingest --streams streams.json --store ekya-data --window 10",
                              "Ekya, NSDI 2022, section 3.1 (retraining windows)"});
}

/// Factor of real time; 0 = as fast as possible.
double pace_factor(const std::string& pace) {
    if (pace == "max") return 0;
    if (pace == "realtime") return 1;
    std::size_t used = 0;
    double factor = 0;
    try {
        factor = std::stod(pace, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    if (used != pace.size() || !(factor > 0) || !std::isfinite(factor))
        throw ekya::ConfigError("--pace: \"" + pace +
                                "\" is not realtime, max or a positive number");
    return factor;
}

std::string objects_of(const Options& o, const ekya::StreamSource& stream) {
    if (o.objects != "auto") return o.objects;
    return stream.annotations.empty() ? "motion" : "annotations";
}

std::unique_ptr<ekya::ObjectFinder> finder_for(const Options& o, const ekya::StreamSource& stream,
                                               const ekya::FrameSource& source,
                                               const ekya::cli::Context& context) {
    const std::string kind = objects_of(o, stream);
    if (kind == "motion") return ekya::motion_finder();
    if (kind == "frame") return ekya::frame_finder();
    if (kind == "model") return ekya::no_finder();
    if (kind == "detector") {
        ekya::OnnxDetectorOptions options;
        options.names = o.detector_names;
        options.min_score = o.min_score;
        options.threads = 1;
        return ekya::detector_finder(ekya::OnnxDetector(o.detector, options));
    }
    auto table = ekya::read_annotations(stream.annotations, stream.classes);
    if (const auto clipped = ekya::check_inside(table, source.width(), source.height()))
        context.warn(stream.annotations + ": " + std::to_string(clipped) +
                     " boxes reach over the frame's border and were clipped");
    return ekya::annotation_finder(std::move(table));
}

/// Sleeps until a frame is due, in slices, so that a signal ends it soon.
void wait_until(double time) {
    for (double left = time - ekya::run_time(); left > 0; left = time - ekya::run_time()) {
        ekya::cli::Context::check_interrupted();
        std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, 0.05)));
    }
}

/// Publisher of one stream, or nothing.
struct Publisher {
    std::unique_ptr<ekya::FramePublisher> socket;
    [[nodiscard]] std::vector<std::string> troubles() const {
        return socket ? socket->troubles() : std::vector<std::string>();
    }
    void frame(const std::string& stream, int window, const ekya::Frame& f,
               const std::vector<ekya::Box>& boxes) const {
        if (socket)
            socket->publish({stream, window, f.index, f.time, f.width, f.height, boxes}, f.image());
    }
    void end(const ekya::BuiltWindow& w, bool last) const {
        const auto& m = w.manifest;
        if (socket)
            socket->publish(
                {m.stream, m.window, m.first_frame, m.end_frame, w.seconds, m.complete, last});
    }
};

Publisher open_publisher(const Options& o, const std::string& stream,
                         const ekya::cli::Context& context) {
    if (o.publish.empty()) return {};
    Publisher publisher{std::make_unique<ekya::FramePublisher>(
        ekya::endpoint_for(o.publish, stream), o.queue, o.security)};
    const auto limit = std::chrono::milliseconds(static_cast<long>(o.await_seconds * 1000));
    if (!publisher.socket->wait_for_subscribers(o.await_subscribers, limit,
                                                ekya::cli::Context::interrupted)) {
        ekya::cli::Context::check_interrupted();
        for (const auto& trouble : publisher.troubles())
            context.warn("stream " + stream + ": " + trouble);
        throw ekya::SystemError("no subscriber within " +
                                std::to_string(static_cast<int>(o.await_seconds)) + " s");
    }
    return publisher;
}

/// How far all streams are, if it is known of each when it ends.
class Progress {
public:
    explicit Progress(std::size_t streams) : streams_(streams) {}

    /// @param part of the stream that is done; in [0, 1]
    void update(const std::string& stream, double part) {
        const std::lock_guard lock(mutex_);
        parts_[stream] = std::clamp(part, 0.0, 1.0);
        double sum = 0;
        for (const auto& [id, done] : parts_) sum += done;
        if (parts_.size() == streams_) line_.update(sum / static_cast<double>(streams_));
    }

private:
    std::size_t streams_;
    std::mutex mutex_;
    std::map<std::string, double> parts_;
    ekya::cli::Progress line_{"ingesting", 1};
};

struct Shared {
    const Options& options;
    ekya::cli::Context& context;
    ekya::cli::Output& output;
    ekya::Store store;
    double pace;
    std::mutex mutex;
    Progress progress;
};

void report_window(Shared& shared, const ekya::WindowManifest& m) {
    if (m.damaged_packets > 0)
        shared.context.warn("stream " + m.stream + ": window " + std::to_string(m.window) + ": " +
                            std::to_string(m.damaged_packets) + " damaged packets skipped");
    for (const auto& gap : m.gaps) shared.context.warn("stream " + m.stream + ": " + gap);
    const std::lock_guard lock(shared.mutex);
    shared.output.write(ekya::encode(m));
}

/// One stream, from its source to the store and the subscribers.
class StreamIngest {
public:
    StreamIngest(Shared& shared, const ekya::StreamSource& stream, ekya::SourceStateFile& state)
        : shared_(shared),
          stream_(stream),
          state_(state),
          source_(stream.source, source_options()),
          finder_(finder_for(shared.options, stream, source_, shared.context)),
          keeper_(shared.store,
                  {shared.options.replace, shared.options.drop_labels,
                   shared.pace <= 0 && !source_.is_live()},
                  [this](const std::string& news) { warn(news); }),
          publisher_(open_publisher(shared.options, stream.id, shared.context)),
          builder_(window_options(), source_.fps(),
                   [this](const ekya::BuiltWindow& window) { keep(window); }) {}

    void run() {
        if (o_.source.decoder != "software")
            shared_.context.info("stream " + stream_.id + ": decodes " + source_.decoder());
        const double start = o_.start_at > 0 ? o_.start_at : ekya::run_time();
        try {
            read(start);
        } catch (const ekya::InputError& e) {
            if (!builder_.any()) throw;
            failure_ = e.what();  // what came before it is kept
        }
        finish();
    }

private:
    void read(double start) {
        const auto end = end_of_source();
        if (end && *end > first_time_) seconds_to_read_ = *end - first_time_;
        for (ekya::Frame frame; source_.next(frame);) {
            ekya::cli::Context::check_interrupted();
            away_ = false;
            if (!std::exchange(begun_, true) && source_.is_live())
                earlier_frames_ =
                    ekya::frame_number(newest_windows(), frame.time, source_.fps()) - frame.index;
            frame.index += earlier_frames_;
            const int window = builder_.window_of_frame(frame);
            if (window < 0) continue;
            if (shared_.pace > 0 && !source_.is_live())
                wait_until(start + (frame.time - first_time_) / shared_.pace);
            enough_ =
                window >= end_window_;  // waited for: the last window closes when its time is over
            if (enough_) break;
            const auto boxes = finder_->find(frame);
            builder_.add(frame, boxes);
            note_damage();
            state_.frame(window, damaged_);
            for (const auto& trouble : publisher_.troubles()) warn(trouble);
            publisher_.frame(stream_.id, window, frame, boxes);
            if (seconds_to_read_)
                shared_.progress.update(stream_.id, (frame.time - first_time_) / *seconds_to_read_);
        }
    }

    /// Where reading ends, if that is known.
    [[nodiscard]] std::optional<double> end_of_source() const {
        const auto length = source_.is_live() ? std::nullopt : source_.length();
        if (o_.windows == 0) return length;
        return std::min(end_window_ * o_.window.window,
                        length.value_or(std::numeric_limits<double>::infinity()));
    }

    ekya::FrameSourceOptions source_options() {
        auto options = o_.source;
        options.fps = stream_.fps;
        options.allow = stream_.allow;
        options.cancelled = [this] { return enough_ || ekya::cli::Context::interrupted(); };
        // A live source begins now, whatever its windows are called; a file is passed over up to
        // the window wanted.
        // One that comes late to its first window is in the middle of it.
        options.live_start = first_time_;
        options.live_since = o_.start_at;
        options.away = [this](double time, const std::string& gap) { away(time, gap); };
        return options;
    }

    ekya::WindowBuilderOptions window_options() const {
        auto options = o_.window;
        options.stream = stream_.id;
        options.objects_from = finder_->name();
        // Neighbouring frames show the same objects and cost as much memory as any others.
        constexpr double frames_per_second = 3;
        options.sample_every = o_.sample_every.value_or(
            o_.objects == "model"
                ? std::max(1, static_cast<int>(std::lround(source_.fps() / frames_per_second)))
                : 1);
        return options;
    }

    /// Windows end by the clock while a live source is away, or those who wait for them would be
    /// held up.
    void away(double time, std::string gap) {
        if (!std::exchange(away_, true))
            shared_.context.warn("stream " + stream_.id + ": " + gap + "; connecting again");
        state_.away(gap);
        gap += "; away at the end of this window";
        builder_.pass(std::min(time, end_window_ * o_.window.window - 2 * ekya::window_tolerance),
                      gap);
        if (time < end_window_ * o_.window.window || !builder_.any()) return;
        builder_.note(0, {gap});
        enough_ = true;
    }

    void keep(const ekya::BuiltWindow& window) {
        std::vector<ekya::Store::KeptFrame> frames;
        for (const auto& frame : window.frames) frames.push_back({frame.name, frame.bytes});
        // First the store, then the news of it.
        report_window(shared_, keeper_.keep(window.manifest, window.crops, frames));
        publisher_.end(window, finishing_);
    }

    void warn(const std::string& what) const {
        shared_.context.warn("stream " + stream_.id + ": " + what);
    }

    /// Those that an earlier process has recorded, as far as they can be read.
    std::vector<ekya::WindowManifest> newest_windows() const {
        constexpr std::size_t most = 3;
        std::vector<ekya::WindowManifest> found;
        const auto stored = shared_.store.windows(stream_.id);
        for (std::size_t i = stored.size() - std::min(stored.size(), most); i < stored.size(); ++i)
            try {
                found.push_back(shared_.store.window(stream_.id, stored[i]));
            } catch (const ekya::InputError& e) {
                warn(e.what());
            }
        return found;
    }

    void note_damage() {
        builder_.note(static_cast<int>(source_.damaged_packets() - damaged_), source_.take_gaps());
        damaged_ = source_.damaged_packets();
    }

    void finish() {
        ekya::cli::Context::check_interrupted();
        if (!builder_.any())
            throw ekya::InputError(source_.name() + ": has no frame in window " +
                                   std::to_string(o_.window.first_window) + " or later");
        note_damage();
        finishing_ = true;
        builder_.finish(!enough_);
        keeper_.finish();
        if (!source_.failure().empty()) throw ekya::InputError(source_.failure());
        if (!failure_.empty()) throw ekya::InputError(failure_);
    }

    Shared& shared_;
    const ekya::StreamSource& stream_;
    ekya::SourceStateFile& state_;
    const Options& o_ = shared_.options;
    std::optional<double> seconds_to_read_;
    const double first_time_ = o_.window.first_window * o_.window.window;
    const int end_window_ = o_.windows > 0 ? o_.window.first_window + o_.windows
                                           : std::numeric_limits<int>::max();
    bool begun_ = false;
    // A live source counts from its first frame; its numbers go on from what was recorded before.
    std::int64_t earlier_frames_ = 0;
    std::string failure_;  // why reading ended early
    bool away_ = false;    // the source is; told once
    bool enough_ = false;  // the windows wanted are over, the source may go on
    bool finishing_ = false;
    std::int64_t damaged_ = 0;
    ekya::FrameSource source_;
    std::unique_ptr<ekya::ObjectFinder> finder_;
    ekya::WindowKeeper keeper_;
    const Publisher publisher_;
    ekya::WindowBuilder builder_;
};

/// The window behind the last one that the store has of any of these streams.
int next_window(const ekya::Store& store, const std::vector<ekya::StreamSource>& streams) {
    int next = 0;
    for (const auto& stream : streams)
        next = std::max(next, ekya::newest_window(store, stream.id).value_or(-1) + 1);
    return next;
}

/// What a window of the task stores.
void complete(Options& o) {
    auto& keep = o.window.keep_frames;
    if (o.objects != "model") {
        if (keep == "none") keep.clear();
        return;
    }
    if (keep == "none")
        throw ekya::ConfigError(
            "--keep-frames none: with --objects model frames are what is learned from; keep them "
            "as jpg or png");
    if (keep.empty()) keep = "jpg";
    o.window.task = "detection";
}

void run(const Options& given, ekya::cli::Context& context) {
    Options o = given;
    complete(o);
    for (const auto& [option, value] : {std::pair("--window", o.window.window),
                                        {"--start-at", o.start_at},
                                        {"--await-seconds", o.await_seconds}})
        if (!std::isfinite(value))  // a range lets NaN pass
            throw ekya::ConfigError(std::string(option) + ": a number is needed");
    const auto streams =
        ekya::select_streams(ekya::read_stream_list(o.streams.list), o.streams.ids);
    if (o.next) o.window.first_window = next_window(ekya::Store(o.store.store), streams);
    ekya::check_endpoint(o.publish, o.security, ekya::EndpointUse::bind);
    if (o.source.longest_backoff < o.source.first_backoff)
        throw ekya::ConfigError("--longest-backoff: is less than --first-backoff");
    if (o.objects == "detector" && o.detector.empty())
        throw ekya::ConfigError("--objects detector needs --detector");
    for (const auto& stream : streams) {
        if (o.objects == "annotations" && stream.annotations.empty())
            throw ekya::ConfigError("stream " + stream.id +
                                    ": --objects annotations, but the list names none for it");
        if (o.objects != "model" && stream.classes.size() < 2)
            throw ekya::ConfigError("stream " + stream.id +
                                    ": has one class; two at least are needed to tell them apart "
                                    "(one is enough with --objects model)");
    }
    if (streams.size() > 1 && !o.publish.empty() && o.publish.find("{stream}") == std::string::npos)
        throw ekya::ConfigError("--publish: several streams need {stream} in the endpoint");
    if (streams.size() > 1 && !o.state.empty() && o.state.find("{stream}") == std::string::npos)
        throw ekya::ConfigError("--state: several streams need {stream} in the name");
    auto output = context.output(o.io);
    Shared shared{o,
                  context,
                  output,
                  ekya::Store(o.store.store),
                  pace_factor(o.pace),
                  {},
                  Progress(streams.size())};
    const auto failed = [&shared](const ekya::StreamSource& stream, const char* why) {
        const std::lock_guard lock(shared.mutex);
        shared.context.stream_failed(stream.id, why);
    };
    std::vector<std::jthread> threads;
    for (const auto& stream : streams) try {
            threads.emplace_back([&shared, &stream, &failed] {
                const ekya::SystemClock clock;
                const auto& file = shared.options.state;
                ekya::SourceStateFile state(
                    file.empty() ? file : ekya::endpoint_for(file, stream.id), stream.id, clock);
                try {
                    StreamIngest(shared, stream, state).run();
                    state.ended();
                } catch (const ekya::Interrupted& e) {
                    state.ended(e.what());
                    return;  // the others end by themselves; run() reports it once
                } catch (const std::exception& e) {
                    state.failed(e.what());
                    failed(stream, e.what());
                }
            });
        } catch (const std::system_error& e) {  // the streams that have one go on
            failed(stream, ("cannot start a thread: " + e.code().message()).c_str());
        }
    threads.clear();  // waits for them
    output.commit();
    ekya::cli::Context::check_interrupted();
    context.finish(streams.size());
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-ingest", "Decode video, cut it into retraining windows, find the objects in it.",
        argc, argv, add_options, run);
}

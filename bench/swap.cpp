// ekya-bench-swap: feeds a running ekya-infer at the pace of a camera, swaps its model again and
// again, and looks whether anybody notices. Blocks with swaps and blocks without alternate, so that
// what else the machine does meets both alike.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <zmq.hpp>

#include "ekya/core/clock.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"

namespace {

using ekya::Seconds;
using Milliseconds = std::chrono::milliseconds;

struct Options {
    std::string infer, streams, store, stream, directory;
    std::vector<std::string> models;
    int swaps = 1000, fps = 30, objects = 6, width = 320, height = 180;
    Seconds every = 0.25, block = 5;
    bool check_times = false;
};

/// A running ekya-infer whose answers are read as they come.
class Inference {
public:
    explicit Inference(const Options& o) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
        const std::vector<std::string> words{o.infer,
                                             "--streams",
                                             o.streams,
                                             "--store",
                                             o.store,
                                             "--stream",
                                             o.stream,
                                             "--model",
                                             o.models.front(),
                                             "--device",
                                             "cpu",
                                             "--frames",
                                             "ipc://" + o.directory + "/frames",
                                             "--control",
                                             "ipc://" + o.directory + "/control",
                                             "--events",
                                             "ipc://" + o.directory + "/events"};
        std::vector<char*> arguments;
        for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("cannot fork");
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would end it if this program were killed
            ::dup2(ends[1], STDOUT_FILENO);
            ::execv(arguments[0], arguments.data());
            ::_exit(127);
        }
        ::close(ends[1]);
        answers_ = ends[0];
    }
    ~Inference() {
        if (pid_ > 0) ::kill(pid_, SIGKILL);
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        ::close(answers_);
    }
    Inference(const Inference&) = delete;
    Inference& operator=(const Inference&) = delete;

    [[nodiscard]] int answers() const { return answers_; }
    /// Exit code. @throws if a signal ended it
    int wait() {
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        if (!WIFEXITED(status)) throw std::runtime_error("ekya-infer was ended by a signal");
        return WEXITSTATUS(status);
    }
    [[nodiscard]] double resident_mebibytes() const {
        std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
        double size = 0, resident = 0;
        statm >> size >> resident;
        return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
    }
    [[nodiscard]] Seconds cpu_seconds() const {
        std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
        std::string text((std::istreambuf_iterator<char>(stat)), {});
        std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
        std::string skipped;
        double user = 0, system = 0;
        for (int i = 0; i < 11; ++i) fields >> skipped;
        fields >> user >> system;
        return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }

private:
    pid_t pid_ = -1;
    int answers_ = -1;
};

struct Frame {
    Seconds sent = 0, answered = 0;  ///< answered: 0 = never
    bool analysed = false, swapping = false, counts = false;
};

struct Swap {
    std::size_t frame = 0;  ///< sent last before it was asked for
    Seconds taken = 0;
    double resident = 0;
};

/// Subscribes to what the inference tells, and counts it.
class Events {
public:
    explicit Events(const Options& o) {
        socket_.set(zmq::sockopt::rcvhwm, 0);  // they are read at the end
        socket_.set(zmq::sockopt::rcvtimeo, 500);
        socket_.set(zmq::sockopt::subscribe, "");
        socket_.connect("ipc://" + o.directory + "/events");
    }
    /// Swaps and windows that were told of so far.
    std::pair<int, int> count() {
        std::pair<int, int> counts;
        for (zmq::message_t message; socket_.recv(message);) {
            const auto json = ekya::parse_json(message.to_string(), "event");
            if (json.at("schema") == "ekya.accuracy/1")
                ++counts.second;
            else if (json.at("event") == "swap")
                ++counts.first;
        }
        return counts;
    }

private:
    zmq::context_t context_{1};
    zmq::socket_t socket_{context_, zmq::socket_type::sub};
};

class Bench {
public:
    explicit Bench(const Options& o)
        : o_(o), publisher_("ipc://" + o.directory + "/frames", 1000), inference_(o), events_(o) {}

    bool run();

private:
    void feed();
    void end_window(int window, std::size_t end_frame, bool last);
    [[nodiscard]] std::size_t frames_per_window() const {
        return static_cast<std::size_t>(10 * o_.fps);
    }
    void swap_models();
    void read_answers();
    [[nodiscard]] bool swapping(Seconds since_start) const {
        return since_start >= warm_up &&
               static_cast<long>((since_start - warm_up) / o_.block) % 2 == 1;
    }
    [[nodiscard]] std::vector<double> latencies(std::size_t first, std::size_t end,
                                                bool swapping) const;
    bool report();

    static constexpr Seconds warm_up = 2;
    const Options& o_;
    ekya::SystemClock clock_;
    ekya::FramePublisher publisher_;
    Inference inference_;
    Events events_;
    std::deque<Frame> frames_;
    std::vector<Swap> swaps_;
    std::atomic<std::size_t> sent_ = 0;
    std::atomic<bool> done_ = false;
    std::mutex mutex_;
    Seconds start_ = 0;
    double cpu_calm_ = 0, cpu_swapping_ = 0, seconds_calm_ = 0, seconds_swapping_ = 0;
    int refused_ = 0, windows_ = 0;
};

void Bench::feed() {
    ekya::FrameHeader header{o_.stream, 0, 0, 0, o_.width, o_.height, {}};
    for (int i = 0; i < o_.objects; ++i)
        header.boxes.push_back({10.0 + 40 * i, 20, 40.0 + 40 * i, 60});
    ekya::FrameImage image{
        o_.width, o_.height,
        std::vector<std::uint8_t>(static_cast<std::size_t>(o_.width) * o_.height * 3, 90)};
    Seconds at = start_, cpu = inference_.cpu_seconds();
    bool swapping_now = false;
    for (std::size_t i = 0; !done_; ++i) {
        clock_.sleep(start_ + static_cast<double>(i) / o_.fps - clock_.now());
        const Seconds now = clock_.now();
        if (swapping(now - start_) != swapping_now) {  // a block is over
            const Seconds used = inference_.cpu_seconds();
            (swapping_now ? cpu_swapping_ : cpu_calm_) += used - cpu;
            (swapping_now ? seconds_swapping_ : seconds_calm_) += now - at;
            at = now;
            cpu = used;
            swapping_now = !swapping_now;
        }
        header.window = static_cast<int>(i / frames_per_window());
        if (i > 0 && i % frames_per_window() == 0) end_window(header.window - 1, i, false);
        header.frame = static_cast<std::int64_t>(i);
        header.time = static_cast<double>(i) / o_.fps;
        {
            const std::lock_guard lock(mutex_);
            frames_.push_back({now, 0, false, swapping_now, now - start_ >= warm_up});
        }
        publisher_.publish(header, image);
        sent_ = i + 1;
    }
    end_window(header.window, sent_, true);
}

/// Windows end as in real life, so that answers do not pile up for their scoring.
void Bench::end_window(int window, std::size_t end_frame, bool last) {
    publisher_.publish(ekya::WindowEnd{o_.stream, window,
                                       static_cast<std::int64_t>(frames_per_window()) * window,
                                       static_cast<std::int64_t>(end_frame), 10, !last, last});
    ++windows_;
}

void Bench::swap_models() {
    int asked = 0;
    while (asked < o_.swaps) {
        clock_.sleep(o_.every / 2);
        if (!swapping(clock_.now() - start_)) continue;
        ekya::ControlRequest request;
        request.kind = ekya::ControlRequest::Kind::swap;
        request.model = o_.models[static_cast<std::size_t>(++asked) % o_.models.size()];
        const Seconds begun = clock_.now();
        const std::size_t frame = sent_;
        try {
            const auto reply = ekya::send_control("ipc://" + o_.directory + "/control", request,
                                                  Milliseconds(10000));
            if (!reply.ok || reply.model != request.model) ++refused_;
        } catch (const std::exception& e) {
            std::cerr << "ekya-bench-swap: swap " << asked << ": " << e.what() << '\n';
            ++refused_;
        }
        swaps_.push_back({frame, clock_.now() - begun, inference_.resident_mebibytes()});
        clock_.sleep(begun + o_.every / 2 - clock_.now());
    }
    clock_.sleep(1);
    done_ = true;
}

void Bench::read_answers() {
    std::string rest;
    std::array<char, 65536> block;
    while (true) {
        const auto count = ::read(inference_.answers(), block.data(), block.size());
        if (count <= 0) return;
        const Seconds now = clock_.now();
        rest.append(block.data(), static_cast<std::size_t>(count));
        for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
            const auto json = ekya::parse_json(std::string_view(rest).substr(0, end), "answer");
            rest.erase(0, end + 1);
            if (json.at("schema") != "ekya.inference/1") continue;
            const std::lock_guard lock(mutex_);
            auto& frame = frames_.at(json.at("frame").get<std::size_t>());
            frame.answered = now;
            frame.analysed = json.at("analysed");
        }
    }
}

double quantile(std::vector<double> values, double q) {
    if (values.empty()) return 0;
    const auto nth = values.begin() +
                     static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), nth, values.end());
    return *nth;
}

/// Of frames [first, end) of one kind of block, in milliseconds.
std::vector<double> Bench::latencies(std::size_t first, std::size_t end, bool swapping) const {
    std::vector<double> values;
    for (std::size_t i = first; i < std::min(end, sent_.load()); ++i)
        if (frames_[i].counts && frames_[i].swapping == swapping && frames_[i].answered > 0)
            values.push_back(1000 * (frames_[i].answered - frames_[i].sent));
    return values;
}

bool Bench::report() {
    const auto row = [](const char* measure, const char* part, double value) {
        std::cout << measure << ',' << part << ',' << value << '\n';
    };
    std::cout << "measure,part,value\n";
    const std::size_t all = sent_;
    std::array<double, 2> p99{};
    long lost = 0, passed_over = 0;
    for (const bool swapping : {false, true}) {
        const char* const part = swapping ? "swapping" : "calm";
        const auto values = latencies(0, all, swapping);
        p99[swapping] = quantile(values, 0.99);
        row("frames", part, static_cast<double>(values.size()));
        row("latency_p50_ms", part, quantile(values, 0.5));
        row("latency_p99_ms", part, p99[swapping]);
        row("latency_max_ms", part, quantile(values, 1));
        row("cpu_share_of_a_core", part,
            swapping ? cpu_swapping_ / seconds_swapping_ : cpu_calm_ / seconds_calm_);
    }
    for (std::size_t i = 0; i < all; ++i) {
        lost += frames_[i].answered <= 0;
        passed_over += frames_[i].answered > 0 && !frames_[i].analysed;
    }
    row("frames_lost", "all", static_cast<double>(lost));
    row("frames_not_analysed", "all", static_cast<double>(passed_over));
    row("swaps", "all", static_cast<double>(swaps_.size()));
    row("swaps_refused", "all", refused_);
    const auto [told_swaps, told_windows] = events_.count();
    row("swap_events", "all", told_swaps);
    row("latency_p99_added_ms", "all", p99[1] - p99[0]);

    const std::size_t some =
        std::max<std::size_t>(1, std::min<std::size_t>(100, swaps_.size() / 3));
    std::array<double, 3> resident{}, late{};
    for (std::size_t at = 0; at < 3; ++at) {
        const std::size_t first = at * (swaps_.size() - some) / 2, end = first + some;
        const std::string part =
            std::array{"first_", "middle_", "last_"}[at] + std::to_string(some);
        std::vector<double> sizes, times;
        for (std::size_t i = first; i < end; ++i) {
            sizes.push_back(swaps_[i].resident);
            times.push_back(1000 * swaps_[i].taken);
        }
        resident[at] = quantile(sizes, 0.5);
        late[at] = quantile(
            latencies(swaps_[first].frame, end < swaps_.size() ? swaps_[end].frame : all, true),
            0.99);
        row("resident_mib", part.c_str(), resident[at]);
        row("swap_p50_ms", part.c_str(), quantile(times, 0.5));
        row("latency_p99_ms", part.c_str(), late[at]);
    }
    // The allocator settles in the first hundreds; what grows on behind the middle is lost.
    const double interval = 1000.0 / o_.fps;
    bool good = lost == 0 && refused_ == 0 && told_windows == windows_ &&
                told_swaps == static_cast<int>(swaps_.size());
    if (o_.check_times)
        good = good && p99[1] - p99[0] <= interval && resident[2] <= resident[1] + 8 &&
               resident[2] <= resident[0] + 16 && late[2] <= late[0] + interval;
    return good;
}

bool Bench::run() {
    if (!publisher_.wait_for_subscribers(1, Milliseconds(60000), nullptr))
        throw std::runtime_error("ekya-infer did not start");
    std::thread reader([this] { read_answers(); });
    start_ = clock_.now();
    std::thread swapper([this] { swap_models(); });
    feed();
    swapper.join();
    const int code = inference_.wait();
    reader.join();
    if (code != 0) throw std::runtime_error("ekya-infer ended with " + std::to_string(code));
    return report();
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app(
        "Feeds ekya-infer at a camera's pace and swaps its model again and again; prints latency, "
        "losses and memory as CSV.",
        "ekya-bench-swap");
    app.add_option("--infer", o.infer, "path of ekya-infer")->required()->check(CLI::ExistingFile);
    app.add_option("--streams", o.streams, "stream list")->required()->check(CLI::ExistingFile);
    app.add_option("--store", o.store)->required()->check(CLI::ExistingDirectory);
    app.add_option("--stream", o.stream, "id of a stream of the list")->required();
    app.add_option("--model", o.models, "models of the store to swap between, two or more")
        ->required()
        ->expected(2, 100);
    app.add_option("--directory", o.directory, "for the sockets")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--swaps", o.swaps)->check(CLI::Range(2, 1000000))->capture_default_str();
    app.add_option("--every", o.every, "seconds between swaps in blocks with swaps")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--block", o.block, "seconds of a block")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--fps", o.fps, "frames per second")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--objects", o.objects, "per frame")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    app.add_flag(
        "--check-times", o.check_times,
        "latency and memory must hold too, not only that no frame is lost and no swap refused");
    CLI11_PARSE(app, argc, argv);
    try {
        return Bench(o).run() ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "ekya-bench-swap: error: " << error.what() << '\n';
        return 1;
    }
}

#include <algorithm>
#include <cmath>

#include "pictures.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

using What = WindowEvent::What;

/// One job of the window, or a stream's inference.
struct Lane {
    std::string name, stream;
    bool retraining = false, inference = false;
    struct Share {
        Seconds begin, end;
        double share;
    };
    std::vector<Share> shares = {};
    double share = 0;  ///< now, while events are read
    Seconds since = 0;
    bool runs = false;
    std::string note = {};  ///< how it ended

    void hold(Seconds time, double next) {
        if (runs && time > since) shares.push_back({since, time, share});
        since = time;
        share = next;
        runs = true;
    }
    void end(Seconds time) {
        if (runs && time > since) shares.push_back({since, time, share});
        runs = false;
    }
};

std::string names_of(const std::vector<std::string>& streams) {
    std::string text;
    for (const auto& stream : streams) text += (text.empty() ? "" : ", ") + stream;
    return text;
}

class Lanes {
public:
    void read(const std::vector<WindowEvent>& journal) {
        for (auto event = journal.begin(); event != journal.end(); ++event) {
            if (event->what != What::ended) {
                read(*event);
                continue;
            }
            // Its time is when the runner began to wait; it read the clock again after that.
            auto later = *event;
            const auto next = std::find_if(event, journal.end(),
                                           [&](const auto& e) { return e.time > event->time; });
            if (next != journal.end()) later.time = next->time;
            read(later);
        }
        for (auto& lane : lanes_) lane.end(length_);
        std::stable_sort(lanes_.begin(), lanes_.end(),
                         [](const auto& a, const auto& b) { return order(a) < order(b); });
    }
    [[nodiscard]] const std::vector<Lane>& lanes() const { return lanes_; }
    [[nodiscard]] Seconds length() const { return length_; }
    [[nodiscard]] const std::vector<std::pair<Seconds, std::string>>& swaps() const {
        return swaps_;
    }
    [[nodiscard]] const std::vector<Seconds>& plans() const { return plans_; }

private:
    /// Labelling and profiling, then of each stream its retraining and its inference.
    static std::tuple<int, std::string, int> order(const Lane& lane) {
        const bool of_stream = lane.retraining || lane.inference;
        return {of_stream ? 1 : 0, of_stream ? lane.stream : "", lane.inference ? 1 : 0};
    }

    void read(const WindowEvent& event) {
        length_ = std::max(length_, event.time);
        switch (event.what) {
            case What::began:
                if (event.options) length_ = event.options->left;
                break;
            case What::inputs:
                plans_.push_back(event.time);
                break;
            case What::hold:
                lane_of(event.stream + ": inference", event.stream, false)
                    .hold(event.time, event.value.value_or(0));
                break;
            case What::start:
                start(event);
                break;
            case What::order:
                if (event.state == JobOrder::State::run)
                    lane_of(event.stream + ": retraining", event.stream, true)
                        .hold(event.time, event.value.value_or(0));
                if (event.state == JobOrder::State::pause)
                    lane_of(event.stream + ": retraining", event.stream, true).hold(event.time, 0);
                break;
            case What::ended:
                ended(event);
                break;
            case What::swap:
                swaps_.emplace_back(event.time, event.stream);
                break;
            default:
                break;
        }
    }

    void start(const WindowEvent& event) {
        if (event.job == WindowJob::Kind::retrain)
            lane_of(names_of(event.streams) + ": retraining", names_of(event.streams), true)
                .hold(event.time, event.value.value_or(0));
        else
            lane_of(job_name(event), "", false).hold(event.time, event.value.value_or(0));
    }

    void ended(const WindowEvent& event) {
        Lane& lane =
            event.job == WindowJob::Kind::retrain
                ? lane_of(names_of(event.streams) + ": retraining", names_of(event.streams), true)
                : lane_of(job_name(event), "", false);
        lane.end(event.time);
        if (!event.failed.empty()) lane.note = "failed";
        if (event.stopped) lane.note = "stopped";
        if (!event.ok) lane.note = "refused";
    }

    static std::string job_name(const WindowEvent& event) {
        if (event.job == WindowJob::Kind::label) return "labelling";
        return event.streams.size() <= 2 ? "profiling " + names_of(event.streams)
                                         : "profiling " + event.streams.front() + " and " +
                                               std::to_string(event.streams.size() - 1) + " others";
    }

    Lane& lane_of(const std::string& name, const std::string& stream, bool retraining) {
        for (auto& lane : lanes_)
            if (lane.name == name) return lane;
        lanes_.push_back({name, stream, retraining, name.ends_with(": inference"), {}});
        return lanes_.back();
    }

    std::vector<Lane> lanes_;
    Seconds length_ = 1e-3;
    std::vector<std::pair<Seconds, std::string>> swaps_;
    std::vector<Seconds> plans_;
};

}  // namespace

Picture window_picture(const RunHistory& run, int window, const std::vector<WindowEvent>& journal) {
    Lanes read;
    read.read(journal);
    auto lanes = read.lanes();
    constexpr std::size_t most = 80;
    const auto all = lanes.size();
    if (lanes.size() > most) lanes.resize(most);
    Picture picture;
    picture.name = picture_name("window-" + std::to_string(window), run);
    picture.run = run.name;
    picture.title = "Window " + std::to_string(window) + ", job by job";
    picture.caption =
        "From the window's journal: when each job ran, as seconds since its runner began; the "
        "height of a bar is the share that it was granted. A triangle is a new model that takes "
        "over; dashed lines are moments at which planning inputs were read." +
        std::string(all > most ? " Only " + std::to_string(most) + " of " + std::to_string(all) +
                                     " jobs are drawn."
                               : "");
    picture.table = {{"job", "stream", "begin_s", "end_s", "share"}, {}};
    for (const auto& lane : read.lanes())
        for (const auto& share : lane.shares)
            picture.table.rows.push_back({lane.name, lane.stream, number(share.begin),
                                          number(share.end), number(share.share)});
    double most_share = 1e-6;
    for (const auto& lane : lanes)
        for (const auto& share : lane.shares) most_share = std::max(most_share, share.share);
    const int lane_height = 24;
    const int count = std::max(1, static_cast<int>(lanes.size()));
    picture.height = 44 + lane_height * count + 50;
    const double height = picture.height;
    Script script;
    script
        .line("set label " + gnuplot_text(picture.title + policy_text(run)) +
              " at screen 0.24, screen " + number(1 - 16 / height) + " left font ',14'")
        .line("set lmargin at screen 0.24; set rmargin at screen 0.93")
        .line("set tmargin at screen " + number(1 - 40 / height))
        .line("set bmargin at screen " + number(48 / height))
        .line("set border 1 lw 0.7 lc rgb '#444444'")
        .line("unset key");
    Axis axis{0, read.length(), false};
    axis.write(script, true);
    script.line("set xlabel 'seconds since the window began' offset 0,0.4")
        .line("set yrange [" + number(-count + 0.0) + ":0]");
    std::string tics;
    std::vector<std::vector<double>> plain, hatched, grey;
    for (int i = 0; i < static_cast<int>(lanes.size()); ++i) {
        const auto& lane = lanes[static_cast<std::size_t>(i)];
        const double base = -i - 0.92;
        tics += (tics.empty() ? "" : ",") + gnuplot_mark(printable(lane.name, 32)) + " " +
                number(base + 0.4);
        for (const auto& share : lane.shares) {
            auto& rows = lane.retraining ? hatched : lane.inference ? plain : grey;
            rows.push_back({share.begin, base, share.begin, share.end, base,
                            base + 0.03 + 0.8 * share.share / most_share});
        }
        if (!lane.note.empty())
            script.line("set label " + gnuplot_text(lane.note) + " at graph 1.01, first " +
                        number(base + 0.4) + " left font ',10'");
    }
    script.line("set ytics nomirror scale 0 font ',10' (" + tics + ")");
    for (const auto plan : read.plans())
        script.line("set arrow from " + number(plan) + ", graph 0 to " + number(plan) +
                    ", graph 1 nohead back lw 0.7 dt (5,4) lc rgb '#555555'");
    const auto bars = [&](const std::string& name, const std::vector<std::vector<double>>& rows,
                          const std::string& style) {
        if (rows.empty()) return;
        script.data(name, rows);
        script.plot("$" + name + " using 1:2:3:4:5:6 with boxxyerror " + style);
    };
    bars("g", grey, "fs solid 1 noborder fc rgb '#777777'");
    bars("p", plain, "fs solid 1 noborder fc rgb '" + tint(colour(0), 0.4) + "'");
    bars("h", hatched, "fs pattern 2 border lc rgb 'black' fc rgb '" + colour(3) + "'");
    std::vector<std::vector<double>> swaps;
    for (const auto& [time, stream] : read.swaps())
        for (int i = 0; i < static_cast<int>(lanes.size()); ++i)
            if (lanes[static_cast<std::size_t>(i)].stream == stream &&
                lanes[static_cast<std::size_t>(i)].inference)
                swaps.push_back({time, -i - 0.45});
    if (!swaps.empty()) {
        script.data("s", swaps);
        script.plot("$s using 1:2 with points pt 9 ps 1.2 lc rgb 'black'");
    }
    if (plain.empty() && hatched.empty() && grey.empty()) script.plot("NaN");
    script.draw();
    picture.script = script.text();
    return picture;
}

}  // namespace ekya::report

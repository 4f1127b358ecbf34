#include <algorithm>
#include <cmath>

#include "ekya/profile/pareto.hpp"
#include "pictures.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

/// Half of the interval of 95 % of a share of so many labels.
double half_interval(double share, int labels) {
    const double p = std::clamp(share, 0.05, 0.95);
    return labels > 0 ? 1.96 * std::sqrt(p * (1 - p) / labels) : 0;
}

/// The newest profile that has configurations; null if none has.
const ProfileRecord* newest_profile(const StreamHistory& stream) {
    for (auto i = stream.profiles.rbegin(); i != stream.profiles.rend(); ++i)
        if (!i->retraining.empty()) return &*i;
    return nullptr;
}

}  // namespace

Picture estimates_picture(const History& history, const RunHistory& run) {
    Picture picture;
    picture.name = picture_name("estimates", run);
    picture.run = run.name;
    picture.title = "Retrainings: expected against observed accuracy";
    picture.width = 620;
    picture.height = 560;
    picture.table.header = {"stream", "window", "config", "expected", "observed", "labels"};
    double low = 1, high = 0, sum = 0, absolute = 0, count = 0;
    std::vector<std::pair<std::string, std::vector<std::vector<double>>>> points;
    for (const auto& stream : run.streams) {
        std::vector<std::vector<double>> rows;
        for (const auto& one : stream.judged) {
            picture.table.rows.push_back({stream.id(), std::to_string(one.window), one.config,
                                          number(one.expected), number(one.observed),
                                          std::to_string(one.labels)});
            rows.push_back({100 * one.expected, 100 * one.observed,
                            100 * half_interval(one.observed, one.labels)});
            low = std::min({low, one.expected, one.observed});
            high = std::max({high, one.expected, one.observed});
            sum += one.observed - one.expected;
            absolute += std::abs(one.observed - one.expected);
            ++count;
        }
        if (!rows.empty()) points.emplace_back(stream.id(), std::move(rows));
    }
    picture.caption =
        "Each point is a retraining whose model serves: the accuracy that was planned with, and "
        "that on the labels of the window it ran in, as the next profile measured it. On the "
        "diagonal the two agree.";
    if (count > 0)
        picture.caption +=
            " " + number(count) + " retrainings: observed is " + percent(std::abs(sum / count)) +
            " points " + (sum >= 0 ? "above" : "below") + " expected on average, and differs by " +
            percent(absolute / count) + " points.";
    if (count > 0 && count <= 100) picture.caption += " Bars are intervals of 95 %.";
    low = 100 * std::max(0.0, low - 0.04);
    high = 100 * std::min(1.0, high + 0.04);
    if (count == 0) low = 0, high = 100;
    Script script;
    const bool keyed = points.size() <= 10;
    script
        .line("set label " + gnuplot_text(picture.title + policy_text(run)) +
              " at screen 0.12, screen 0.965 left font ',14'")
        .line("set lmargin at screen 0.12; set rmargin at screen 0.97")
        .line("set tmargin at screen 0.92; set bmargin at screen 0.19")
        .line("set border 3 lw 0.7 lc rgb '#444444'")
        .line("set xrange [" + number(low) + ":" + number(high) + "]")
        .line("set yrange [" + number(low) + ":" + number(high) + "]")
        .line("set xtics nomirror out scale 0.5 format '%g %%'")
        .line("set ytics nomirror out scale 0.5 format '%g %%'")
        .line("set grid lw 0.4 lc rgb '#dddddd'")
        .line("set xlabel 'expected accuracy' offset 0,0.3")
        .line("set ylabel 'observed accuracy' offset 1,0")
        .line(keyed ? "set key at screen 0.55, screen 0.01 center bottom horizontal font ',11'"
                    : "unset key")
        .plot("x with lines lw 1 dt (6,4) lc rgb 'black' notitle");
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::string name = "p" + std::to_string(i);
        script.data(name, points[i].second);
        if (count <= 100)
            script.plot("$" + name + " using 1:2:3 with yerrorbars pt 0 lw 0.6 lc rgb '" +
                        tint(colour(i), 0.4) + "' notitle");
        script.plot("$" + name + " using 1:2 with points pt " + std::to_string(point(i)) + " ps " +
                    (count <= 200 ? "1" : "0.5") + " lc rgb '" + colour(i) + "' title " +
                    gnuplot_text(printable(points[i].first, 24)));
    }
    if (count == 0)
        script.line("set label 'no retraining was judged yet' at graph 0.5, graph 0.4 center");
    script.draw();
    picture.script = script.text();
    (void)history;
    return picture;
}

Picture pareto_picture(const History& history, const RunHistory& run) {
    Picture picture;
    picture.name = picture_name("configurations", run);
    picture.run = run.name;
    picture.title = "Retraining configurations: cost against expected accuracy";
    picture.table.header = {"stream",   "window",         "config",   "device_seconds",
                            "accuracy", "accuracy_error", "on_front", "tried"};
    struct Panel {
        std::string stream;
        const ProfileRecord* profile;
        std::vector<std::size_t> front;
    };
    std::vector<Panel> shown;
    for (const auto& stream : run.streams) {
        const auto* const profile = newest_profile(stream);
        if (profile == nullptr) continue;
        std::vector<CostPoint> points;
        for (const auto& option : profile->retraining)
            points.push_back({option.accuracy, option.device_seconds});
        auto front = pareto_front(points);
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto& option = profile->retraining[i];
            const bool on_front = std::find(front.begin(), front.end(), i) != front.end();
            picture.table.rows.push_back(
                {stream.id(), std::to_string(profile->window), option.config.name(),
                 number(option.device_seconds), number(option.accuracy),
                 option.accuracy_error ? number(*option.accuracy_error) : "", on_front ? "1" : "0",
                 option.tried ? "1" : "0"});
        }
        shown.push_back({stream.id(), profile, std::move(front)});
    }
    const auto all = shown.size();
    constexpr std::size_t most = 12, columns = 3;
    if (shown.size() > most) shown.resize(most);
    const auto rows = std::max<std::size_t>(1, (shown.size() + columns - 1) / columns);
    picture.caption =
        "Each stream's newest profile: what retraining it with a configuration would cost, at a "
        "share of 1 of one device, and the accuracy that it is expected to have then, with one "
        "standard deviation. The line joins the configurations that no other beats in both; its "
        "ends are named. The dashed line is the model that serves, not retrained." +
        std::string(all > most ? " " + std::to_string(all - most) +
                                     " streams are not drawn; the table of numbers (--csv) has "
                                     "all of them."
                               : "");
    constexpr int row_height = 270;
    picture.height = 44 + row_height * static_cast<int>(rows);
    const double height = picture.height;
    Script script;
    script
        .line("set label 1000 " + gnuplot_text(picture.title + policy_text(run)) +
              " at screen 0.06, screen " + number(1 - 16 / height) + " left font ',14'")
        .line("set border 3 lw 0.7 lc rgb '#444444'")
        .line("unset key")
        .line("set multiplot");
    if (shown.empty())
        script.line("set label 'no configuration was profiled' at graph 0.5, graph 0.5 center")
            .line("set xrange [0:1]; set yrange [0:1]")
            .plot("NaN notitle")
            .draw();
    for (std::size_t i = 0; i < shown.size(); ++i) {
        const auto& panel = shown[i];
        const double column = static_cast<double>(i % columns),
                     row = static_cast<double>(i / columns);
        const double top = 44 + row * row_height + 22, bottom = 44 + (row + 1) * row_height - 46;
        double least = panel.profile->retraining.front().device_seconds, most_cost = least;
        for (const auto& option : panel.profile->retraining) {
            least = std::min(least, option.device_seconds);
            most_cost = std::max(most_cost, option.device_seconds);
        }
        const bool logarithmic = most_cost > 5 * least;
        if (i > 0) script.line("unset label");
        script.line("set lmargin at screen " + number(0.06 + column * 0.325))
            .line("set rmargin at screen " + number(0.06 + column * 0.325 + 0.255))
            .line("set tmargin at screen " + number(1 - top / height))
            .line("set bmargin at screen " + number(1 - bottom / height))
            .line(logarithmic ? "set logscale x" : "unset logscale x")
            .line("set xtics nomirror out scale 0.5 font ',10'")
            .line("set ytics autofreq nomirror out scale 0.5 format '%g %%' font ',9'")
            .line("set xlabel 'device-seconds' offset 0,0.7 font ',10'")
            .line("set grid lw 0.4 lc rgb '#dddddd'")
            .line("set autoscale y; set offsets 0, 0, graph 0.08, graph 0.08")
            .line("set label " +
                  gnuplot_text(printable(panel.stream, 24) + ", window " +
                               std::to_string(panel.profile->window)) +
                  " at graph 0, graph 1.06 left font ',11'");
        std::vector<std::vector<double>> points, front;
        for (const auto& option : panel.profile->retraining)
            points.push_back({option.device_seconds, 100 * option.accuracy,
                              100 * option.accuracy_error.value_or(0)});
        const double range = std::log(std::max(most_cost / least, 1.01)) + std::log(2.25);
        double labelled = 0;  // cost of the configuration that was named last
        for (std::size_t f = 0; f < panel.front.size(); ++f) {
            const auto& option = panel.profile->retraining[panel.front[f]];
            front.push_back({option.device_seconds, 100 * option.accuracy});
            const bool is_last = f + 1 == panel.front.size();
            const auto apart = [&](double cost) {
                return std::abs(std::log(option.device_seconds / cost)) > 0.3 * range;
            };
            const double last_cost = panel.profile->retraining[panel.front.back()].device_seconds;
            if (!is_last && f > 0 && !(apart(labelled) && apart(last_cost))) continue;
            labelled = option.device_seconds;
            // Short: epochs, part of the data, layers.
            const auto& config = option.config;
            script.line(
                "set label " +
                gnuplot_text("e" + std::to_string(config.epochs) + " f" +
                             number(config.data_fraction, 2) + " " + to_string(config.layers)) +
                " at " + number(option.device_seconds) + "," + number(100 * option.accuracy) +
                (is_last && f > 0 ? " right offset 0.5,0.8" : " left offset -0.5,-0.9") +
                " font ',9' front");
        }
        script.line("set xrange [" + number(logarithmic ? least / 1.5 : 0.0) + ":" +
                    number(most_cost * (logarithmic ? 1.5 : 1.15)) + "]");
        script.data("p", points).data("f", front);
        const std::string now = number(100 * panel.profile->accuracy);
        script.plot("$p using 1:2:3 with yerrorbars pt 0 lw 0.6 lc rgb '#aaaaaa'")
            .plot("$f using 1:2 with lines lw 1.2 lc rgb '" + colour(0) + "'")
            .plot("$p using 1:2 with points pt 6 ps 0.7 lc rgb '#555555'")
            .plot("$f using 1:2 with points pt 7 ps 0.9 lc rgb '" + colour(0) + "'")
            .plot("$p using 1:(" + now + ") with lines lw 1 dt (6,4) lc rgb 'black'")
            .draw();
    }
    script.line("unset multiplot");
    picture.script = script.text();
    (void)history;
    return picture;
}

}  // namespace ekya::report

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "pictures.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

/// Mean over the streams that were scored in a window; none if none was.
std::map<int, double> mean_by_window(const RunHistory& run) {
    std::map<int, std::pair<double, int>> sums;
    for (const auto& stream : run.streams)
        for (const auto& window : stream.windows)
            if (window.accuracy) {
                auto& [sum, count] = sums[window.window];
                sum += *window.accuracy;
                ++count;
            }
    std::map<int, double> means;
    for (const auto& [window, sum] : sums) means[window] = sum.first / sum.second;
    return means;
}

}  // namespace

Picture policies_picture(const History& history) {
    Picture picture;
    picture.name = "policies";
    picture.title = "Policies side by side";
    picture.caption =
        "Mean accuracy over all windows: the large diamond is the mean over the streams, small "
        "marks are the streams. The axis does not begin at 0.";
    picture.table.header = {"policy", "stream", "mean_accuracy", "retrainings", "device_seconds"};
    std::set<std::string> ids;
    double low = 1, high = 0;
    std::vector<const RunHistory*> runs;
    for (const auto& run : history.runs) {
        runs.push_back(&run);
        for (const auto& stream : run.streams) {
            const auto& result = stream.result;
            ids.insert(stream.id());
            picture.table.rows.push_back(
                {run.name, stream.id(), result.mean_accuracy ? number(*result.mean_accuracy) : "",
                 std::to_string(result.retrainings), number(result.device_seconds)});
            if (!result.mean_accuracy) continue;
            low = std::min(low, *result.mean_accuracy);
            high = std::max(high, *result.mean_accuracy);
        }
        picture.table.rows.push_back({run.name, "",
                                      run.mean_accuracy ? number(*run.mean_accuracy) : "",
                                      std::to_string(run.retrainings), number(run.device_seconds)});
    }
    std::reverse(runs.begin(), runs.end());  // the first one on top
    const auto count = runs.size();
    const bool keyed = ids.size() <= 7;
    picture.height = 118 + 34 * static_cast<int>(count);
    Script script;
    const double height = picture.height;
    script.line("set lmargin at screen 0.2")
        .line("set rmargin at screen 0.9")
        .line("set tmargin at screen " + number(1 - 34 / height))
        .line("set bmargin at screen " + number(82 / height))
        .line("set label " + gnuplot_text(picture.title) + " at screen 0.2, screen " +
              number(1 - 16 / height) + " left font ',14'")
        .line("set border 1 lw 0.7 lc rgb '#444444'")
        .line("set xrange [" + number(std::floor(100 * low - 1)) + ":" +
              number(std::min(100.0, std::ceil(100 * high + 2))) + "]")
        .line("set yrange [-0.6:" + number(static_cast<double>(count) - 0.4) + "]")
        .line("set xtics nomirror out scale 0.5 format '%.0f %%'")
        .line("set xlabel 'mean accuracy' offset 0,0.4")
        .line("set grid xtics lw 0.4 lc rgb '#dddddd'")
        .line(keyed ? "set key at screen 0.5, screen " + number(6 / height) +
                          " center bottom horizontal maxrows 1 "
                          "font ',11'"
                    : "unset key");
    std::string tics;
    std::vector<std::vector<double>> means;
    std::vector<std::vector<std::vector<double>>> points(ids.size());
    for (std::size_t r = 0; r < count; ++r) {
        const auto y = static_cast<double>(r);
        tics += (r == 0 ? "" : ",") + gnuplot_mark(printable(runs[r]->name, 24)) + " " + number(y);
        if (runs[r]->mean_accuracy) {
            means.push_back({100 * *runs[r]->mean_accuracy, y});
            script.line("set label '" + percent(*runs[r]->mean_accuracy) +
                        " %' at graph 1.015, first " + number(y) + " left font ',12'");
        }
        for (const auto& stream : runs[r]->streams)
            if (stream.result.mean_accuracy)
                points[static_cast<std::size_t>(std::distance(ids.begin(), ids.find(stream.id())))]
                    .push_back({100 * *stream.result.mean_accuracy, y});
    }
    script.line("set ytics nomirror scale 0 (" + tics + ")");
    for (std::size_t r = 0; r < count; ++r)
        script.line("set arrow from graph 0, first " + number(static_cast<double>(r)) +
                    " to graph 1, first " + number(static_cast<double>(r)) +
                    " nohead back lw 0.5 dt (2,4) lc rgb '#999999'");
    std::size_t i = 0;
    for (const auto& id : ids) {
        if (!points[i].empty()) {
            script.data("p" + std::to_string(i), points[i]);
            script.plot("$p" + std::to_string(i) + " using 1:2 with points pt " +
                        std::to_string(keyed ? point(i) : 6) + " ps 0.9 lc rgb '" + colour(i) +
                        "' title " + gnuplot_text(printable(id, 24)));
        }
        ++i;
    }
    if (!means.empty()) {
        script.data("m", means);
        script.plot("$m using 1:2 with points pt 12 ps 1.7 lw 2 lc rgb 'black' title 'mean'");
    }
    if (points.empty() || means.empty()) script.plot("NaN notitle");
    script.draw();
    picture.script = script.text();
    return picture;
}

Picture policies_over_time_picture(const History& history) {
    Picture picture;
    picture.name = "policies-over-time";
    picture.title = "Mean accuracy of each policy, window by window";
    std::size_t windows = 0;
    Axis axis{std::numeric_limits<double>::infinity(), 0, false};
    std::vector<std::map<int, double>> means;
    for (const auto& run : history.runs) {
        windows = std::max(windows, run.windows.size());
        if (!run.windows.empty()) {
            axis.begin = std::min(axis.begin, run.begin());
            axis.end = std::max(axis.end, run.end());
        }
        means.push_back(mean_by_window(run));
    }
    if (!(axis.end > axis.begin)) axis = {0, 1, false};
    const auto together = windows_at_once(windows);
    picture.caption =
        "Mean over the streams that were scored in the window, one line for each "
        "policy." +
        thinned_text(together);
    picture.table.header = {"policy", "window", "begin_s", "mean_accuracy"};
    Chart chart;
    chart.x_label = axis.label();
    chart.y_label = "mean accuracy (%)";
    std::map<Time, std::vector<std::optional<double>>> chart_rows;
    const Panels panels(1, 270, 900);
    picture.height = panels.height();
    Script script;
    panels.begin(script, picture.title);
    panels.panel(script, 0);
    axis.write(script, true);
    std::vector<double> ends;
    std::vector<std::size_t> whose;
    double low = 100;
    for (std::size_t r = 0; r < history.runs.size(); ++r) {
        const auto& run = history.runs[r];
        chart.curves.push_back({run.name, colour(r), dash_lengths(r)});
        std::vector<std::vector<double>> rows;
        double sum = 0;
        std::size_t count = 0;
        Time begin = 0;
        for (auto i = means[r].begin(); i != means[r].end(); ++i) {
            const auto span = run.windows.at(i->first);
            picture.table.rows.push_back(
                {run.name, std::to_string(i->first), number(span.begin), number(i->second)});
            if (count == 0) begin = span.begin;
            sum += i->second;
            if (++count < together && std::next(i) != means[r].end()) continue;
            const double value = 100 * sum / static_cast<double>(count);
            rows.push_back({axis.at((begin + span.end) / 2), value});
            low = std::min(low, value);
            auto& row = chart_rows[(begin + span.end) / 2];
            row.resize(history.runs.size());
            row[r] = std::round(value * 100) / 100;
            sum = 0;
            count = 0;
        }
        if (rows.empty()) continue;
        ends.push_back(rows.back()[1]);
        whose.push_back(r);
        const std::string name = "p" + std::to_string(r);
        script.data(name, rows);
        script.plot("$" + name + " using 1:2 with " +
                    (rows.size() <= 60 ? "linespoints ps 0.8 pt " + std::to_string(point(r))
                                       : std::string("lines")) +
                    " lw 2 " + dash(r) + " lc rgb '" + colour(r) + "' notitle");
    }
    low = std::max(0.0, std::floor((low - 3) / 10) * 10);
    const auto places = spread(ends, (101 - low) / 17, low + (101 - low) / 40, 100);
    for (std::size_t i = 0; i < whose.size(); ++i)
        script.line("set label " + gnuplot_text(printable(history.runs[whose[i]].name, 22)) +
                    " at graph 1.01, first " + number(places[i]) +
                    " left font ',11' textcolor rgb '" + colour(whose[i]) + "'");
    script.line("set yrange [" + number(low) + ":101]")
        .line("set ytics nomirror out scale 0.5 format '%.0f %%'")
        .line("set grid ytics lw 0.4 lc rgb '#dddddd'");
    if (whose.empty()) script.plot("NaN notitle");
    script.draw();
    picture.script = script.text();
    for (auto& [time, row] : chart_rows) {
        row.resize(history.runs.size());
        chart.times.push_back(time);
        chart.values.push_back(std::move(row));
    }
    picture.chart = std::move(chart);
    return picture;
}

}  // namespace ekya::report

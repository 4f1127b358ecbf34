#include <algorithm>
#include <cmath>
#include <limits>

#include "ekya/profile/agreement.hpp"
#include "pictures.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// How a stream was served in one window, or some that are drawn together.
struct Step {
    Time begin = 0, end = 0;
    double value = nan;            ///< in per cent
    double low = nan, high = nan;  ///< of an agreement
    int labels = 0;
};

bool has_accuracy(const StreamHistory& stream) {
    return std::any_of(stream.windows.begin(), stream.windows.end(),
                       [](const auto& window) { return window.accuracy.has_value(); });
}

bool has_value(const StreamHistory& stream) {
    return std::any_of(stream.windows.begin(), stream.windows.end(),
                       [](const auto& window) { return window.accuracy || window.agreement; });
}

std::vector<Step> steps_of(const RunHistory& run, const StreamHistory& stream,
                           std::size_t together) {
    const bool accuracy = has_accuracy(stream);
    std::vector<Step> steps;
    for (std::size_t first = 0; first < stream.windows.size(); first += together) {
        Step step;
        std::vector<Agreement> agreements;
        double sum = 0, count = 0;
        const auto last = std::min(first + together, stream.windows.size());
        bool begun = false;
        for (auto i = first; i < last; ++i) {
            const auto& window = stream.windows[i];
            const auto span = run.windows.find(window.window);
            if (span == run.windows.end()) continue;
            if (!begun) step.begin = span->second.begin;
            begun = true;
            step.end = span->second.end;
            if (accuracy && window.accuracy) {
                sum += 100 * *window.accuracy;
                ++count;
            }
            if (!accuracy && window.agreement) agreements.push_back(*window.agreement);
        }
        if (count > 0) step.value = sum / count;
        if (const auto all = over_windows(agreements)) {
            step.value = 100 * all->share;
            step.low = 100 * all->low;
            step.high = 100 * all->high;
            step.labels = all->labels;
        }
        if (begun) steps.push_back(step);
    }
    return steps;
}

std::vector<std::vector<double>> rows_of(const std::vector<Step>& steps, const Axis& axis) {
    std::vector<std::vector<double>> rows;
    for (const auto& step : steps) {
        if (std::isnan(step.value)) {
            rows.emplace_back();
            continue;
        }
        if (!rows.empty() && !rows.back().empty() &&
            axis.at(step.begin) > rows.back()[0] + 0.01 * (step.end - step.begin) + 1.5)
            rows.emplace_back();  // nothing was served in between
        rows.push_back({axis.at(step.begin), step.value, step.low, step.high});
        rows.push_back({axis.at(step.end), step.value, step.low, step.high});
    }
    return rows;
}

/// A retraining on the axis of time; several windows drawn together have one.
struct Mark {
    Time begin, end;
    bool served;
};

std::vector<Mark> marks_of(const RunHistory& run, const StreamHistory& stream,
                           std::size_t together) {
    std::map<std::size_t, Mark> marks;
    for (const auto& record : stream.retrainings) {
        const auto span = run.windows.find(record.window);
        if (span == run.windows.end()) continue;
        std::optional<double> begin;
        double end = 0;
        for (const auto& moment : record.moments) {
            if (moment.what == RetrainingMoment::What::started && !begin) begin = moment.time;
            end = std::min(moment.time, span->second.end - span->second.begin);
        }
        if (!begin) continue;
        const bool served = record.outcome == RetrainingOutcome::served;
        const auto number =
            static_cast<std::size_t>(std::distance(run.windows.begin(), span)) / together;
        const Mark mark{span->second.begin + *begin, span->second.begin + end, served};
        const auto [known, is_new] = marks.emplace(number, mark);
        if (!is_new)
            known->second = {known->second.begin, mark.end, known->second.served || served};
    }
    std::vector<Mark> list;
    for (const auto& [number, mark] : marks) list.push_back(mark);
    return list;
}

double value_at(const std::vector<Step>& steps, Time time) {
    for (const auto& step : steps)
        if (time >= step.begin && time <= step.end) return step.value;
    return nan;
}

/// Times of swaps and the value there; of several windows drawn together the first one.
std::vector<std::pair<Time, double>> swaps_of(const RunHistory& run, const StreamHistory& stream,
                                              const std::vector<Step>& steps,
                                              std::size_t together) {
    std::vector<std::pair<Time, double>> swaps;
    std::size_t group = std::numeric_limits<std::size_t>::max(), passed = 0;
    auto window = run.windows.begin();
    for (const auto& swap : stream.swaps) {
        for (; window != run.windows.end() && window->second.end <= swap.time; ++window) ++passed;
        const double value = value_at(steps, swap.time);
        if (passed / together == group || std::isnan(value)) continue;
        group = passed / together;
        swaps.emplace_back(swap.time, value);
    }
    return swaps;
}

const StreamHistory* find(const RunHistory& run, const std::string& stream) {
    for (const auto& one : run.streams)
        if (one.id() == stream) return &one;
    return nullptr;
}

/// From a round number below the least value to 100.
double lowest(const std::vector<std::vector<Step>>& all) {
    double low = 100;
    for (const auto& steps : all)
        for (const auto& step : steps)
            for (const double value : {step.value, step.low})
                if (!std::isnan(value)) low = std::min(low, value);
    return std::max(0.0, std::floor((low - 4) / 10) * 10);
}

std::string mean_text(const StreamHistory& stream) {
    const auto& result = stream.result;
    if (has_accuracy(stream))
        return result.mean_accuracy ? "mean accuracy " + percent(*result.mean_accuracy) + " %" : "";
    return result.agreement ? to_text(*result.agreement) : "";
}

void draw_panel(Script& script, const History& history, const RunHistory& run,
                const StreamHistory& stream, const Axis& axis, double low, std::size_t together) {
    const double range = 104 - low, height = range * 0.075;
    const auto steps = steps_of(run, stream, together);
    std::vector<double> ends;
    std::vector<std::string> names;
    const auto add_end = [&](const std::vector<Step>& of, const std::string& name) {
        for (auto i = of.rbegin(); i != of.rend(); ++i)
            if (!std::isnan(i->value)) {
                ends.push_back(i->value);
                names.push_back(printable(name, 20));
                return;
            }
    };
    std::size_t other = 1;
    for (const auto& context : history.runs) {
        if (&context == &run) continue;
        const auto* const same = find(context, stream.id());
        if (same != nullptr && has_accuracy(*same) == has_accuracy(stream)) {
            const auto theirs = steps_of(context, *same, together);
            const std::string name = "o" + std::to_string(other);
            script.data(name, rows_of(theirs, axis));
            script.plot("$" + name + " using 1:2 with lines lw 1.4 " + dash(other) +
                        " lc rgb '#8a8a8a' notitle");
            add_end(theirs, context.name);
        }
        ++other;
    }
    if (!run.name.empty() && history.runs.size() > 1) add_end(steps, run.name);
    const auto rows = rows_of(steps, axis);
    script.data("v", rows);
    const bool accuracy = has_accuracy(stream);
    if (!accuracy && has_value(stream))
        script.plot("$v using 1:3:4 with filledcurves fs solid 1 lc rgb '#d5e6f1' notitle");
    script.plot("$v using 1:2 with lines lw 2.2 lc rgb '" + colour(0) + "' notitle");
    std::vector<std::vector<double>> served, others, swaps;
    for (const auto& mark : marks_of(run, stream, together))
        (mark.served ? served : others)
            .push_back({axis.at(mark.begin), low, axis.at(mark.begin), axis.at(mark.end), low,
                        low + height});
    for (const auto& [time, value] : swaps_of(run, stream, steps, together))
        swaps.push_back({axis.at(time), value});
    if (!served.empty()) {
        script.data("r", served);
        script.plot("$r using 1:2:3:4:5:6 with boxxyerror fs solid 1 noborder fc rgb '" +
                    colour(3) + "' notitle");
    }
    if (!others.empty()) {
        script.data("q", others);
        script.plot("$q using 1:2:3:4:5:6 with boxxyerror fs empty border lc rgb '" + colour(3) +
                    "' fc rgb '" + colour(3) + "' notitle");
    }
    if (!swaps.empty()) {
        script.data("s", swaps);
        script.plot("$s using 1:2 with points pt 9 ps " +
                    std::string(swaps.size() > 60 ? "0.4" : "1.1") + " lc rgb 'black' notitle");
    }
    if (rows.empty()) script.plot("NaN notitle");
    const auto places = spread(ends, range / 6.2, low + range / 20, 100);
    for (std::size_t i = 0; i < names.size(); ++i)
        script.line("set label " + gnuplot_text(names[i]) + " at graph 1.01, first " +
                    number(places[i]) + " left font ',10'" +
                    (names[i] == printable(run.name, 20) ? " textcolor rgb '" + colour(0) + "'"
                                                         : " textcolor rgb '#555555'"));
    script.line("set label " + gnuplot_text(printable(stream.id(), 40) + ": " + mean_text(stream)) +
                " at graph 0.008, graph 1.0 offset 0,0.45 left font ',11' front");
}

/// Of what the run has.
std::vector<LegendEntry> legend(const RunHistory& run) {
    bool swaps = false, served = false, others = false;
    for (const auto& stream : run.streams) {
        swaps = swaps || !stream.swaps.empty();
        for (const auto& record : stream.retrainings)
            (record.outcome == RetrainingOutcome::served ? served : others) = true;
    }
    std::vector<LegendEntry> entries;
    if (swaps) entries.push_back({"point pt 9 ps 1.1 lc rgb 'black'", "new model takes over"});
    if (served) entries.push_back({"fs solid 1 noborder fc rgb '" + colour(3) + "'", "retraining"});
    if (others)
        entries.push_back({"fs empty border lc rgb '" + colour(3) + "' fc rgb '" + colour(3) + "'",
                           "retraining whose model does not serve"});
    return entries;
}

Table table_of(const History& history, const RunHistory& run) {
    Table table{
        {"stream", "window", history.experiment ? "begin_s" : "begin_utc", "accuracy", "agreement",
         "agreement_low", "agreement_high", "labels", "frames", "analysed", "lost", "retraining",
         "outcome", "retraining_begin_s", "retraining_end_s", "swaps"},
        {}};
    for (const auto& stream : run.streams)
        for (const auto& window : stream.windows) {
            const auto span = run.windows.find(window.window);
            if (span == run.windows.end()) continue;
            const auto& a = window.agreement;
            std::vector<std::string> row{stream.id(),
                                         std::to_string(window.window),
                                         time_text(history, span->second.begin),
                                         window.accuracy ? number(*window.accuracy) : "",
                                         a ? number(a->share) : "",
                                         a ? number(a->low) : "",
                                         a ? number(a->high) : "",
                                         a ? std::to_string(a->labels) : "",
                                         std::to_string(window.frames),
                                         std::to_string(window.analysed),
                                         std::to_string(window.lost)};
            const auto retraining =
                std::find_if(stream.retrainings.begin(), stream.retrainings.end(),
                             [&](const auto& r) { return r.window == window.window; });
            if (retraining != stream.retrainings.end()) {
                row.push_back(retraining->config);
                row.push_back(outcome_text(retraining->outcome));
                const auto& moments = retraining->moments;
                row.push_back(moments.empty() ? "" : number(moments.front().time));
                row.push_back(moments.empty() ? "" : number(moments.back().time));
            } else {
                row.insert(row.end(), 4, "");
            }
            std::string swaps;
            for (const auto& swap : stream.swaps)
                if (swap.time >= span->second.begin && swap.time < span->second.end)
                    swaps += (swaps.empty() ? "" : " ") + swap.model;
            row.push_back(swaps);
            table.rows.push_back(std::move(row));
        }
    return table;
}

Chart chart_of(const History& history, const RunHistory& run,
               const std::vector<const StreamHistory*>& streams, std::size_t together) {
    Chart chart;
    chart.steps = true;
    chart.end = run.end();
    chart.wall_clock = !history.experiment;
    chart.x_label = chart.wall_clock ? "time (UTC)" : "stream time (s)";
    std::map<Time, std::vector<std::vector<std::optional<double>>>> rows;
    bool accuracies = false, agreements = false;
    for (const auto* stream : streams) (has_accuracy(*stream) ? accuracies : agreements) = true;
    chart.intervals = agreements;
    chart.y_label = !agreements   ? "accuracy (%)"
                    : !accuracies ? "agreement with the golden model (%)"
                                  : "accuracy or agreement (%)";
    for (std::size_t i = 0; i < streams.size(); ++i) {
        chart.curves.push_back({streams[i]->id(), colour(i), dash_lengths(i / 7 + i % 7)});
        const auto steps = steps_of(run, *streams[i], together);
        for (const auto& mark : marks_of(run, *streams[i], together))
            chart.bars.push_back({i, mark.begin, mark.end, mark.served});
        for (const auto& [time, value] : swaps_of(run, *streams[i], steps, together))
            chart.triangles.push_back({i, time, value});
        for (const auto& step : steps) {
            auto& row = rows[step.begin];
            row.resize(streams.size());
            if (!std::isnan(step.value)) {
                const auto round = [](double value) { return std::round(value * 100) / 100; };
                if (chart.intervals)
                    row[i] = {round(std::isnan(step.low) ? step.value : step.low),
                              round(step.value),
                              round(std::isnan(step.high) ? step.value : step.high)};
                else
                    row[i] = {round(step.value)};
            }
        }
    }
    const std::size_t width = chart.intervals ? 3 : 1;
    for (auto& [time, row] : rows) {
        chart.times.push_back(time);
        std::vector<std::optional<double>> values;
        for (auto& cell : row) {
            cell.resize(width);
            values.insert(values.end(), cell.begin(), cell.end());
        }
        chart.values.push_back(std::move(values));
    }
    return chart;
}

}  // namespace

Picture accuracy_picture(const History& history, const RunHistory& run) {
    const Axis axis = axis_of(history, run);
    std::vector<const StreamHistory*> streams;
    for (const auto& stream : run.streams)
        if (has_value(stream)) streams.push_back(&stream);
    const auto all = streams.size();
    const std::size_t together = windows_at_once(run.windows.size());
    Picture picture;
    picture.name = picture_name("accuracy", run);
    picture.run = run.name;
    picture.main = true;
    const bool accuracies = std::any_of(streams.begin(), streams.end(),
                                        [](const auto* stream) { return has_accuracy(*stream); });
    picture.title =
        accuracies || all == 0 ? "Accuracy over time" : "Agreement with the golden model over time";
    picture.caption =
        std::string("Each stream in each window") +
        (accuracies ? ": share of all annotated objects answered rightly (of detection F1)" : "") +
        (std::all_of(streams.begin(), streams.end(),
                     [](const auto* stream) { return has_accuracy(*stream); })
             ? ". "
             : "; agreement is that of the serving model with the golden model on n labels, with "
               "its interval of 95 %, and is no accuracy: the golden model errs too. ") +
        "A triangle is a new model that takes over. A bar at the bottom is a retraining from its "
        "start to its end: filled if its model serves, empty if it does not." +
        (history.runs.size() > 1 ? " Grey lines are the other policies." : "") +
        thinned_text(together) + left_out_text(all);
    picture.table = table_of(history, run);
    if (streams.size() > most_panels) streams.resize(most_panels);
    if (!streams.empty()) picture.chart = chart_of(history, run, streams, together);
    const Panels panels(std::max(1, static_cast<int>(streams.size())), 98, 900, 26);
    picture.width = panels.width();
    picture.height = panels.height();
    Script script;
    panels.begin(script, picture.title + policy_text(run));
    if (streams.empty()) {
        panels.panel(script, 0);
        axis.write(script, true);
        script.line("set yrange [0:100]").plot("NaN notitle").draw();
    }
    std::vector<std::vector<Step>> drawn;
    for (const auto* stream : streams) {
        drawn.push_back(steps_of(run, *stream, together));
        for (const auto& context : history.runs)
            if (const auto* const same = find(context, stream->id()))
                drawn.push_back(steps_of(context, *same, together));
    }
    const double low = lowest(drawn);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const int index = static_cast<int>(i);
        if (i > 0) script.line("unset label");
        panels.panel(script, index);
        axis.write(script, panels.is_last(index));
        script.line("set yrange [" + number(low) + ":104]")
            .line("set ytics nomirror out scale 0.5 " +
                  number(low < 50   ? 25
                         : low < 70 ? 20
                                    : 10) +
                  " format '%.0f %%' font ',10'")
            .line("set grid ytics lw 0.4 lc rgb '#dddddd'");
        draw_panel(script, history, run, *streams[i], axis, low, together);
        if (panels.is_last(index))
            write_legend(script, legend(run), panels.width(), panels.height());
        script.draw();
    }
    if (streams.size() > 1) script.line("unset multiplot");
    picture.script = script.text();
    return picture;
}

}  // namespace ekya::report

// What the streams showed: drift, class mix, label yield.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "pictures.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Streams of which something is known, as many as there are panels for.
template <typename Known>
std::vector<const StreamHistory*> streams_with(const RunHistory& run, Known&& known) {
    std::vector<const StreamHistory*> streams;
    for (const auto& stream : run.streams)
        if (known(stream)) streams.push_back(&stream);
    return streams;
}

void write_empty(Script& script, const Panels& panels, const Axis& axis, const std::string& text) {
    panels.panel(script, 0);
    axis.write(script, true);
    script.line("set yrange [0:1]")
        .line("set label " + gnuplot_text(text) + " at graph 0.5, graph 0.5 center")
        .plot("NaN notitle")
        .draw();
}

/// A part of a whole, by window: classes of objects, fates of labels.
struct Part {
    std::string name;
    std::map<int, double> shares;
};

/// Pattern of the i-th part, which tells it from the others in print.
const char* pattern_of(std::size_t index) {
    static constexpr std::array<const char*, 7> patterns{
        "solid 1", "pattern 2", "pattern 4", "solid 0.5", "pattern 5", "pattern 1", "solid 0.2"};
    return patterns[index % patterns.size()];
}

std::string fill_of(std::size_t index) {
    return std::string("fs ") + pattern_of(index) + " lc rgb '" + colour(index) + "'";
}

std::string legend_fill_of(std::size_t index) {
    return std::string("fs ") + pattern_of(index) + " border lc rgb 'black' fc rgb '" +
           colour(index) + "'";
}

/// Panels of stacked parts.
std::string stacked_script(const History& history, const RunHistory& run, const std::string& title,
                           const std::vector<std::string>& names,
                           const std::vector<std::pair<std::string, std::vector<Part>>>& streams,
                           const std::string& empty, std::size_t together, int& height) {
    const Axis axis = axis_of(history, run);
    const Panels panels(std::max(1, static_cast<int>(streams.size())), 70, 900, 26);
    height = panels.height();
    Script script;
    panels.begin(script, title);
    if (streams.empty()) write_empty(script, panels, axis, empty);
    for (std::size_t s = 0; s < streams.size(); ++s) {
        const int index = static_cast<int>(s);
        if (s > 0) script.line("unset label");
        panels.panel(script, index);
        axis.write(script, panels.is_last(index));
        const auto& parts = streams[s].second;
        script.line("set yrange [0:1]")
            .line("set ytics nomirror out scale 0.5 ('0' 0, '50 %%' 0.5, '100 %%' 1) font ',10'")
            .line("set label " + gnuplot_text(printable(streams[s].first, 20)) +
                  " at graph 1.01, graph 0.5 left font ',11'");
        std::vector<std::vector<double>> rows;
        std::size_t number_in_group = 0;
        Time begin = 0;
        std::vector<double> sums(parts.size(), 0);
        double count = 0;
        for (auto window = run.windows.begin(); window != run.windows.end(); ++window) {
            if (number_in_group++ == 0) begin = window->second.begin;
            bool any = false;
            for (std::size_t p = 0; p < parts.size(); ++p)
                if (const auto found = parts[p].shares.find(window->first);
                    found != parts[p].shares.end()) {
                    sums[p] += found->second;
                    any = true;
                }
            count += any ? 1 : 0;
            if (number_in_group < together && std::next(window) != run.windows.end()) continue;
            if (count > 0)
                for (const Time x : {begin, window->second.end}) {
                    std::vector<double> row{axis.at(x), 0};
                    for (const double sum : sums) row.push_back(row.back() + sum / count);
                    rows.push_back(std::move(row));
                }
            else
                rows.emplace_back();
            number_in_group = 0;
            count = 0;
            std::fill(sums.begin(), sums.end(), 0);
        }
        script.data("d", rows);
        for (std::size_t p = 0; p < parts.size(); ++p)
            script.plot("$d using 1:" + std::to_string(p + 2) + ":" + std::to_string(p + 3) +
                        " with filledcurves " + fill_of(p) + " notitle");
        for (std::size_t p = 0; p < parts.size(); ++p)
            script.plot("$d using 1:" + std::to_string(p + 3) +
                        " with lines lw 0.5 lc rgb '#222222' notitle");
        if (panels.is_last(index)) {
            std::vector<LegendEntry> legend;
            for (std::size_t p = 0; p < names.size(); ++p)
                legend.push_back({legend_fill_of(p), printable(names[p], 24)});
            write_legend(script, legend, panels.width(), panels.height());
        }
        script.draw();
    }
    if (streams.size() > 1) script.line("unset multiplot");
    return script.text();
}

}  // namespace

Picture drift_picture(const History& history, const RunHistory& run) {
    const Axis axis = axis_of(history, run);
    auto streams = streams_with(run, [](const StreamHistory& stream) {
        return std::any_of(stream.profiles.begin(), stream.profiles.end(),
                           [](const auto& profile) { return profile.drift.has_value(); });
    });
    Picture picture;
    picture.name = picture_name("drift", run);
    picture.run = run.name;
    picture.title = "Drift of each stream";
    const auto together = windows_at_once(run.windows.size());
    picture.caption =
        "Solid: how far the classes of the newest labels lie from those that the serving model "
        "learned from (total variation, 0 to 1). Dotted: what chance alone would give with so few "
        "labels. A triangle marks windows before which drift was found: the serving model's "
        "accuracy on labels had fallen by 5 points or more, beyond noise." +
        std::string(together > 1 ? " Lines have every " + std::to_string(together) +
                                       "th window; the table of numbers (--csv) has all of them."
                                 : "") +
        left_out_text(streams.size());
    picture.table.header = {"stream",         "window",          "drifted",         "accuracy_fall",
                            "class_distance", "chance_distance", "feature_distance"};
    const auto text = [](const std::optional<double>& value) {
        return value ? number(*value) : "";
    };
    for (const auto* stream : streams)
        for (const auto& profile : stream->profiles)
            if (const auto& drift = profile.drift)
                picture.table.rows.push_back(
                    {stream->id(), std::to_string(profile.window), drift->drifted ? "1" : "0",
                     text(drift->accuracy_fall), text(drift->class_distance),
                     text(drift->chance_distance), text(drift->feature_distance)});
    if (streams.size() > most_panels) streams.resize(most_panels);
    const Panels panels(std::max(1, static_cast<int>(streams.size())), 78);
    picture.height = panels.height();
    Script script;
    panels.begin(script, picture.title + policy_text(run));
    if (streams.empty()) write_empty(script, panels, axis, "drift was not looked for");
    for (std::size_t s = 0; s < streams.size(); ++s) {
        const int index = static_cast<int>(s);
        if (s > 0) script.line("unset label");
        panels.panel(script, index);
        axis.write(script, panels.is_last(index));
        std::vector<std::vector<double>> rows, found;
        double top = 0.3;
        std::size_t count = 0;
        for (const auto& profile : streams[s]->profiles) {
            const auto span = run.windows.find(profile.window);
            if (!profile.drift || span == run.windows.end()) continue;
            const double x = axis.at(span->second.begin);
            const double distance = profile.drift->class_distance.value_or(nan);
            if (profile.drift->drifted) found.push_back({x, 0});
            if (count++ % together != 0) continue;
            rows.push_back({x, distance, profile.drift->chance_distance.value_or(nan)});
            if (!std::isnan(distance)) top = std::max(top, distance * 1.45);
        }
        script.line("set yrange [0:" + number(top) + "]")
            .line("set ytics nomirror out scale 0.5 0.2 font ',10'")
            .line("set grid ytics lw 0.4 lc rgb '#dddddd'")
            .line("set label " + gnuplot_text(printable(streams[s]->id(), 20)) +
                  " at graph 1.01, graph 0.5 left font ',11'");
        for (auto& row : found) row[1] = top * 0.93;
        script.data("d", rows);
        script
            .plot("$d using 1:2 with " +
                  std::string(rows.size() <= 60 ? "linespoints pt 7 ps 0.6" : "lines") +
                  " lw 1.8 lc rgb '" + colour(0) + "' notitle")
            .plot("$d using 1:3 with lines lw 1.4 dt (3,3) lc rgb '#555555' notitle");
        if (!found.empty()) {
            script.data("f", found);
            script.plot("$f using 1:2 with points pt 11 ps " +
                        std::string(found.size() > 100 ? "0.5" : "1") + " lc rgb '" + colour(3) +
                        "' notitle");
        }
        script.draw();
    }
    if (streams.size() > 1) script.line("unset multiplot");
    picture.script = script.text();
    return picture;
}

Picture classes_picture(const History& history, const RunHistory& run) {
    Picture picture;
    picture.name = picture_name("classes", run);
    picture.run = run.name;
    picture.title = "Classes of objects in each stream";
    picture.table.header = {"stream", "window", "class", "share"};
    auto streams = streams_with(run, [](const StreamHistory& stream) {
        return std::any_of(stream.profiles.begin(), stream.profiles.end(),
                           [](const auto& profile) { return !profile.scene.class_shares.empty(); });
    });
    std::map<std::string, double> totals;
    for (const auto* stream : streams)
        for (const auto& profile : stream->profiles)
            for (const auto& [name, share] : profile.scene.class_shares) {
                totals[name] += share;
                picture.table.rows.push_back(
                    {stream->id(), std::to_string(profile.window), name, number(share)});
            }
    std::vector<std::string> names;
    for (const auto& [name, total] : totals) names.push_back(name);
    std::stable_sort(names.begin(), names.end(),
                     [&](const auto& a, const auto& b) { return totals.at(a) > totals.at(b); });
    constexpr std::size_t most = 7;
    const bool all = names.size() <= most;
    if (!all) {
        names.resize(most - 1);
        names.emplace_back("other classes");
    }
    const auto together = windows_at_once(run.windows.size());
    picture.caption =
        "Part of each class among the objects of the newest labels, as the profile of the window "
        "saw them." +
        thinned_text(together) + left_out_text(streams.size());
    if (streams.size() > most_panels) streams.resize(most_panels);
    std::vector<std::pair<std::string, std::vector<Part>>> panels;
    for (const auto* stream : streams) {
        std::vector<Part> parts;
        for (const auto& name : names) parts.push_back({name, {}});
        for (const auto& profile : stream->profiles)
            for (const auto& [name, share] : profile.scene.class_shares) {
                auto place = std::find(names.begin(), all ? names.end() : names.end() - 1, name);
                parts[static_cast<std::size_t>(std::distance(names.begin(), place))]
                    .shares[profile.window] += share;
            }
        panels.emplace_back(stream->id(), std::move(parts));
    }
    picture.script = stacked_script(history, run, picture.title + policy_text(run), names, panels,
                                    "classes are not known", together, picture.height);
    return picture;
}

Picture yield_picture(const History& history, const RunHistory& run) {
    Picture picture;
    picture.name = picture_name("labels", run);
    picture.run = run.name;
    picture.title = "What became of the objects that were to be labelled";
    picture.table.header = {"stream",      "window",  "asked",        "given",
                            "below_score", "nothing", "other_classes"};
    auto streams = streams_with(run, [](const StreamHistory& stream) {
        return std::any_of(stream.yields.begin(), stream.yields.end(),
                           [](const auto& one) { return one.yield.asked > 0; });
    });
    const std::vector<std::string> names{"label", "golden model unsure", "another class",
                                         "nothing seen"};
    std::vector<std::pair<std::string, std::vector<Part>>> panels;
    for (const auto* stream : streams) {
        std::vector<Part> parts;
        for (const auto& name : names) parts.push_back({name, {}});
        for (const auto& [window, yield] : stream->yields) {
            int others = 0;
            for (const auto& [name, count] : yield.other_classes) others += count;
            picture.table.rows.push_back({stream->id(), std::to_string(window),
                                          std::to_string(yield.asked), std::to_string(yield.given),
                                          std::to_string(yield.below_score),
                                          std::to_string(yield.nothing), std::to_string(others)});
            if (yield.asked <= 0) continue;
            const double asked = yield.asked;
            parts[0].shares[window] = yield.given / asked;
            parts[1].shares[window] = yield.below_score / asked;
            parts[2].shares[window] = others / asked;
            parts[3].shares[window] = yield.nothing / asked;
        }
        if (panels.size() < most_panels) panels.emplace_back(stream->id(), std::move(parts));
    }
    const auto together = windows_at_once(run.windows.size());
    picture.caption =
        "Of the objects of each window that the golden model was asked about: those that got a "
        "label which can be used, and why others did not." +
        thinned_text(together) + left_out_text(streams.size());
    picture.script = stacked_script(history, run, picture.title + policy_text(run), names, panels,
                                    "no yields are stored", together, picture.height);
    return picture;
}

}  // namespace ekya::report

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "pictures.hpp"
#include "plot.hpp"

namespace ekya::report {
namespace {

constexpr std::size_t most_parts = 600;  // of the time that is drawn
constexpr std::size_t most_streams = 8;  // that have bands of their own

/// A band of the stack.
struct Band {
    std::string name;
    JobHistory::Kind kind{};
    std::size_t stream = 0;      ///< number of its colour
    std::vector<double> shares;  ///< in each part of the time

    [[nodiscard]] std::string colour_text() const {
        switch (kind) {
            case JobHistory::Kind::inference:
                return tint(colour(stream), 0.55);
            case JobHistory::Kind::retraining:
                return colour(stream);
            case JobHistory::Kind::preparation:
                return "#777777";
            case JobHistory::Kind::decoding:
                return "#d8d8d8";
        }
        return {};
    }
    [[nodiscard]] std::string fill() const {
        switch (kind) {
            case JobHistory::Kind::retraining:
                return "fs pattern 2";
            case JobHistory::Kind::preparation:
                return "fs pattern 5";
            default:
                return "fs solid 1";
        }
    }
};

std::string kind_text(JobHistory::Kind kind) {
    switch (kind) {
        case JobHistory::Kind::inference:
            return "inference";
        case JobHistory::Kind::retraining:
            return "retraining";
        case JobHistory::Kind::preparation:
            return "labelling and profiling";
        case JobHistory::Kind::decoding:
            return "decoding";
    }
    return {};
}

double device_seconds(const JobHistory& job) {
    double sum = 0;
    for (const auto& stretch : job.stretches)
        sum += (stretch.end - stretch.begin) * stretch.granted;
    return sum;
}

/// Streams by what their jobs were granted, most first.
std::vector<std::string> streams_by_share(const RunHistory& run) {
    std::map<std::string, double> sums;
    for (const auto& job : run.jobs)
        if (!job.stream.empty()) sums[job.stream] += device_seconds(job);
    std::vector<std::string> streams;
    for (const auto& [stream, sum] : sums) streams.push_back(stream);
    std::stable_sort(streams.begin(), streams.end(),
                     [&](const auto& a, const auto& b) { return sums.at(a) > sums.at(b); });
    return streams;
}

std::vector<Band> bands_of(const RunHistory& run, std::size_t parts) {
    auto order = streams_by_share(run);
    const bool all = order.size() <= most_streams;
    if (!all) order.resize(most_streams - 1);
    const std::set<std::string> own(order.begin(), order.end());
    std::map<std::string, std::size_t> numbers;
    for (const auto& stream : own) numbers.emplace(stream, numbers.size());
    std::vector<Band> bands;
    for (const auto& job : run.jobs) {
        const bool single = job.stream.empty() || own.contains(job.stream);
        const std::string name = job.stream.empty() ? kind_text(job.kind)
                                 : single           ? job.stream
                                                    : "other streams";
        auto band = std::find_if(bands.begin(), bands.end(), [&](const auto& b) {
            return b.kind == job.kind && b.name == name;
        });
        if (band == bands.end()) {
            const auto number = numbers.find(job.stream);
            bands.push_back({name, job.kind,
                             number == numbers.end() ? most_streams - 2 : number->second,
                             std::vector<double>(parts, 0)});
            band = bands.end() - 1;
        }
        const auto shares = mean_shares(job, run.begin(), run.end(), parts);
        for (std::size_t i = 0; i < parts; ++i) band->shares[i] += shares[i];
    }
    std::stable_sort(bands.begin(), bands.end(),
                     [](const auto& a, const auto& b) { return a.kind < b.kind; });
    std::erase_if(bands, [](const auto& band) {
        return std::all_of(band.shares.begin(), band.shares.end(),
                           [](double share) { return share <= 0; });
    });
    return bands;
}

/// A length of parts of time, round, so that there are at most so many.
double part_length(double length) {
    for (double power = 1e-3; power < 1e12; power *= 10)
        for (const double step : {1.0, 2.0, 5.0})
            if (length / (step * power) <= most_parts) return step * power;
    return length / most_parts;
}

/// What lies below each band, and above the last, in each part.
std::vector<std::vector<double>> sums_of(const std::vector<Band>& bands, std::size_t parts) {
    std::vector<std::vector<double>> sums{std::vector<double>(parts, 0)};
    for (const auto& band : bands) {
        sums.push_back(sums.back());
        for (std::size_t i = 0; i < parts; ++i) sums.back()[i] += band.shares[i];
    }
    return sums;
}

/// The lower and upper edge of a band as steps, where it has any height: a point at the begin and
/// the end of each stretch of parts in which neither changes.
std::vector<std::vector<double>> edges_of(const std::vector<double>& low,
                                          const std::vector<double>& high, double part) {
    constexpr double visible = 1e-3;
    std::vector<std::vector<double>> rows;
    const auto same = [&](std::size_t i, std::size_t j) {
        return std::abs(low[i] - low[j]) < visible && std::abs(high[i] - high[j]) < visible;
    };
    for (std::size_t first = 0; first < low.size();) {
        auto last = first + 1;
        while (last < low.size() && same(first, last)) ++last;
        if (high[first] - low[first] > visible) {
            rows.push_back({static_cast<double>(first) * part, low[first], high[first]});
            rows.push_back({static_cast<double>(last) * part, low[first], high[first]});
        } else if (!rows.empty() && !rows.back().empty()) {
            rows.emplace_back();
        }
        first = last;
    }
    return rows;
}

void add_direct_labels(Script& script, const std::vector<Band>& bands, double top) {
    std::vector<double> middles;
    std::vector<std::string> names;
    double below = 0;
    for (const auto& band : bands) {
        // The end of the picture is where a label stands; a band may be empty there.
        double share = 0;
        for (auto i = band.shares.rbegin(); i != band.shares.rend() && share <= 0; ++i) share = *i;
        if (band.kind != JobHistory::Kind::inference) break;
        middles.push_back(below + share / 2);
        names.push_back(band.name);
        below += share;
    }
    const auto places = spread(middles, top / 19, top / 40, top * 0.98);
    for (std::size_t i = 0; i < names.size(); ++i)
        script.line("set label " + gnuplot_text(printable(names[i], 24)) +
                    " at graph 1.01, first " + number(places[i]) + " left font ',11'");
}

/// A service of many windows has millions of stretches.
Table table_of(const History& history, const RunHistory& run) {
    Table table;
    table.header = {history.experiment ? "time_s" : "time_utc",
                    "seconds",
                    "job",
                    "stream",
                    "granted_share",
                    "used_share",
                    "source"};
    for (const auto& job : run.jobs) table.long_count += job.stretches.size();
    table.long_rows = [&history, &run](const auto& add) {
        for (const auto& job : run.jobs)
            for (const auto& s : job.stretches)
                add({time_text(history, s.begin), number(s.end - s.begin, 6), kind_text(job.kind),
                     job.stream, number(s.granted), number(s.used),
                     job.planned ? "measured or planned" : "measured"});
    };
    return table;
}

std::string caption_of(const RunHistory& run, double part) {
    std::string text =
        "Shares of one device that jobs were granted, stacked: inference of each stream (plain), "
        "its retraining (hatched, the same colour), labelling and profiling of all (striped), "
        "decoding (light grey). A job without a limit, as decoding, is drawn with what it used. "
        "The dashed line is all there is to share out. Each point is the mean of " +
        number(part) + " s.";
    if (std::any_of(run.jobs.begin(), run.jobs.end(), [](const auto& job) { return job.planned; }))
        text += " Where measured shares are no longer stored, those of plans are drawn.";
    return text;
}

Chart chart_of(const History& history, const RunHistory& run, const std::vector<Band>& bands,
               double part, std::size_t parts) {
    Chart chart;
    chart.stacked = true;
    chart.steps = true;
    chart.end = run.end();
    chart.wall_clock = !history.experiment;
    chart.x_label = chart.wall_clock ? "time (UTC)" : "stream time (s)";
    chart.y_label = "share of one device, granted";
    for (const auto& band : bands)
        chart.curves.push_back(
            {band.kind == JobHistory::Kind::inference || band.kind == JobHistory::Kind::retraining
                 ? band.name + ": " + kind_text(band.kind)
                 : band.name,
             band.kind == JobHistory::Kind::inference ? colour(band.stream) : band.colour_text(),
             band.kind == JobHistory::Kind::retraining ? std::vector<int>{3, 2}
                                                       : std::vector<int>{}});
    for (std::size_t i = 0; i < parts; ++i) {
        chart.times.push_back(run.begin() + static_cast<double>(i) * part);
        std::vector<std::optional<double>> row;
        for (const auto& band : bands) row.emplace_back(std::round(band.shares[i] * 1e4) / 1e4);
        chart.values.push_back(std::move(row));
    }
    return chart;
}

}  // namespace

std::vector<double> mean_shares(const JobHistory& job, Time begin, Time end, std::size_t parts) {
    std::vector<double> means(parts, 0);
    const double part = (end - begin) / static_cast<double>(parts);
    for (const auto& stretch : job.stretches) {
        const double from = std::max(stretch.begin, begin) - begin,
                     to = std::min(stretch.end, end) - begin;
        if (to <= from || part <= 0) continue;
        const auto first = static_cast<std::size_t>(from / part);
        for (auto i = first; i < parts && static_cast<double>(i) * part < to; ++i) {
            const double low = static_cast<double>(i) * part;
            const double overlap = std::min(to, low + part) - std::max(from, low);
            if (overlap > 0) means[i] += overlap / part * stretch.granted;
        }
    }
    return means;
}

Picture allocation_picture(const History& history, const RunHistory& run) {
    const Axis axis = axis_of(history, run);
    const double part = part_length(axis.end - axis.begin);
    const auto parts = std::max<std::size_t>(
        1, static_cast<std::size_t>(std::ceil((axis.end - axis.begin) / part - 1e-9)));
    const auto bands = bands_of(run, parts);
    const auto sums = sums_of(bands, parts);
    double most = run.gpus;
    for (const double sum : sums.back()) most = std::max(most, sum);
    // What is metered in short stretches has peaks that would flatten all else.
    const double top = 1.03 * std::min(most, 1.1 * run.gpus);

    Picture picture;
    picture.name = picture_name("allocation", run);
    picture.run = run.name;
    picture.title = "Resource allocation over time";
    picture.caption = caption_of(run, part);
    if (most > top) picture.caption += " Peaks above " + number(top, 3) + " are cut off.";
    picture.main = true;
    const Panels panels(1, 290, 900, 26);
    picture.width = panels.width();
    picture.height = panels.height();
    Script script;
    panels.begin(script, picture.title + policy_text(run));
    panels.panel(script, 0);
    axis.write(script, true);
    script.line("set clip one; set yrange [0:" + number(top) + "]")
        .line("set ytics nomirror out scale 0.5")
        .line("set ylabel 'share of one device, granted' offset 1.5,0");
    const auto ticks = run.windows.size() <= 40 ? run.windows : std::map<int, WindowSpan>{};
    for (const auto& [window, span] : ticks)
        script.line("set arrow from first " + number(axis.at(span.begin)) + ", graph 0 to first " +
                    number(axis.at(span.begin)) +
                    ", graph 1 nohead front lw 0.5 dt (2,4) lc rgb '#444444'");
    add_direct_labels(script, bands, top);
    if (bands.empty()) {
        script.line("set label 'no shares are stored' at graph 0.5, graph 0.5 center")
            .plot("NaN notitle");
    } else {
        for (std::size_t i = 0; i < bands.size(); ++i) {
            const std::string name = "$b" + std::to_string(i);
            script.data(name.substr(1), edges_of(sums[i], sums[i + 1], part));
            script.plot(name + " using 1:2:3 with filledcurves " + bands[i].fill() + " lc rgb '" +
                        bands[i].colour_text() + "' notitle");
        }
        for (std::size_t i = 0; i < bands.size(); ++i)
            script.plot("$b" + std::to_string(i) +
                        " using 1:3 with lines lw 0.5 lc rgb '#222222' notitle");
        script.plot(number(run.gpus) + " with lines lw 1 dt (6,4) lc rgb 'black' notitle");
        std::vector<LegendEntry> legend;
        for (const auto& [kind, fill] :
             {std::pair{JobHistory::Kind::inference,
                        "fs solid 1 border lc rgb 'black' fc rgb '#c0c0c0'"},
              std::pair{JobHistory::Kind::retraining,
                        "fs pattern 2 border lc rgb 'black' fc rgb 'black'"},
              std::pair{JobHistory::Kind::preparation,
                        "fs pattern 5 border lc rgb 'black' fc rgb '#777777'"},
              std::pair{JobHistory::Kind::decoding,
                        "fs solid 1 border lc rgb 'black' fc rgb '#e4e4e4'"}})
            if (std::any_of(bands.begin(), bands.end(),
                            [&, of = kind](const auto& band) { return band.kind == of; }))
                legend.push_back({fill, kind_text(kind)});
        write_legend(script, legend, picture.width, picture.height);
    }
    script.draw();
    picture.script = script.text();
    picture.table = table_of(history, run);
    if (!bands.empty()) picture.chart = chart_of(history, run, bands, part, parts);
    return picture;
}

}  // namespace ekya::report

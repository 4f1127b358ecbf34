#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "ekya/core/text.hpp"

namespace ekya::report {

std::string number(double value, int digits) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    return text.data();
}

std::string percent(double share) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.1f", 100 * share);
    return text.data();
}

std::string time_text(const History& history, Time time) {
    return history.experiment ? number(time, 8) : utc_text(time);
}

const std::string& colour(std::size_t index) {
    static const std::array<std::string, 7> colours{"#0072B2", "#E69F00", "#009E73", "#D55E00",
                                                    "#56B4E9", "#CC79A7", "#555555"};
    return colours[index % colours.size()];
}

std::string tint(const std::string& colour, double white) {
    std::string mixed = "#";
    for (std::size_t i = 1; i + 1 < colour.size(); i += 2) {
        const int level = std::stoi(colour.substr(i, 2), nullptr, 16);
        const auto lighter = static_cast<int>(std::lround(level + (255 - level) * white));
        std::array<char, 8> text{};
        std::snprintf(text.data(), text.size(), "%02x", static_cast<unsigned>(lighter) & 0xff);
        mixed += text.data();
    }
    return mixed;
}

std::vector<int> dash_lengths(std::size_t index) {
    static const std::array<std::vector<int>, 5> dashes{
        std::vector<int>{}, {9, 4}, {3, 3}, {12, 3, 3, 3}, {5, 2, 2, 2, 2, 2}};
    return dashes[index % dashes.size()];
}

std::string dash(std::size_t index) {
    const auto lengths = dash_lengths(index);
    if (lengths.empty()) return "dt 1";
    std::string text = "dt (";
    for (std::size_t i = 0; i < lengths.size(); ++i)
        text += (i == 0 ? "" : ",") + std::to_string(lengths[i]);
    return text + ")";
}

int point(std::size_t index) {
    static constexpr std::array<int, 7> points{7, 5, 13, 9, 11, 6, 4};
    return points[index % points.size()];
}

Script& Script::line(const std::string& text) {
    text_ += text + "\n";
    return *this;
}

Script& Script::data(const std::string& name, const std::vector<std::vector<double>>& rows) {
    text_ += "$" + name + " << EOD\n";
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text_ += (i == 0 ? "" : " ") + (std::isnan(row[i]) ? "NaN" : number(row[i]));
        text_ += "\n";
    }
    text_ += "EOD\n";
    return *this;
}

Script& Script::plot(const std::string& part) {
    parts_.push_back(part);
    return *this;
}

Script& Script::draw() {
    for (std::size_t i = 0; i < parts_.size(); ++i)
        text_ +=
            (i == 0 ? "plot " : "     ") + parts_[i] + (i + 1 < parts_.size() ? ", \\\n" : "\n");
    parts_.clear();
    return *this;
}

namespace {

/// A round distance between marks, at least so much.
double round_step(double least, bool wall_clock) {
    static constexpr std::array<double, 20> clock_steps{
        1,    2,    5,    10,    15,    30,    60,    120,    300,    600,
        1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000};
    if (wall_clock && least <= clock_steps.back())
        return *std::lower_bound(clock_steps.begin(), clock_steps.end(), least);
    const double power = std::pow(10, std::floor(std::log10(std::max(least, 1e-9))));
    for (const double step : {1.0, 2.0, 5.0})
        if (step * power >= least * (1 - 1e-9)) return step * power;
    return 10 * power;
}

}  // namespace

void Axis::write(Script& script, bool texts) const {
    const double length = std::max(end - begin, 1e-6);
    script.line("set xrange [0:" + number(length) + "]");
    const double step = round_step(length / (wall_clock ? 9 : 12), wall_clock);
    std::string tics;
    std::string day;
    const double first = std::ceil(begin / step - 1e-9);
    for (int mark = 0; mark < 40; ++mark) {  // more than there are, whatever is rounded
        const double time = (first + mark) * step;
        if (!(time <= end + 1e-9 * step)) break;
        std::string text;
        if (texts && wall_clock) {
            const auto utc = utc_text(time);  // 2026-11-30T12:00:00Z
            text = utc.substr(11, step < 60 ? 8 : 5);
            if (utc.substr(0, 10) != day) text = utc.substr(5, 5) + " " + text;
            if (step >= 86400) text = utc.substr(0, 10);
            day = utc.substr(0, 10);
        } else if (texts) {
            text = number(std::abs(time) < 1e-9 * step ? 0 : time);
        }
        tics += (tics.empty() ? "" : ",") + gnuplot_text(text) + " " + number(at(time));
    }
    script.line("set xtics nomirror out scale 0.5 (" + tics + ")");
    if (texts) script.line("set xlabel " + gnuplot_text(label()) + " offset 0,0.4");
}

std::string Axis::label() const { return wall_clock ? "time (UTC)" : "stream time (s)"; }

Axis axis_of(const History& history, const RunHistory& run) {
    Axis axis{run.begin(), run.end(), !history.experiment};
    if (axis.end <= axis.begin) axis.end = axis.begin + 1;
    return axis;
}

void Panels::begin(Script& script, const std::string& title) const {
    const auto screen = [&](double pixels) { return number(1 - pixels / height()); };
    script.line("set lmargin at screen " + number(static_cast<double>(left) / width_))
        .line("set rmargin at screen " + number(1 - static_cast<double>(right) / width_))
        .line("set label 1000 " + gnuplot_text(title) + " at screen " +
              number(static_cast<double>(left) / width_) + ", screen " + screen(16) +
              " left font ',14'")
        .line("set border 3 lw 0.7 lc rgb '#444444'")
        .line("set tics textcolor rgb '#222222'")
        .line("unset key");
    if (count_ > 1) script.line("set multiplot");
}

void Panels::panel(Script& script, int index) const {
    const auto screen = [&](double pixels) { return number(1 - pixels / height()); };
    const double gap = count_ > 1 ? 18 : 0;
    script.line("set tmargin at screen " + screen(top + index * panel_ + gap))
        .line("set bmargin at screen " + screen(top + (index + 1) * panel_));
    if (index > 0) script.line("unset label 1000");
}

std::vector<double> spread(const std::vector<double>& values, double gap, double low, double high) {
    std::vector<std::size_t> order(values.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> placed(values.size());
    double least = low;
    for (const auto i : order) {
        placed[i] = std::max(values[i], least);
        least = placed[i] + gap;
    }
    double most = high;
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
        placed[*i] = std::min(placed[*i], most);
        most = placed[*i] - gap;
    }
    return placed;
}

void write_legend(Script& script, const std::vector<LegendEntry>& entries, int width, int height) {
    constexpr double letter = 6.6, box = 22, gap = 22;  // pixels
    double all = -gap;
    for (const auto& entry : entries)
        all += box + 6 + letter * static_cast<double>(entry.text.size()) + gap;
    double x = std::max(8.0, (width - all) / 2);
    int number_of_object = 500;
    for (const auto& entry : entries) {
        if (entry.fill.starts_with("point"))
            script.line("set label '' at screen " + number((x + box / 2) / width) + ", screen " +
                        number(13.0 / height) + " " + entry.fill);
        else
            script.line("set object " + std::to_string(++number_of_object) +
                        " rectangle from screen " + number(x / width) + ", screen " +
                        number(7.0 / height) + " to screen " + number((x + box) / width) +
                        ", screen " + number(19.0 / height) + " " + entry.fill + " lw 0.6");
        script.line("set label " + gnuplot_text(entry.text) + " at screen " +
                    number((x + box + 6) / width) + ", screen " + number(13.0 / height) +
                    " left font ',11'");
        x += box + 6 + letter * static_cast<double>(entry.text.size()) + gap;
    }
}

std::size_t windows_at_once(std::size_t windows, std::size_t most) {
    return std::max<std::size_t>(1, (windows + most - 1) / most);
}

std::string picture_name(const std::string& what, const RunHistory& run) {
    std::string name = what;
    if (!run.name.empty()) name += "-" + run.name;
    for (char& c : name)
        if (std::string_view("/: ").find(c) != std::string_view::npos) c = '-';
    return name;
}

std::string policy_text(const RunHistory& run) {
    return run.name.empty() ? "" : " (policy " + printable(run.name, 60) + ")";
}

std::string thinned_text(std::size_t windows_together) {
    return windows_together <= 1 ? ""
                                 : " For drawing, each " + std::to_string(windows_together) +
                                       " windows are taken together; the table of numbers (--csv) "
                                       "has all of them.";
}

std::string left_out_text(std::size_t streams) {
    return streams <= most_panels
               ? ""
               : " " + std::to_string(streams - most_panels) + " of " + std::to_string(streams) +
                     " streams are not drawn; the table of numbers (--csv) has "
                     "all of them.";
}

std::string outcome_text(RetrainingOutcome outcome) {
    switch (outcome) {
        case RetrainingOutcome::none:
            return "none";
        case RetrainingOutcome::served:
            return "served";
        case RetrainingOutcome::refused:
            return "refused";
        case RetrainingOutcome::late:
            return "late";
        case RetrainingOutcome::skipped:
            return "skipped";
        case RetrainingOutcome::stopped:
            return "stopped";
        case RetrainingOutcome::failed:
            return "failed";
    }
    return {};
}

std::string csv_of(const Table& table) {
    std::string text;
    const auto add = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i == 0 ? "" : ",") + csv_field(row[i]);
        text += "\n";
    };
    add(table.header);
    for (const auto& row : table.rows) add(row);
    if (table.long_rows) table.long_rows(add);
    return text;
}

}  // namespace ekya::report

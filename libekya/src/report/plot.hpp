// What the pictures have in common: how numbers are written, axes, colours, panels.
#pragma once
#include <string>
#include <vector>

#include "ekya/core/text.hpp"
#include "ekya/report/escape.hpp"
#include "ekya/report/picture.hpp"

namespace ekya::report {

/// With so many significant digits.
[[nodiscard]] std::string number(double value, int digits = 6);
/// In per cent, with one digit behind the point: "82.3".
[[nodiscard]] std::string percent(double share);
/// A time of the axis as tables have it.
[[nodiscard]] std::string time_text(const History& history, Time time);

/// Colours that people of all kinds of colour vision tell apart (Okabe and Ito, 2008), darkest
/// first where it matters for print.
[[nodiscard]] const std::string& colour(std::size_t index);
/// The same, so much of white mixed in.
[[nodiscard]] std::string tint(const std::string& colour, double white);
/// gnuplot's dash pattern of a line, solid first, and the lengths of its strokes and gaps.
[[nodiscard]] std::string dash(std::size_t index);
[[nodiscard]] std::vector<int> dash_lengths(std::size_t index);
/// gnuplot's point of a line.
[[nodiscard]] int point(std::size_t index);

/// A script that is being written.
class Script {
public:
    Script& line(const std::string& text);
    /// Rows of numbers, named "$name". An empty row separates curves.
    Script& data(const std::string& name, const std::vector<std::vector<double>>& rows);
    /// The plot command of all that was given to plot() since the last time.
    Script& plot(const std::string& part);
    Script& draw();
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
    std::vector<std::string> parts_;
};

/// The time axis of a picture. Times are drawn relative to `begin`, so that they stay short.
struct Axis {
    Time begin = 0, end = 1;
    bool wall_clock = false;

    [[nodiscard]] double at(Time time) const { return time - begin; }
    /// Range and marks; without texts for all panels but the last.
    void write(Script& script, bool texts) const;
    [[nodiscard]] std::string label() const;
};
[[nodiscard]] Axis axis_of(const History& history, const RunHistory& run);

/// Panels below each other that share an x axis.
class Panels {
public:
    /// Pixels.
    static constexpr int left = 62, right = 128, top = 34, bottom = 58;
    Panels(int count, int panel_height, int width = 900, int extra_bottom = 0)
        : count_(count), panel_(panel_height), width_(width), bottom_(bottom + extra_bottom) {}
    [[nodiscard]] int height() const { return top + count_ * panel_ + bottom_; }
    [[nodiscard]] int width() const { return width_; }
    void begin(Script& script, const std::string& title) const;
    /// Margins of a panel, from 0 at the top.
    void panel(Script& script, int index) const;
    [[nodiscard]] bool is_last(int index) const { return index == count_ - 1; }

private:
    int count_, panel_, width_, bottom_;
};

/// Moves values apart until they lie at least `gap` from each other, within [low, high], the order
/// kept. For labels beside the ends of lines.
[[nodiscard]] std::vector<double> spread(const std::vector<double>& values, double gap, double low,
                                         double high);

/// A row of boxes or points and what they mean, at the bottom of a picture.
struct LegendEntry {
    std::string fill;  ///< gnuplot's fill style and colour: "fs pattern 2 fc rgb 'black'"; or its
                       ///< point: "point pt 9"
    std::string text;
};
void write_legend(Script& script, const std::vector<LegendEntry>& entries, int width, int height);

/// How many windows are drawn as one, so that at most `most` are.
[[nodiscard]] std::size_t windows_at_once(std::size_t windows, std::size_t most = 400);

/// "allocation-best" for a policy's picture, "allocation" of a service.
[[nodiscard]] std::string picture_name(const std::string& what, const RunHistory& run);
/// " (policy best)"; empty for a service.
[[nodiscard]] std::string policy_text(const RunHistory& run);
/// For captions: says that windows are drawn together; empty if they are not.
[[nodiscard]] std::string thinned_text(std::size_t windows_together);

/// Most streams that one picture has panels for.
inline constexpr std::size_t most_panels = 40;
[[nodiscard]] std::string left_out_text(std::size_t streams);

/// As records write it.
[[nodiscard]] std::string outcome_text(RetrainingOutcome outcome);

}  // namespace ekya::report

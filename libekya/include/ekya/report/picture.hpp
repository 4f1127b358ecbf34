#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/report/history.hpp"

namespace ekya::report {

/// The numbers behind a picture, all of them.
struct Table {
    using Row = std::vector<std::string>;
    Row header;
    std::vector<Row> rows;
    /// Of tables too long to be held as texts: gives all rows, one by one. It reads the History
    /// that the picture was made of.
    std::function<void(const std::function<void(const Row&)>&)> long_rows = {};
    std::size_t long_count = 0;  ///< how many these are

    [[nodiscard]] std::size_t count() const { return long_rows ? long_count : rows.size(); }
};

/// What a picture shows as curves over time, for readers who zoom into it.
struct Chart {
    struct Curve {
        std::string name;
        std::string colour;     ///< "#rrggbb"
        std::vector<int> dash;  ///< lengths of strokes and gaps; empty = solid
    };
    bool stacked = false;
    bool steps = false;       ///< a value holds until the next time
    bool wall_clock = false;  ///< times are Unix times
    bool intervals = false;   ///< each value has a low and a high one
    std::string y_label, x_label;
    std::vector<Curve> curves;
    std::vector<Time> times;
    Time end = 0;  ///< of the last step
    /// For each time and curve the value, or low, value and high.
    std::vector<std::vector<std::optional<double>>> values;
    /// A retraining: a bar below the curve's plot, filled if its model serves.
    struct Bar {
        std::size_t curve;
        Time begin, end;
        bool filled;
    };
    std::vector<Bar> bars;
    /// A model that takes over: a triangle on the curve.
    struct Triangle {
        std::size_t curve;
        Time time;
        double value;
    };
    std::vector<Triangle> triangles;
};

/// One picture of a report.
struct Picture {
    std::string name;  ///< of its files, unique in the report
    std::string run;   ///< the policy whose it is; empty = of all, or of a service
    std::string title;
    std::string caption;            ///< what is drawn, for people
    int width = 900, height = 400;  ///< pixels
    std::string script;             ///< gnuplot's, apart from terminal and output
    Table table;
    std::optional<Chart> chart;
    bool main = false;  ///< one of the two that a reader wants first
};

struct PictureOptions {
    std::vector<std::string> policies;  ///< of an experiment, whose pictures are drawn; empty = all
    std::optional<int> window;          ///< whose timeline is drawn too
};

/// All pictures of a report, in the order in which they are read.
/// @throws ConfigError if a policy was not run, or no journal of the window is stored
[[nodiscard]] std::vector<Picture> pictures_of(const History& history,
                                               const PictureOptions& options = {});

/// As a file of comma-separated values.
[[nodiscard]] std::string csv_of(const Table& table);

}  // namespace ekya::report

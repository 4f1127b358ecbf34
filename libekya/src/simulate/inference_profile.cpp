#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/simulate/reference_profiles.hpp"
#include "profile_texts.hpp"

namespace ekya {
namespace {

using Knot = InferenceCurve::Knot;

std::vector<std::string> cells_of(std::string line) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::vector<std::string> cells{""};
    for (const char c : line)
        if (c == ',')
            cells.emplace_back();
        else
            cells.back() += c;
    return cells;
}

std::size_t column_of(const std::vector<std::string>& header, const std::string& name,
                      const std::string& place) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) throw InputError(place + ": column " + name + " is missing");
    return static_cast<std::size_t>(found - header.begin());
}

double number_of(const std::string& cell, const std::string& place) {
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (cell.empty() || error != std::errc() || end != cell.data() + cell.size() ||
        !std::isfinite(value))
        throw InputError(place + ": \"" + cell + "\" is not a number");
    return value;
}

void check(const Knot& knot, const Knot* before, const std::string& place) {
    if (!(knot.stride > 0 && knot.stride <= 1e6))
        throw InputError(place + ": subsampling is not in (0, 1e6]");
    if (!(knot.relative_accuracy >= 0 && knot.relative_accuracy <= 1))
        throw InputError(place + ": c1 is not in [0, 1]");
    if (before && knot.stride <= before->stride)
        throw InputError(place + ": subsampling does not rise");
    if (before && knot.relative_accuracy > before->relative_accuracy)
        throw InputError(place + ": c1 rises with subsampling");
}

struct PlacedKnot {
    Knot knot;
    std::string place;  ///< "file:line"
};

std::vector<PlacedKnot> read_knots(const std::string& text, const std::string& file) {
    std::istringstream in(text);
    std::vector<PlacedKnot> rows;
    std::optional<std::size_t> stride, accuracy;
    std::size_t columns = 0;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        const std::string place = file + ":" + std::to_string(++number);
        const auto cells = cells_of(line);
        if (cells.size() == 1 && cells[0].empty()) continue;
        if (!stride) {
            columns = cells.size();
            stride = column_of(cells, "subsampling", place);
            accuracy = column_of(cells, "c1", place);
            continue;
        }
        if (cells.size() != columns)
            throw InputError(place + ": " + std::to_string(cells.size()) +
                             " cells, the header has " + std::to_string(columns));
        const Knot knot{number_of(cells[*stride], place), number_of(cells[*accuracy], place)};
        check(knot, rows.empty() ? nullptr : &rows.back().knot, place);
        rows.push_back({knot, place});
    }
    if (rows.empty())
        throw InputError(file + ":" + std::to_string(std::max(number, 1)) + ": no rows");
    return rows;
}

}  // namespace

InferenceCurve read_inference_profile(const std::filesystem::path& csv, double full_share) {
    return inference_profile(read_file(csv), csv.string(), full_share);
}

std::vector<InferenceEstimate> read_inference_estimates(const std::filesystem::path& csv,
                                                        double full_share) {
    return inference_estimates(read_file(csv), csv.string(), full_share);
}

InferenceCurve inference_profile(const std::string& text, const std::string& place,
                                 double full_share) {
    std::vector<Knot> knots;
    for (const auto& row : read_knots(text, place)) knots.push_back(row.knot);
    return InferenceCurve::interpolated(std::move(knots), full_share);
}

std::vector<InferenceEstimate> inference_estimates(const std::string& text, const std::string& file,
                                                   double full_share) {
    require_in_range("full_share", full_share, 1e-6, 1e6);
    std::vector<InferenceEstimate> estimates;
    for (const auto& [knot, place] : read_knots(text, file)) {
        if (knot.stride != std::floor(knot.stride))
            throw InputError(place + ": subsampling is not whole");
        estimates.push_back(
            {{static_cast<int>(knot.stride), 0}, knot.relative_accuracy, full_share / knot.stride});
    }
    return estimates;
}

}  // namespace ekya

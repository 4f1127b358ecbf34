#include "ekya/window/window_agreement.hpp"

#include <cmath>

#include "ekya/core/columns.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/profile/agreement.hpp"

namespace ekya {

std::optional<Agreement> golden_agreement(const Store& store, const std::string& stream,
                                          int window) try {
    if (!store.has_labels(stream, window)) return std::nullopt;
    const auto labels = store.labels(stream, window);
    return labels.teacher == "annotations" ? std::nullopt : labels.agreement;
} catch (const InputError&) {
    return std::nullopt;  // damaged labels
}

std::string score_text(const Store& store, const std::string& stream, int window) {
    const auto result = store.accuracy(stream, window);
    if (result && result->accuracy)
        return std::to_string(std::lround(100 * *result->accuracy)) + " %";
    const auto agreement = golden_agreement(store, stream, window);
    return agreement ? to_text(*agreement) : "-";
}

std::vector<std::string> score_lines(const Store& store, const std::vector<std::string>& streams,
                                     int window) {
    std::vector<std::string> cells;
    for (const auto& stream : streams)
        cells.push_back(stream + " " + score_text(store, stream, window));
    return in_columns("window " + std::to_string(window) + ":", cells);
}

}  // namespace ekya

#include "ekya/core/config.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<TrainedLayers, const char*>, 3> layer_names{
    {{TrainedLayers::head, "head"},
     {TrainedLayers::last_stage, "last_stage"},
     {TrainedLayers::all, "all"}}};

}  // namespace

std::string to_string(TrainedLayers layers) {
    for (const auto& [value, name] : layer_names)
        if (value == layers) return name;
    return "all";
}

TrainedLayers trained_layers_from(const std::string& name) {
    for (const auto& [value, text] : layer_names)
        if (name == text) return value;
    throw DomainError("layers: \"" + name + "\" is not one of head, last_stage, all");
}

std::string RetrainingConfig::name() const {
    std::ostringstream text;
    text << 'e' << epochs << "-f" << to_text(data_fraction) << '-' << to_string(layers) << "-b"
         << batch_size << "-h" << head_width << "-lr" << to_text(learning_rate);
    return text.str();
}

std::vector<RetrainingConfig> default_retraining_configs() {
    std::vector<RetrainingConfig> configs;
    for (const auto layers : {TrainedLayers::head, TrainedLayers::all})
        for (const double fraction : {0.1, 0.5, 1.0})
            for (const int epochs : {5, 15, 30}) {
                RetrainingConfig config;
                config.layers = layers;
                config.data_fraction = fraction;
                config.epochs = epochs;
                configs.push_back(config);
            }
    return configs;
}

int activation_variants(const RetrainingConfig& config) {
    return config.layers == TrainedLayers::all ? 1 : std::min(config.epochs, 3);
}

void validate(const RetrainingConfig& config) {
    constexpr double smallest = std::numeric_limits<double>::min();
    require_in_range("epochs", config.epochs, 1, limits::epochs);
    require_in_range("data_fraction", config.data_fraction, smallest, 1);
    require_in_range("batch_size", config.batch_size, 2, limits::batch_size);
    require_in_range("head_width", config.head_width, 0, limits::head_width);
    require_in_range("learning_rate", config.learning_rate, smallest, limits::learning_rate);
}

}  // namespace ekya

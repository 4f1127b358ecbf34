#pragma once
#include <optional>
#include <string>

#include "ekya/core/config.hpp"

namespace ekya {

/// A training after one of its epochs (schema ekya.progress/1).
struct RetrainingProgress {
    std::string stream, model;
    int window = 0;
    int epoch = 0, epochs = 0;
    double loss = 0, learning_rate = 0;
    std::optional<double> accuracy;
    Seconds seconds = 0;
};

}  // namespace ekya

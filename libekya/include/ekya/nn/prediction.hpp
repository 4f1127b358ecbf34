#pragma once
#include <vector>

namespace ekya {

/// What a classifier says about one crop.
struct Prediction {
    int class_index = 0;     ///< most probable class, an index into the model's classes
    double probability = 0;  ///< softmax output of that class; in [0, 1]
};

/// The classes alone.
[[nodiscard]] inline std::vector<int> class_indices(const std::vector<Prediction>& predictions) {
    std::vector<int> indices;
    indices.reserve(predictions.size());
    for (const auto& prediction : predictions) indices.push_back(prediction.class_index);
    return indices;
}

}  // namespace ekya

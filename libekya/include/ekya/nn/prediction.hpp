#pragma once
namespace ekya {

/// What a classifier says about one crop.
struct Prediction {
    int class_index = 0;     ///< most probable class, an index into the model's classes
    double probability = 0;  ///< softmax output of that class; in [0, 1]
};

}  // namespace ekya

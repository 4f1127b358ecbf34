// Writes ONNX models of a few weightless layers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ekya::test {

struct OnnxLayer {
    std::string type;  ///< ONNX operator
    int inputs = 1;    ///< how often it takes the layer before
    std::vector<std::pair<std::string, std::vector<std::int64_t>>>
        lists;                                                  ///< attributes that are lists
    std::vector<std::pair<std::string, std::int64_t>> numbers;  ///< attributes that are numbers
};

/// The bytes of a model that runs `layers` one after the other. @param input  its shape; 0 = open
[[nodiscard]] std::string onnx_model(const std::vector<std::int64_t>& input,
                                     const std::vector<OnnxLayer>& layers);

/// Gives the mean of each of the three channels.
[[nodiscard]] std::string channel_means(std::int64_t batch, std::int64_t size,
                                        bool softmax = false);

/// Means over 16 x 16 pixels, the three channels `times` times over.
[[nodiscard]] std::string cell_means(std::int64_t size, int times);

}  // namespace ekya::test

#pragma once
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"

namespace ekya {

/// What a classifier says of one crop.
struct Classification {
    int class_index = 0;     ///< into the class names
    double probability = 0;  ///< in [0, 1]
};

/// What a model expects and gives; the defaults are those of networks trained on ImageNet.
struct OnnxClassifierOptions {
    int input_size = 0;  ///< side of the input, pixels; 0 = as the model says
    std::array<double, 3> mean = {0.485, 0.456,
                                  0.406};  ///< R, G, B of pixels in [0, 1]; subtracted
    std::array<double, 3> deviation = {0.229, 0.224, 0.225};  ///< R, G, B; divided by; > 0
    bool bgr = false;  ///< channel order of the input; false = RGB
    std::optional<bool> softmax =
        {};  ///< apply softmax to the output; none = only where it is not a distribution already
    int threads = 0;  ///< of OpenCV, for the whole process; 0 = as it is
};

/// An image classifier in ONNX, such as a golden model, run by OpenCV: input [N, 3, S, S] float32,
/// output [N, classes].
class OnnxClassifier {
public:
    /// @param classes  names in the order of the outputs
    /// @throws InputError if the model cannot be read or does not give one value for each class
    /// @throws DomainError naming the option that is out of range
    OnnxClassifier(const std::filesystem::path& model, std::vector<std::string> classes,
                   OnnxClassifierOptions options = {});
    ~OnnxClassifier();
    OnnxClassifier(OnnxClassifier&&) noexcept;
    OnnxClassifier& operator=(OnnxClassifier&&) noexcept;

    /// One answer for each crop, in order; crops of another size are resized. Not for two threads
    /// at once.
    /// @throws InputError if the network gives NaN
    [[nodiscard]] std::vector<Classification> classify(const CropBatch& crops);
    [[nodiscard]] const std::vector<std::string>& classes() const;
    [[nodiscard]] int input_size() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ekya

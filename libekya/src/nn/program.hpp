#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"

namespace ekya {

/// Where the network can be cut: what lies before is frozen, what lies behind is trained.
enum class Cut { image, last_stage, head };
[[nodiscard]] Cut cut_for(TrainedLayers layers);

/// The main path, branches beside it, and what a detector keeps of the main path at each of its
/// finer resolutions.
enum class Path : std::uint8_t { main, branch, second, third, stride4, stride8, stride16 };
inline constexpr std::size_t path_count = 7, first_level = 4;
enum class Activation : std::uint8_t { none, relu, relu6 };

/// One step of a network. Training, inference, counting and export all walk the same list of them.
struct Operation {
    enum class Kind : std::uint8_t {
        convolution,   ///< to = activation(batch norm(convolution(from))); a bias if without norm
        max_pool,      ///< main: 3x3, stride 2, padding 1
        average_pool,  ///< to = mean of from: 3x3, stride 2, padding 1 counted as zeros
        add,           ///< main = activation(main + branch)
        split,         ///< main keeps the first half of its channels, the second becomes branch
        deal,          ///< main keeps the channels of odd index, those of even index become branch
        interleave,    ///< main = channels of main and branch in turn, which is concatenation and a
                       ///< shuffle of two groups
        concatenate,   ///< to = channels of `parts`, one behind the other
        mean,          ///< main: over height and width, [N, C, h, w] -> [N, C]
        keep,          ///< to = main
        merge,         ///< main = branch + main, enlarged to the branch's size
        enlarge,       ///< main, enlarged to the size of from
        place,         ///< main: appends activation(linear(place_features(places)))
        linear         ///< main = activation(linear(main))
    };
    Kind kind;
    Path from = Path::main, to = Path::main;
    Activation activation = Activation::none;
    std::string name = {}, norm = {};  ///< of the tensors of convolution or linear layer and of the
                                       ///< batch norm, e.g. "layer1.0.bn1"
    std::int64_t in = 0, out = 0;      ///< channels
    std::int64_t kernel = 1, stride = 1, groups = 1;
    std::vector<Path> parts = {};
    [[nodiscard]] std::int64_t padding() const { return kernel / 2; }
};

/// How frames become a detector's input, RGB.
struct FrameInput {
    bool stretched = false;    ///< to the input's sides; else letterboxed
    bool unit_levels = false;  ///< in [0, 1]; else each picture is brought to mean 0, deviation 1
};

/// What the outputs of a network mean.
enum class Outputs : std::uint8_t {
    classes,  ///< logits, [N, classes]
    centres,  ///< boxes told at their centres (zoo.hpp), [N, 4 + classes, H/4, W/4]
    cells     ///< a candidate for each cell (zoo.hpp), [N, 5 + classes, H/16, W/16]
};

/// A network as a list of operations.
struct Program {
    std::vector<Operation> operations;
    std::size_t last_stage = 0;  ///< first operation of the last stage
    std::size_t head = 0;        ///< first operation of the head, which takes [N, C]; of a detector
                                 ///< [N, C, h, w]
    Outputs outputs = Outputs::classes;
    FrameInput frames = {};  ///< of a detector
    /// First operation behind the cut.
    [[nodiscard]] std::size_t begin(Cut cut) const {
        return cut == Cut::image ? 0 : cut == Cut::head ? head : last_stage;
    }
};

/// @throws DomainError naming the field of an architecture that cannot be built
[[nodiscard]] Program program_for(const Architecture& architecture);

/// Trainable numbers: weights, biases, batch-norm scales and shifts.
[[nodiscard]] std::int64_t parameter_count(const Program& program);

/// Multiply-accumulates of convolutions and linear layers for one image; batch norm, which is
/// folded away, activations, pooling and additions are not counted, as in the papers. @param width,
/// height of the image, pixels
[[nodiscard]] std::int64_t multiply_accumulates(const Program& program, int width, int height);

/// Whether a tensor belongs to the head: "fc.*" (ResNet, ShuffleNet), "classifier.*" (MobileNet),
/// "hidden.*", "place.*"; of a detector "neck.*" and "head.*"; of FastestDet "detect_head.*".
[[nodiscard]] bool is_head(const std::string& tensor_name);

/// Row of the first class in a tensor of the layer whose last rows are the classes; none for
/// tensors of other layers.
[[nodiscard]] std::optional<std::int64_t> first_class_row(const std::string& tensor_name);

}  // namespace ekya

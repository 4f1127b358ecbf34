#pragma once
#include <cstdint>

#include "program.hpp"

namespace ekya {

// The published networks with torchvision's tensor names, a width multiplier, a hidden layer in the
// head on demand
// ("hidden.*") and a start that fits the input:
//   128 pixels and above   exactly as published; 224 pixels leave the last stage at 7x7
//   49 to 127              ResNet's 7x7 convolution becomes 3x3: 64 pixels leave the last stage at
//   2x2 16 to 48               also the second halving is left out (the max-pool, in MobileNet a
//   stride): 32 pixels leave the
//                          last stage at 2x2 as well
// Ours: MobileNet's dropout before the classifier is left out.

/// He et al., "Deep residual learning for image recognition", CVPR 2016. Last stage: layer4.
[[nodiscard]] Program resnet18(const Architecture& architecture);

/// Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018. Last stage:
/// the blocks of stride 32 (features.14 to 17) and the convolution behind them. Narrower than 1
/// that one keeps its 1280 channels, as published.
[[nodiscard]] Program mobilenet_v2(const Architecture& architecture);

/// Ma et al., "ShuffleNet V2: practical guidelines for efficient CNN architecture design", ECCV
/// 2018. Last stage: stage4 and conv5. Widths 0.5, 1, 1.5 and 2 have the published channels; others
/// scale those of 1, in multiples of 8, and like the published ones keep 24 channels at the start
/// and 1024 at the end (2048 from width 2).
[[nodiscard]] Program shufflenet_v2(const Architecture& architecture);

// As a detector (architecture.task) each of them loses its head and gets a neck, a feature pyramid
// down to stride 4, and a head of its own, without anchors and on that finest resolution alone:
// [N, 4 + classes, H/4, W/4], the logarithms of the distances from a cell's centre to the left,
// top, right and lower edge of the object in its middle, in strides; then a logit of each class,
// whether an object of it has its centre there. Source: Zhou et al., "Objects as points" (2019);
// Tian et al., "FCOS" (ICCV 2019), for the distances; small objects are few cells wide, so a finer
// grid is worth more than several levels.
inline constexpr std::int64_t box_outputs = 4;
inline constexpr int detector_stride = 4;
[[nodiscard]] std::int64_t neck_channels(double width);

/// FastestDet: github.com/dog-qiuqiu/FastestDet (2022), a detector only. Its backbone is a
/// ShuffleNet V2 of width 0.5 without the last convolution, whose units deal out channels before
/// they filter them. What it knows at strides 8, 16 and 32 is brought to stride 16, looked at
/// through one, two and three 5x5 filters, and answered by three branches: [N, 5 + classes, H/16,
/// W/16], the logit of an object's being there; the raw offset of its centre from the cell's corner
/// (tanh, in cells) and its raw sides (sigmoid, in parts of the picture); a logit of each class.
/// Its frames are stretched, in [0, 1]. Last stage: stage4 and what follows; head: the branches and
/// the convolution that they share. Tensor names are the published ones. Ours: the answers' layers
/// have biases instead of a batch norm, which is the same once folded, and give logits; a width
/// multiplier.
[[nodiscard]] Program fastestdet(const Architecture& architecture);
inline constexpr std::int64_t cell_outputs = 5;
inline constexpr int cell_stride = 16;
inline constexpr const char* fastestdet_class_layer = "detect_head.cls_layers.conv5x5.3.";

[[nodiscard]] inline std::int64_t first_kernel(int input_size) { return input_size >= 128 ? 7 : 3; }
[[nodiscard]] inline bool halves_twice(int input_size) { return input_size > 48; }

/// Channels of a layer with `published` of them: rounded to a multiple of 8, at least 8.
[[nodiscard]] std::int64_t scaled_channels(std::int64_t published, double width);

}  // namespace ekya

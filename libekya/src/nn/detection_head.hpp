#pragma once
#include <torch/torch.h>

#include <vector>

#include "ekya/core/box_matching.hpp"
#include "program.hpp"

namespace ekya {

/// What a detector's outputs, [N, C, h, w] (zoo.hpp), mean. Boxes are in pixels of its input.
class DetectionHead {
public:
    virtual ~DetectionHead() = default;
    /// Where F1 is usually best.
    [[nodiscard]] virtual double usual_min_score() const = 0;
    /// To which gradients are shortened: frames with few objects and none make some that are
    /// thousands of times as long as usual ones.
    [[nodiscard]] virtual double longest_gradient() const = 0;
    /// Objects of each picture with at least this score, at most 300, by falling score, without
    /// those that lie on a better one.
    [[nodiscard]] virtual std::vector<std::vector<ScoredBox>> boxes_of(const torch::Tensor& outputs,
                                                                       double min_score) const = 0;
    /// How far float32 outputs are from these objects, a scalar.
    /// @param class_weights [classes], where the outputs are
    [[nodiscard]] virtual torch::Tensor loss(const torch::Tensor& outputs,
                                             const std::vector<std::vector<TargetBox>>& objects,
                                             const torch::Tensor& class_weights) const = 0;
    /// How far outputs are from those of another network of perhaps fewer classes, a scalar.
    [[nodiscard]] virtual torch::Tensor divergence(const torch::Tensor& outputs,
                                                   const torch::Tensor& wanted) const = 0;
};

/// @throws DomainError for the outputs of a classifier
[[nodiscard]] const DetectionHead& detection_head(Outputs outputs);

// The heads, and what they share.

/// Focal loss of the centres, generalised IoU of the boxes.
/// Source: Liu et al., "Training-time-friendly network for real-time object detection" (AAAI 2020),
/// whose targets learn from several cells of an object and so need few passes; Rezatofighi et al.
/// (CVPR 2019) for the IoU.
[[nodiscard]] const DetectionHead& centre_head();

/// FastestDet's: score = objectness^0.6 * probability^0.4.
[[nodiscard]] const DetectionHead& cell_head();

/// The best 300 by falling score, without those that lie with a larger IoU than `most_overlap` on a
/// better one of their class, or of any.
[[nodiscard]] std::vector<ScoredBox> without_doubles(std::vector<ScoredBox> boxes,
                                                     float most_overlap, bool across_classes);

/// Edges of boxes, [n] each.
struct Edges {
    torch::Tensor x0, y0, x1, y1;
};
/// @param corners [n, 4]: x0, y0, x1, y1
[[nodiscard]] Edges edges_of(const torch::Tensor& corners);

struct Overlaps {
    torch::Tensor iou, generalised_iou;  ///< [n]
};
[[nodiscard]] Overlaps overlaps(const Edges& a, const Edges& b);

}  // namespace ekya

#include "detection_head.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/device/kernels.hpp"

namespace ekya {
namespace {

constexpr std::size_t most_boxes_of_picture = 300;

}  // namespace

const DetectionHead& detection_head(Outputs outputs) {
    switch (outputs) {
        case Outputs::centres:
            return centre_head();
        case Outputs::cells:
            return cell_head();
        case Outputs::classes:
            break;
    }
    throw DomainError("task: the network classifies, a detector is needed");
}

std::vector<ScoredBox> without_doubles(std::vector<ScoredBox> boxes, float most_overlap,
                                       bool across_classes) {
    std::stable_sort(boxes.begin(), boxes.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    if (boxes.size() > most_boxes_of_picture) boxes.resize(most_boxes_of_picture);
    if (boxes.empty()) return boxes;
    std::vector<float> corners, scores;
    std::vector<std::int32_t> classes;
    for (const auto& [box, label, score] : boxes) {
        for (const double value : {box.x0, box.y0, box.x1, box.y1})
            corners.push_back(static_cast<float>(value));
        scores.push_back(static_cast<float>(score));
        classes.push_back(label);
    }
    std::vector<std::uint8_t> keep(boxes.size());
    suppress_boxes({1, static_cast<int>(boxes.size()), corners.data(), scores.data(),
                    across_classes ? nullptr : classes.data()},
                   most_overlap, 0, keep.data());
    std::vector<ScoredBox> kept;
    for (std::size_t i = 0; i < boxes.size(); ++i)
        if (keep[i]) kept.push_back(boxes[i]);
    return kept;
}

Edges edges_of(const torch::Tensor& corners) {
    return {corners.select(1, 0), corners.select(1, 1), corners.select(1, 2), corners.select(1, 3)};
}

Overlaps overlaps(const Edges& a, const Edges& b) {
    constexpr double least = 1e-6;
    const auto common = (torch::min(a.x1, b.x1) - torch::max(a.x0, b.x0)).clamp_min(0) *
                        (torch::min(a.y1, b.y1) - torch::max(a.y0, b.y0)).clamp_min(0);
    const auto both = (a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - common;
    const auto hull = (torch::max(a.x1, b.x1) - torch::min(a.x0, b.x0)) *
                      (torch::max(a.y1, b.y1) - torch::min(a.y0, b.y0));
    const auto iou = common / both.clamp_min(least);
    return {iou, iou - (hull - both) / hull.clamp_min(least)};
}

}  // namespace ekya

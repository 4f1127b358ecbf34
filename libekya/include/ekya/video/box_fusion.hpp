#pragma once
#include <vector>

#include "ekya/core/box.hpp"
#include "ekya/video/onnx_detector.hpp"

namespace ekya {

/// Boxes by falling score without those that overlap a stronger one, whatever their classes
/// (non-maximum suppression).
/// @param max_overlap IoU above which the weaker one goes; in [0, 1]
[[nodiscard]] std::vector<Detection> without_doubles(std::vector<Detection> detections,
                                                     double max_overlap);

/// What a detector found when it looked at a frame, or at a part of it.
struct LookResult {
    std::vector<Detection> detections;  ///< boxes of the frame
    Box sees;                           ///< the part of the frame in which it sees objects whole
};

/// One box for all that the looks found of the same object, by falling score. Its corners are their
/// mean, weighted by their scores. Its score is the largest of them times sqrt(found / could), with
/// `could` the looks that see all of the box and `found` the boxes it is made of, at most as many.
/// @param least_overlap IoU with the mean box of its class from which a box is of the same object;
/// in (0, 1]
/// Source: weighted boxes fusion (Solovyev, Wang, Gabruseva, Image and Vision Computing 2021).
/// Ours:   there the score is the mean times found / all looks. A part of the frame cannot show all
/// objects, so only looks that could find it count; and the square root keeps scores near those
/// of a single look, so that a threshold means about the same with few and with many.
[[nodiscard]] std::vector<Detection> fuse_boxes(const std::vector<LookResult>& looks,
                                                double least_overlap = 0.55);

}  // namespace ekya

#include "ekya/video/box_fusion.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ekya {
namespace {

void sort_by_score(std::vector<Detection>& detections) {
    std::stable_sort(detections.begin(), detections.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
}

/// Boxes of one object, as sums weighted by their scores.
struct Cluster {
    Box sum;
    double weight = 0;
    int boxes = 0;
    Detection fused;

    void add(const Detection& detection) {
        const auto& [x0, y0, x1, y1] = detection.box;
        const double w = std::max(detection.score, 1e-6);  // scores of 0 have no mean
        sum = {sum.x0 + w * x0, sum.y0 + w * y0, sum.x1 + w * x1, sum.y1 + w * y1};
        weight += w;
        ++boxes;
        fused.class_name = detection.class_name;
        fused.score = std::max(fused.score, detection.score);
        fused.box = {sum.x0 / weight, sum.y0 / weight, sum.x1 / weight, sum.y1 / weight};
    }
};

Cluster* nearest_of(std::vector<Cluster>& clusters, const Detection& detection,
                    double least_overlap) {
    Cluster* nearest = nullptr;
    double most = least_overlap;
    for (auto& cluster : clusters) {
        if (cluster.fused.class_name != detection.class_name) continue;
        if (const double overlap = iou(cluster.fused.box, detection.box); overlap >= most) {
            most = overlap;
            nearest = &cluster;
        }
    }
    return nearest;
}

bool contains(const Box& outer, const Box& inner) {
    constexpr double tolerance = 1e-6;  // pixels: corners are computed
    return inner.x0 >= outer.x0 - tolerance && inner.y0 >= outer.y0 - tolerance &&
           inner.x1 <= outer.x1 + tolerance && inner.y1 <= outer.y1 + tolerance;
}

}  // namespace

std::vector<Detection> without_doubles(std::vector<Detection> detections, double max_overlap) {
    sort_by_score(detections);
    std::vector<Detection> kept;
    for (auto& detection : detections) {
        const auto overlaps = [&](const Detection& stronger) {
            return iou(stronger.box, detection.box) > max_overlap;
        };
        const bool doubled = std::any_of(kept.begin(), kept.end(), overlaps);
        if (!doubled) {
            kept.push_back(std::move(detection));
        }
    }
    return kept;
}

std::vector<Detection> fuse_boxes(const std::vector<LookResult>& looks, double least_overlap) {
    std::vector<Detection> all;
    for (const auto& look : looks)
        all.insert(all.end(), look.detections.begin(), look.detections.end());
    sort_by_score(all);
    std::vector<Cluster> clusters;
    for (const auto& detection : all) {
        Cluster* same = nearest_of(clusters, detection, least_overlap);
        (same ? *same : clusters.emplace_back()).add(detection);
    }
    std::vector<Detection> fused;
    for (auto& cluster : clusters) {
        const auto could = std::count_if(looks.begin(), looks.end(), [&](const LookResult& look) {
            return contains(look.sees, cluster.fused.box);
        });
        if (cluster.boxes < could)
            cluster.fused.score *= std::sqrt(cluster.boxes / static_cast<double>(could));
        fused.push_back(std::move(cluster.fused));
    }
    sort_by_score(fused);
    return fused;
}

}  // namespace ekya

#include "ekya/core/box_matching.hpp"

#include <algorithm>
#include <numeric>

namespace ekya {
namespace {

/// Part of `box` that lies in `region`, in [0, 1].
double covered(const Box& box, const Box& region) {
    const Box common{std::max(box.x0, region.x0), std::max(box.y0, region.y0),
                     std::min(box.x1, region.x1), std::min(box.y1, region.y1)};
    return box.area() > 0 ? common.area() / box.area() : 0;
}

bool is_on_ignored(const Box& box, std::span<const TargetBox> objects) {
    return std::any_of(objects.begin(), objects.end(), [&](const TargetBox& object) {
        return object.ignore && covered(box, object.box) >= 0.5;
    });
}

}  // namespace

double BoxCounts::f1() const {
    const auto possible = answers + objects;
    return possible == 0 ? 1 : 2 * static_cast<double>(matched) / static_cast<double>(possible);
}

BoxCounts& BoxCounts::operator+=(const BoxCounts& other) {
    answers += other.answers;
    objects += other.objects;
    matched += other.matched;
    return *this;
}

std::vector<int> match_boxes(std::span<const ScoredBox> answers, std::span<const TargetBox> objects,
                             double least_iou) {
    std::vector<std::size_t> order(answers.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return answers[a].score > answers[b].score;
    });
    std::vector<int> matches(answers.size(), unmatched);
    std::vector<bool> taken(objects.size(), false);
    for (const auto answer : order) {
        double most = least_iou;
        for (std::size_t i = 0; i < objects.size(); ++i) {
            if (taken[i] || objects[i].ignore || objects[i].label != answers[answer].label)
                continue;
            const double overlap = iou(answers[answer].box, objects[i].box);
            if (overlap < most || (matches[answer] >= 0 && overlap == most)) continue;
            most = overlap;
            matches[answer] = static_cast<int>(i);
        }
        if (matches[answer] >= 0)
            taken[static_cast<std::size_t>(matches[answer])] = true;
        else if (is_on_ignored(answers[answer].box, objects))
            matches[answer] = on_ignored;
    }
    return matches;
}

BoxCounts count_matches(std::span<const ScoredBox> answers, std::span<const TargetBox> objects,
                        double least_iou) {
    BoxCounts counts;
    for (const int match : match_boxes(answers, objects, least_iou)) {
        if (match != on_ignored) ++counts.answers;
        if (match >= 0) ++counts.matched;
    }
    counts.objects = std::count_if(objects.begin(), objects.end(),
                                   [](const TargetBox& object) { return !object.ignore; });
    return counts;
}

}  // namespace ekya

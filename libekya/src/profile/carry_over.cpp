#include "ekya/profile/carry_over.hpp"

#include <algorithm>
#include <limits>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr double same_object = 0.3;  // IoU, the paper's (§5)

/// The boxes of one analysed frame, ordered by their left side: a search looks only at those that
/// can overlap.
class AnalysedFrame {
public:
    void assign(const FrameObjects& frame) {
        boxes_.clear();
        widest_ = 0;
        for (const auto& object : frame.objects) {
            boxes_.push_back(object.box);
            widest_ = std::max(widest_, object.box.width());
        }
        std::sort(boxes_.begin(), boxes_.end(),
                  [](const Box& a, const Box& b) { return a.x0 < b.x0; });
    }

    [[nodiscard]] bool has(const Box& box) const {
        const auto left_of = [](const Box& a, double x) { return a.x0 < x; };
        auto candidate = std::lower_bound(boxes_.begin(), boxes_.end(), box.x0 - widest_, left_of);
        for (; candidate != boxes_.end() && candidate->x0 < box.x1; ++candidate)
            if (iou(*candidate, box) >= same_object) return true;
        return false;
    }

private:
    std::vector<Box> boxes_;
    double widest_ = 0;
};

}  // namespace

double carried_over(std::span<const FrameObjects> frames, int stride) {
    require_in_range("stride", stride, 1, std::numeric_limits<int>::max());
    AnalysedFrame last;
    std::size_t objects = 0, found = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto& present = frames[i].objects;
        const bool analysed = i % static_cast<std::size_t>(stride) == 0;
        if (analysed) last.assign(frames[i]);
        objects += present.size();
        found += static_cast<std::size_t>(
            std::count_if(present.begin(), present.end(),
                          [&](const FoundObject& o) { return analysed || last.has(o.box); }));
    }
    return objects == 0 ? 1 : static_cast<double>(found) / static_cast<double>(objects);
}

std::vector<double> carried_over(std::span<const FrameObjects> frames,
                                 std::span<const int> strides) {
    std::vector<double> shares;
    for (const int stride : strides) shares.push_back(carried_over(frames, stride));
    return shares;
}

}  // namespace ekya

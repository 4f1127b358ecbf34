#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/background_segm.hpp>

#include "ekya/core/errors.hpp"
#include "ekya/video/object_finder.hpp"
#include "mat_view.hpp"

namespace ekya {
namespace {

constexpr double certain_foreground = 200;  // MOG2 marks shadows 127, foreground 255

void validate(const MotionOptions& options) {
    require_in_range("width", options.width, 16, 1 << 15);
    require_in_range("min_area", options.min_area, 0, 1);
    require_in_range("max_area", options.max_area, options.min_area, 1);
    require_in_range("history", options.history, 1, 1e6);
    require_in_range("warm_up", options.warm_up, 0, 1e9);
    if (!(options.threshold > 0) || std::isinf(options.threshold)) {
        throw DomainError("threshold: " + std::to_string(options.threshold) +
                          " is not in (0, infinity)");
    }
}

class MotionFinder : public ObjectFinder {
public:
    explicit MotionFinder(const MotionOptions& options)
        : options_(options),
          background_(cv::createBackgroundSubtractorMOG2(options.history, options.threshold, true)),
          speck_(cv::getStructuringElement(cv::MORPH_ELLIPSE, {3, 3})),
          gap_(cv::getStructuringElement(cv::MORPH_ELLIPSE, {9, 9})) {}

    std::vector<Box> find(const Frame& frame) override {
        const cv::Mat full = mat_view(frame.image());
        background_->apply(small_grey(full), changed_);
        if (seen_++ < options_.warm_up) {
            return {};
        }
        cv::threshold(changed_, changed_, certain_foreground, 255, cv::THRESH_BINARY);
        cv::morphologyEx(changed_, changed_, cv::MORPH_OPEN, speck_);
        cv::morphologyEx(changed_, changed_, cv::MORPH_CLOSE, gap_);
        return boxes_of_regions(full.size());
    }
    std::string name() const override { return "motion"; }

private:
    const cv::Mat& small_grey(const cv::Mat& full) {
        cv::Size size = full.size();
        if (size.width > options_.width) {
            const double scale = static_cast<double>(options_.width) / size.width;
            size = {options_.width,
                    std::max(1, static_cast<int>(std::lround(size.height * scale)))};
        }
        cv::resize(full, small_, size, 0, 0, cv::INTER_AREA);
        cv::cvtColor(small_, grey_, cv::COLOR_BGR2GRAY);
        return grey_;
    }

    std::vector<Box> boxes_of_regions(cv::Size full) {
        const int regions =
            cv::connectedComponentsWithStats(changed_, labels_, statistics_, centres_);
        const double scale_x = static_cast<double>(full.width) / changed_.cols;
        const double scale_y = static_cast<double>(full.height) / changed_.rows;
        const double frame_area = static_cast<double>(full.width) * full.height;
        std::vector<Box> boxes;
        for (int region = 1; region < regions; ++region) {  // 0 is the background
            const int* found = statistics_.ptr<int>(region);
            const int left = found[cv::CC_STAT_LEFT], top = found[cv::CC_STAT_TOP];
            const Box box{left * scale_x, top * scale_y,
                          (left + found[cv::CC_STAT_WIDTH]) * scale_x,
                          (top + found[cv::CC_STAT_HEIGHT]) * scale_y};
            const double share = box.area() / frame_area;
            if (share >= options_.min_area && share <= options_.max_area) {
                boxes.push_back(clip(box, full.width, full.height));
            }
        }
        return boxes;
    }

    MotionOptions options_;
    cv::Ptr<cv::BackgroundSubtractorMOG2> background_;
    cv::Mat speck_, gap_;  // what opening removes, what closing bridges
    cv::Mat small_, grey_, changed_, labels_, statistics_, centres_;
    int seen_ = 0;
};

}  // namespace

std::unique_ptr<ObjectFinder> motion_finder(MotionOptions options) {
    validate(options);
    return std::make_unique<MotionFinder>(options);
}

}  // namespace ekya

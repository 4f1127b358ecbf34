#include "ekya/video/object_finder.hpp"

#include <utility>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

class AnnotationFinder : public ObjectFinder {
public:
    explicit AnnotationFinder(AnnotationTable table) : table_(std::move(table)) {}

    std::vector<Box> find(const Frame& frame) override {
        if (frame.width != width_ || frame.height != height_) {
            check_inside(table_, frame.width, frame.height);
            width_ = frame.width;
            height_ = frame.height;
        }
        std::vector<Box> boxes;
        for (const auto& annotation : table_.of(frame.index)) {
            boxes.push_back(annotation.box);
        }
        return boxes;
    }
    std::string name() const override { return "annotations"; }

private:
    AnnotationTable table_;
    int width_ = 0, height_ = 0;  // that the boxes are clipped to
};

class DetectorFinder : public ObjectFinder {
public:
    DetectorFinder(OnnxDetector detector, double min_area)
        : detector_(std::move(detector)), min_area_(min_area) {
        if (!(min_area >= 0)) {
            throw DomainError("min_area: " + std::to_string(min_area) + " is not in [0, infinity)");
        }
    }

    std::vector<Box> find(const Frame& frame) override {
        std::vector<Box> boxes;
        for (const auto& detection : detector_.detect(frame.image())) {
            if (detection.box.area() >= min_area_) {
                boxes.push_back(detection.box);
            }
        }
        return boxes;
    }
    std::string name() const override { return "detector"; }

private:
    OnnxDetector detector_;
    double min_area_;
};

class FrameFinder : public ObjectFinder {
public:
    std::vector<Box> find(const Frame& frame) override {
        return {{0, 0, static_cast<double>(frame.width), static_cast<double>(frame.height)}};
    }
    std::string name() const override { return "frame"; }
};

class NoFinder : public ObjectFinder {
public:
    std::vector<Box> find(const Frame&) override { return {}; }
    std::string name() const override { return "model"; }
};

}  // namespace

std::unique_ptr<ObjectFinder> annotation_finder(AnnotationTable table) {
    return std::make_unique<AnnotationFinder>(std::move(table));
}

std::unique_ptr<ObjectFinder> detector_finder(OnnxDetector detector, double min_area) {
    return std::make_unique<DetectorFinder>(std::move(detector), min_area);
}

std::unique_ptr<ObjectFinder> frame_finder() { return std::make_unique<FrameFinder>(); }

std::unique_ptr<ObjectFinder> no_finder() { return std::make_unique<NoFinder>(); }

}  // namespace ekya

#include "ekya/video/frame_teacher.hpp"

#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/video/image_files.hpp"

namespace ekya {
namespace {

class AnnotationFrameTeacher : public FrameTeacher {
public:
    explicit AnnotationFrameTeacher(AnnotationTable table) : table_(std::move(table)) {}

    std::vector<LabelledBox> look_at(std::int64_t frame,
                                     const std::filesystem::path& image) override {
        const auto rows = table_.of(frame);
        std::vector<LabelledBox> boxes;
        if (rows.empty()) return boxes;
        const auto [width, height] = image_size(image);
        for (const auto& row : rows) {
            boxes.push_back({clip(row.box, width, height), row.class_name});
            if (boxes.back().box.area() > 0) continue;
            throw InputError(table_.place(static_cast<std::size_t>(&row - table_.rows().data())) +
                             ": the box lies completely outside the frame of " +
                             std::to_string(width) + " x " + std::to_string(height) + " pixels");
        }
        return boxes;
    }
    std::vector<std::string> classes() const override { return {}; }

private:
    AnnotationTable table_;
};

class DetectorFrameTeacher : public FrameTeacher {
public:
    DetectorFrameTeacher(OnnxDetector detector, TeacherEffort effort)
        : detector_(std::move(detector)), effort_(effort) {}

    std::vector<LabelledBox> look_at(std::int64_t, const std::filesystem::path& image) override {
        const Detect detect = [this](const FrameImage& part) { return detector_.detect(part); };
        std::vector<LabelledBox> boxes;
        for (auto& found : detect_with_effort(detect, read_image(image), effort_))
            boxes.push_back({found.box, std::move(found.class_name), found.score});
        return boxes;
    }
    std::vector<std::string> classes() const override { return detector_.classes(); }

private:
    OnnxDetector detector_;
    TeacherEffort effort_;
};

}  // namespace

std::unique_ptr<FrameTeacher> annotation_frame_teacher(AnnotationTable table) {
    return std::make_unique<AnnotationFrameTeacher>(std::move(table));
}

std::unique_ptr<FrameTeacher> detector_frame_teacher(OnnxDetector detector, TeacherEffort effort) {
    return std::make_unique<DetectorFrameTeacher>(std::move(detector), effort);
}

}  // namespace ekya

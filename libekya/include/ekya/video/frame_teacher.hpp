#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/window.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/onnx_detector.hpp"
#include "ekya/video/teacher_effort.hpp"

namespace ekya {

/// A golden model that says of a whole frame what is in it.
class FrameTeacher {
public:
    virtual ~FrameTeacher() = default;
    /// All objects that it sees, inside the frame; class_name is its own name for the class, ignore
    /// is false. Frames may differ in size.
    /// @param frame index in the source   @param image file of the stored frame
    /// @throws InputError naming the file that cannot be read
    [[nodiscard]] virtual std::vector<LabelledBox> look_at(std::int64_t frame,
                                                           const std::filesystem::path& image) = 0;
    /// Its names of classes; empty = not known.
    [[nodiscard]] virtual std::vector<std::string> classes() const = 0;
};

/// The ground truth, with score 1; boxes are clipped to their frame. look_at() throws InputError
/// naming file and line of a box that lies completely outside.
[[nodiscard]] std::unique_ptr<FrameTeacher> annotation_frame_teacher(AnnotationTable table);

/// A detector, run as dear as `effort` says.
[[nodiscard]] std::unique_ptr<FrameTeacher> detector_frame_teacher(OnnxDetector detector,
                                                                   TeacherEffort effort);

}  // namespace ekya

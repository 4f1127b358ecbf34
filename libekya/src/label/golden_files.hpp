// What golden models for crops and for frames have in common.
#pragma once
#include <filesystem>
#include <string>
#include <vector>
#include "ekya/core/class_names_file.hpp"

#include "ekya/core/window.hpp"
#include "ekya/label/golden_model.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/onnx_detector.hpp"

namespace ekya {

[[nodiscard]] bool is_onnx(const std::string& teacher);

/// @throws InputError if the stream has no annotations, or they cannot be read
[[nodiscard]] AnnotationTable annotations_of(const StreamSource& stream);

/// @param min_score of the boxes it answers with
[[nodiscard]] OnnxDetector open_detector(const GoldenModelOptions& options, double min_score);

}  // namespace ekya

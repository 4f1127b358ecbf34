// What golden models for crops and for frames have in common.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "ekya/core/window.hpp"
#include "ekya/label/golden_model.hpp"
#include "ekya/video/annotations.hpp"
#include "ekya/video/onnx_detector.hpp"

namespace ekya {

[[nodiscard]] bool is_onnx(const std::string& teacher);

/// One a line. @throws InputError if the file cannot be read
[[nodiscard]] std::vector<std::string> read_class_names(const std::filesystem::path& file);

/// @throws InputError if the stream has no annotations, or they cannot be read
[[nodiscard]] AnnotationTable annotations_of(const StreamSource& stream);

/// @param min_score of the boxes it answers with
[[nodiscard]] OnnxDetector open_detector(const GoldenModelOptions& options, double min_score);

}  // namespace ekya

#pragma once
#include <filesystem>
#include <string>

#include "ekya/video/teacher_effort.hpp"

namespace ekya {

/// Which golden model labels, and how it is run.
struct GoldenModelOptions {
    /// "annotations", the file of an ONNX detector or classifier (.onnx), or of a TorchScript
    /// classifier.
    std::string teacher = "annotations";
    std::string kind = "auto";    ///< what an ONNX file is: detector or classifier; auto = detector
                                  ///< unless `names` has the stream's classes
    std::string layout = "auto";  ///< OnnxDetectorOptions::layout
    std::filesystem::path names = {};            ///< its class names; empty = as the model says
    TeacherEffort effort = TeacherEffort::once;  ///< of a detector on whole frames
    int input_size = 0;                          ///< of a classifier; 0 = as the model says
    int threads = 0;                             ///< of OpenCV; 0 = as it is
    std::string device = "cpu";                  ///< of a TorchScript classifier
};

}  // namespace ekya

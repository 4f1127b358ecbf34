#include "golden_files.hpp"

#include <cctype>
#include <sstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {

bool is_onnx(const std::string& teacher) { return teacher.ends_with(".onnx"); }

AnnotationTable annotations_of(const StreamSource& stream) {
    if (stream.annotations.empty())
        throw InputError("the stream list names no annotations; choose another --teacher");
    return read_annotations(stream.annotations, stream.classes);
}

OnnxDetector open_detector(const GoldenModelOptions& options, double min_score) {
    OnnxDetectorOptions detector;
    detector.names = options.names;
    detector.layout = options.layout;
    detector.min_score = min_score;
    detector.threads = options.threads;
    return OnnxDetector(options.teacher, detector);
}

}  // namespace ekya

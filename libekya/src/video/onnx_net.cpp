#include "onnx_net.hpp"

#include <opencv2/core/utils/logger.hpp>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/onnx_check.hpp"
#include "onnx_trial.hpp"

namespace ekya {
namespace {

int ignore_error(int, const char*, const char*, const char*, int, void*) { return 0; }

/// OpenCV throws and prints; this leaves the throwing.
class QuietOpenCv {
public:
    QuietOpenCv()
        : level_(cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT)),
          callback_(cv::redirectError(ignore_error, nullptr, &data_)) {}
    ~QuietOpenCv() {
        cv::redirectError(callback_, data_);
        cv::utils::logging::setLogLevel(level_);
    }
    QuietOpenCv(const QuietOpenCv&) = delete;
    QuietOpenCv& operator=(const QuietOpenCv&) = delete;

private:
    cv::utils::logging::LogLevel level_;
    void* data_ = nullptr;
    cv::ErrorCallback callback_;
};

}  // namespace

OnnxNet::OnnxNet(const std::filesystem::path& model, int threads) : file_(model) {
    if (threads < 0) {
        throw DomainError("threads: " + std::to_string(threads) + " is negative");
    }
    if (threads > 0) {
        cv::setNumThreads(threads);
    }
    const std::string bytes = read_file(model, limits::golden_model_bytes);
    with_context(model.string(), [&] {
        check_onnx(bytes);
        const OnnxShapes shapes = onnx_shapes(bytes);
        if (shapes.inputs.size() != 1 || shapes.inputs.front().size() != 4 ||
            (shapes.inputs.front()[1] != 3 && shapes.inputs.front()[1] != 0)) {
            std::string found;
            for (const auto& input : shapes.inputs) {
                found += (found.empty() ? "" : ", ") + to_string(input);
            }
            throw InputError("found inputs " + (found.empty() ? "none" : found) +
                             ", expected one of shape [N, 3, H, W]");
        }
        input_shape_ = shapes.inputs.front();
        try_onnx(bytes, input_shape_);
        const QuietOpenCv quiet;
        try {
            net_ = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
        } catch (const cv::Exception& e) {
            throw InputError("OpenCV cannot load this model: " + e.err);
        }
        if (net_.empty()) {
            throw InputError("OpenCV cannot load this model");
        }
    });
}

cv::Mat OnnxNet::run(const cv::Mat& input) {
    const QuietOpenCv quiet;
    try {
        net_.setInput(input);
        return net_.forward();
    } catch (const cv::Exception& e) {
        throw InputError(file_.string() + ": OpenCV cannot run this model: " + e.err);
    }
}

}  // namespace ekya

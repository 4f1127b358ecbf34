#include "ekya/video/onnx_classifier.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "ekya/core/errors.hpp"
#include "onnx_net.hpp"

namespace ekya {
namespace {

constexpr int usual_batch = 16;  // where the model leaves it open

void validate(const OnnxClassifierOptions& options) {
    if (options.input_size < 0) {
        throw DomainError("input_size: " + std::to_string(options.input_size) + " is negative");
    }
    for (std::size_t channel = 0; channel < 3; ++channel) {
        if (!std::isfinite(options.mean[channel])) {
            throw DomainError("mean: " + std::to_string(options.mean[channel]) + " is not finite");
        }
        if (!(options.deviation[channel] > 0) || std::isinf(options.deviation[channel])) {
            throw DomainError("deviation: " + std::to_string(options.deviation[channel]) +
                              " is not in (0, infinity)");
        }
    }
}

int input_size_for(const OnnxNet& net, int wanted) {
    const auto& shape = net.input_shape();
    if (shape[2] != shape[3]) {
        throw InputError(net.file().string() + ": found an input of " + to_string(shape) +
                         ", expected a square one");
    }
    if (wanted == 0 && shape[2] <= 0) {
        throw InputError(net.file().string() +
                         ": the model leaves the size of its input open; give input_size");
    }
    if (wanted != 0 && shape[2] > 0 && shape[2] != wanted) {
        throw InputError(net.file().string() + ": found an input of " + to_string(shape) +
                         ", expected input_size " + std::to_string(wanted));
    }
    return wanted != 0 ? wanted : static_cast<int>(shape[2]);
}

bool is_distribution(const float* row, std::size_t count) {
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (row[i] < -1e-6F) {
            return false;
        }
        sum += static_cast<double>(row[i]);
    }
    return std::abs(sum - 1) < 1e-3;
}

Classification best_of(const float* row, std::size_t count, std::optional<bool> softmax) {
    const float* best = std::max_element(row, row + count);
    double probability = static_cast<double>(*best);
    if (softmax.value_or(!is_distribution(row, count))) {
        double sum = 0;
        for (std::size_t i = 0; i < count; ++i) {
            sum += std::exp(static_cast<double>(row[i]) - static_cast<double>(*best));
        }
        probability = 1 / sum;
    }
    return {static_cast<int>(best - row), std::clamp(probability, 0.0, 1.0)};
}

}  // namespace

struct OnnxClassifier::State {
    State(const std::filesystem::path& model, std::vector<std::string> names,
          const OnnxClassifierOptions& given)
        : options(given),
          classes(std::move(names)),
          net(model, given.threads),
          size(input_size_for(net, given.input_size)) {}

    /// Whether the network takes `count` images at once and gives one row for each.
    bool takes(int count) {
        try {
            const int shape[] = {count, 3, size, size};
            return net.run(cv::Mat::zeros(4, shape, CV_32F)).total() ==
                   classes.size() * static_cast<std::size_t>(count);
        } catch (const InputError&) {
            return false;
        }
    }

    /// Models with an open batch size do not always run with one in OpenCV: tried once, here.
    void choose_batch() {
        const auto declared = static_cast<int>(net.input_shape()[0]);
        batch = declared > 0 ? declared : (takes(usual_batch) ? usual_batch : 1);
        const int shape[] = {batch, 3, size, size};
        const auto values = net.run(cv::Mat::zeros(4, shape, CV_32F)).total();
        if (values != classes.size() * static_cast<std::size_t>(batch)) {
            throw InputError(net.file().string() + ": found " +
                             std::to_string(values / static_cast<std::size_t>(batch)) +
                             " outputs for an image, expected " + std::to_string(classes.size()) +
                             ", one for each class");
        }
    }

    /// Writes one crop into image `row` of the input.
    void fill(cv::Mat& input, int row, const CropBatch& crops, std::size_t index) {
        const cv::Mat crop(crops.size, crops.size, CV_8UC3,
                           const_cast<std::uint8_t*>(crops.crop(index).data()));
        cv::resize(crop, resized, {size, size}, 0, 0,
                   crops.size > size ? cv::INTER_AREA : cv::INTER_LINEAR);
        for (int channel = 0; channel < 3; ++channel) {
            const auto from = static_cast<std::size_t>(options.bgr ? 2 - channel : channel);
            cv::extractChannel(resized, plane, static_cast<int>(from));
            cv::Mat target(size, size, CV_32F, input.ptr<float>(row, channel));
            plane.convertTo(target, CV_32F, 1 / (255 * options.deviation[from]),
                            -options.mean[from] / options.deviation[from]);
        }
    }

    OnnxClassifierOptions options;
    std::vector<std::string> classes;
    OnnxNet net;
    int size;
    int batch = 1;
    cv::Mat resized, plane;
};

OnnxClassifier::OnnxClassifier(const std::filesystem::path& model, std::vector<std::string> classes,
                               OnnxClassifierOptions options) {
    validate(options);
    if (classes.size() < 2) {
        throw DomainError("classes: " + std::to_string(classes.size()) +
                          " names, expected at least 2");
    }
    state_ = std::make_unique<State>(model, std::move(classes), options);
    state_->choose_batch();
}

OnnxClassifier::~OnnxClassifier() = default;
OnnxClassifier::OnnxClassifier(OnnxClassifier&&) noexcept = default;
OnnxClassifier& OnnxClassifier::operator=(OnnxClassifier&&) noexcept = default;

const std::vector<std::string>& OnnxClassifier::classes() const { return state_->classes; }
int OnnxClassifier::input_size() const { return state_->size; }

std::vector<Classification> OnnxClassifier::classify(const CropBatch& crops) {
    const std::size_t classes = state_->classes.size();
    const auto batch = static_cast<std::size_t>(state_->batch);
    const int shape[] = {state_->batch, 3, state_->size, state_->size};
    cv::Mat input = cv::Mat::zeros(4, shape, CV_32F);
    std::vector<Classification> answers;
    for (std::size_t first = 0; first < crops.count(); first += batch) {
        const std::size_t count =
            std::min(batch, crops.count() - first);  // the rest of the input keeps old images
        for (std::size_t i = 0; i < count; ++i) {
            state_->fill(input, static_cast<int>(i), crops, first + i);
        }
        const cv::Mat output = state_->net.run(input);
        const auto* values = output.ptr<float>();
        if (!std::all_of(values, values + count * classes,
                         [](float value) { return std::isfinite(value); })) {
            throw InputError(state_->net.file().string() +
                             ": the network gives values that are not finite");
        }
        for (std::size_t i = 0; i < count; ++i) {
            answers.push_back(best_of(values + i * classes, classes, state_->options.softmax));
        }
    }
    return answers;
}

}  // namespace ekya

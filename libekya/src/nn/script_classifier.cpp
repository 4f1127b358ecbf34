#include "ekya/nn/script_classifier.hpp"

#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/script.h>

#include <algorithm>

#include "crop_tensor.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "inference.hpp"
#include "place.hpp"
#include "torch_error.hpp"

namespace ekya {

class ScriptClassifier::Implementation {
public:
    Implementation(const std::filesystem::path& script, const std::string& wish,
                   const ScriptClassifierOptions& options)
        : path_(script.string()), options_(options), device_(resolve_device(wish)) {
        if (options.input_size != 0) require_in_range("input_size", options.input_size, 16, 1024);
        require_in_range("batch_size", options.batch_size, 1, 65536);
        // stdout is for records.
        torch::jit::setPrintHandler([](const std::string&) {});
        try {
            module_ = torch::jit::load(path_, device_);
            module_.eval();
            read_attributes();
        } catch (const std::exception& error) {
            rethrow_as_input_error(error, path_ + ": no TorchScript file");
        }
    }

    std::vector<Prediction> classify(const CropBatch& crops) {
        const torch::NoGradGuard no_grad;
        const auto batch = static_cast<std::size_t>(options_.batch_size);
        const auto& normalisation =
            options_.imagenet_normalisation ? imagenet_normalisation : no_normalisation;
        std::vector<Prediction> result;
        for (std::size_t first = 0; first < crops.count(); first += batch) {
            const auto count = std::min(batch, crops.count() - first);
            const auto input =
                crop_tensor(crops, first, count, options_.input_size, device_, normalisation);
            const auto places =
                takes_places_ ? place_tensor(crops, first, count, device_) : torch::Tensor();
            if (takes_places_ && !places.defined())
                throw DomainError("crops: their places in the frame are unknown, which " + path_ +
                                  " needs");
            const auto part = predictions(scores(input.contiguous(), places));
            result.insert(result.end(), part.begin(), part.end());
        }
        return result;
    }

    const std::vector<std::string>& classes() const { return classes_; }
    void expect_classes(std::size_t count) { expected_ = static_cast<std::int64_t>(count); }

private:
    /// What export_script() has written says how it wants to be called.
    void read_attributes() {
        const auto attribute = [this](const char* name) {
            return module_.hasattr(name) ? module_.attr(name) : c10::IValue();
        };
        const auto yes = [](const c10::IValue& value) { return value.isBool() && value.toBool(); };
        if (yes(attribute("standardises")))
            options_.imagenet_normalisation =
                false;  // it takes values in [0, 1] and does the rest itself
        takes_places_ = yes(attribute("takes_places"));
        if (const auto size = attribute("input_size"); options_.input_size == 0 && size.isInt())
            options_.input_size = static_cast<int>(size.toInt());
        if (options_.input_size == 0) options_.input_size = 224;
        require_in_range("input_size", options_.input_size, 16, 1024);
        const auto classes = attribute("classes");
        if (!classes.isList()) return;
        for (const c10::IValue& name : classes.toListRef())
            if (name.isString()) classes_.push_back(name.toStringRef());
    }

    torch::Tensor scores(const torch::Tensor& input, const torch::Tensor& places) {
        try {
            std::vector<c10::IValue> arguments{input};
            if (takes_places_) arguments.emplace_back(places);
            const auto output = module_.forward(arguments);
            if (!output.isTensor())
                throw InputError(path_ + ": puts out something else than a tensor");
            auto logits = output.toTensor();
            if (logits.dim() != 2 || logits.size(0) != input.size(0) || logits.size(1) < 1)
                throw InputError(path_ + ": puts out " + c10::str(logits.sizes()) + ", expected [" +
                                 std::to_string(input.size(0)) + ", classes]");
            if (expected_ > 0 && logits.size(1) != expected_)
                throw InputError(path_ + ": puts out " + std::to_string(logits.size(1)) +
                                 " scores for each crop, there are " + std::to_string(expected_) +
                                 " classes");
            logits = logits.to(torch::kCPU, torch::kFloat32);
            if (!torch::isfinite(logits).all().item<bool>())
                throw InputError(path_ + ": puts out scores that are not finite");
            return logits;
        } catch (const std::exception& error) {
            rethrow_as_input_error(error,
                                   path_ + ": fails on an input of " + c10::str(input.sizes()));
        }
    }

    std::string path_;
    ScriptClassifierOptions options_;
    torch::Device device_;
    torch::jit::Module module_;
    std::int64_t expected_ = 0;  // classes; 0 = any number
    bool takes_places_ = false;
    std::vector<std::string> classes_;
};

ScriptClassifier::ScriptClassifier(const std::filesystem::path& script, const std::string& device,
                                   const ScriptClassifierOptions& options)
    : implementation_(std::make_unique<Implementation>(script, device, options)) {}
ScriptClassifier::ScriptClassifier(ScriptClassifier&&) noexcept = default;
ScriptClassifier& ScriptClassifier::operator=(ScriptClassifier&&) noexcept = default;
ScriptClassifier::~ScriptClassifier() = default;

std::vector<Prediction> ScriptClassifier::classify(const CropBatch& crops) {
    return implementation_->classify(crops);
}
void ScriptClassifier::expect_classes(std::size_t count) { implementation_->expect_classes(count); }
const std::vector<std::string>& ScriptClassifier::classes() const {
    return implementation_->classes();
}

}  // namespace ekya

#include "inference.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"
#include "mixed_precision.hpp"
#include "place.hpp"
#include "state_dict.hpp"

namespace ekya {

FoldedNetwork load_folded(const Architecture& architecture, const std::filesystem::path& weights,
                          const torch::Device& device, Precision precision) {
    Network network(architecture);
    load_state(network, weights, HeadPolicy::exact);
    network.to(device);
    const bool mixed = precision == Precision::mixed ||
                       (precision == Precision::automatic && multiplies_bfloat16(device));
    return FoldedNetwork(network, mixed ? torch::kBFloat16 : torch::kFloat32);
}

std::vector<Prediction> predictions(const torch::Tensor& logits) {
    const auto [probability, index] = logits.detach().to(torch::kFloat32).softmax(1).max(1);
    const auto probabilities = probability.cpu().contiguous(), indices = index.cpu().contiguous();
    std::vector<Prediction> result(static_cast<std::size_t>(logits.size(0)));
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = {static_cast<int>(indices.data_ptr<std::int64_t>()[i]),
                     static_cast<double>(probabilities.data_ptr<float>()[i])};
    return result;
}

std::vector<Prediction> classify(const FoldedNetwork& network, const CropBatch& crops,
                                 int input_size, const torch::Device& device) {
    const torch::NoGradGuard no_grad;
    const DeviceWork work(device.str());
    std::vector<Prediction> result;
    result.reserve(crops.count());
    const std::size_t chunk = inference_chunk(device);
    for (std::size_t first = 0; first < crops.count(); first += chunk) {
        const auto count = std::min(chunk, crops.count() - first);
        const auto images = crop_tensor(crops, first, count, input_size, device, own_normalisation);
        const auto part =
            predictions(network.forward(images, place_tensor(crops, first, count, device)));
        result.insert(result.end(), part.begin(), part.end());
    }
    return result;
}

std::vector<float> features(const FoldedNetwork& network, const CropBatch& crops, int input_size,
                            const torch::Device& device) {
    const torch::NoGradGuard no_grad;
    const DeviceWork work(device.str());
    std::vector<float> result;
    const std::size_t chunk = inference_chunk(device);
    for (std::size_t first = 0; first < crops.count(); first += chunk) {
        const auto count = std::min(chunk, crops.count() - first);
        const auto rows =
            network
                .before(Cut::head,
                        {crop_tensor(crops, first, count, input_size, device, own_normalisation)})
                .values.to(torch::kFloat32)
                .cpu()
                .contiguous();
        result.insert(result.end(), rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
    }
    return result;
}

double share_correct(const std::vector<Prediction>& predictions, const std::vector<int>& labels) {
    if (labels.empty()) throw DomainError("samples: none to measure the accuracy on");
    if (labels.size() != predictions.size())
        throw DomainError("labels: " + std::to_string(labels.size()) + " for " +
                          std::to_string(predictions.size()) + " crops");
    std::size_t correct = 0;
    for (std::size_t i = 0; i < labels.size(); ++i)
        correct += predictions[i].class_index == labels[i];
    return static_cast<double>(correct) / static_cast<double>(labels.size());
}

}  // namespace ekya

#include "ekya/serving/loaded_model.hpp"

#include "ekya/nn/samples.hpp"
#include "ekya/video/crops.hpp"

namespace ekya {
namespace {

/// Classifies the frames that `chosen` names, all of one network.
void classify_batch(std::span<const FrameToClassify> frames, const std::vector<std::size_t>& chosen,
                    const CropOptions& options,
                    std::vector<std::vector<ClassifiedObject>>& objects) {
    CropBatch crops;
    for (const auto i : chosen)
        if (!frames[i].boxes.empty())
            append_crops(*frames[i].image, frames[i].boxes, options.size, crops, options.margin);
    if (crops.count() == 0) return;
    const auto predictions = frames[chosen.front()].model->classifier->classify(crops);
    std::size_t next = 0;
    for (const auto i : chosen)
        for (const auto& box : frames[i].boxes) {
            const auto& prediction = predictions[next++];
            objects[i].push_back(
                {box,
                 frames[i].model->card.classes[static_cast<std::size_t>(prediction.class_index)],
                 prediction.probability});
        }
}

}  // namespace

std::unique_ptr<LoadedModel> ModelLoader::load(const std::string& stream, const std::string& id,
                                               int input_size) {
    auto model =
        std::make_unique<LoadedModel>(LoadedModel{store_.model(stream, id), nullptr, input_size});
    const auto& card = model->card;
    const std::string key =
        card.sha256 + "/" +
        std::to_string(input_size > 0 ? input_size : card.architecture.input_size);
    {
        const std::lock_guard lock(mutex_);
        model->classifier = shared_[key].lock();
    }
    if (model->classifier) return model;
    model->classifier =
        std::make_shared<Classifier>(card.architecture, store_.weights_file(stream, id), device_,
                                     input_size, serving_precision(card));
    model->classifier->warm_up(device_ == "cpu" ? 8 : 32);  // before anybody else may use it
    const std::lock_guard lock(mutex_);
    std::erase_if(shared_, [](const auto& entry) { return entry.second.expired(); });
    shared_[key] = model->classifier;
    return model;
}

std::vector<std::vector<ClassifiedObject>> classify_frames(std::span<const FrameToClassify> frames,
                                                           const CropOptions& options) {
    std::vector<std::vector<ClassifiedObject>> objects(frames.size());
    std::map<const Classifier*, std::vector<std::size_t>> of_network;
    for (std::size_t i = 0; i < frames.size(); ++i)
        of_network[frames[i].model->classifier.get()].push_back(i);
    for (const auto& [network, chosen] : of_network)
        classify_batch(frames, chosen, options, objects);
    return objects;
}

}  // namespace ekya

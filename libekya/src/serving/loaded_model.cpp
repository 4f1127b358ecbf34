#include "ekya/serving/loaded_model.hpp"

#include "ekya/nn/classifier.hpp"

namespace ekya {
std::unique_ptr<LoadedModel> ModelLoader::load(const std::string& stream, const std::string& id,
                                               int input_size) {
    auto model =
        std::make_unique<LoadedModel>(LoadedModel{store_.model(stream, id), nullptr, input_size});
    const auto& card = model->card;
    const std::string key =
        card.sha256 + "/" +
        std::to_string(input_size > 0 ? input_size : card.architecture.input_size) + "/" +
        std::to_string(card.min_score.value_or(0));
    {
        const std::lock_guard lock(mutex_);
        model->network = shared_[key].lock();
    }
    if (model->network) return model;
    model->network = task_of(card).load(card, store_.weights_file(stream, id), device_, input_size,
                                        serving_precision(card));
    model->network->warm_up(device_ != "cpu");  // before anybody else may use it
    const std::lock_guard lock(mutex_);
    std::erase_if(shared_, [](const auto& entry) { return entry.second.expired(); });
    shared_[key] = model->network;
    return model;
}

std::vector<std::vector<ClassifiedObject>> analyse_frames(std::span<const FrameToAnalyse> frames) {
    std::vector<std::vector<ClassifiedObject>> objects(frames.size());
    std::map<TaskModel*, std::vector<std::size_t>> of_network;
    for (std::size_t i = 0; i < frames.size(); ++i)
        of_network[frames[i].model->network.get()].push_back(i);
    for (const auto& [network, chosen] : of_network) {
        std::vector<FrameToAnswer> batch;
        for (const auto i : chosen)
            batch.push_back({frames[i].image, frames[i].boxes, &frames[i].model->card});
        auto answers = network->answer(batch);
        for (std::size_t i = 0; i < chosen.size(); ++i) objects[chosen[i]] = std::move(answers[i]);
    }
    return objects;
}

}  // namespace ekya

#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/store/store.hpp"
#include "ekya/task/task.hpp"

namespace ekya {

/// A model ready to serve a stream. Streams whose weights are equal share the network.
struct LoadedModel {
    ModelCard card;
    std::shared_ptr<TaskModel> network;
    int input_size = 0;  ///< that was asked for; 0 = as trained
};

/// Loads a process's models from the store; a network that is loaded already is shared. Any number
/// of threads may load.
class ModelLoader {
public:
    /// @param device canonical name, see resolve_device()
    ModelLoader(Store store, std::string device)
        : store_(std::move(store)), device_(std::move(device)) {}

    [[nodiscard]] const std::string& device() const { return device_; }

    /// Loads and warms up. @throws InputError for a model that is missing or damaged, DomainError
    /// for the size
    [[nodiscard]] std::unique_ptr<LoadedModel> load(const std::string& stream,
                                                    const std::string& id, int input_size);

private:
    const Store store_;
    const std::string device_;
    std::mutex mutex_;
    std::map<std::string, std::weak_ptr<TaskModel>> shared_;  // by SHA-256 and input size
};

/// A frame whose objects are to be named or found.
struct FrameToAnalyse {
    const LoadedModel* model;
    const FrameImage* image;
    std::span<const Box> boxes;
};

/// Analyses several frames; those that share a network go through it in one batch. Measured on a
/// CPU: a batch saves up to a third where frames have few objects; weights that differ, run as one
/// grouped convolution, cost more than one after the other, so they are run so.
/// @return for each frame its objects; in the order of its boxes, where it has any
[[nodiscard]] std::vector<std::vector<ClassifiedObject>> analyse_frames(
    std::span<const FrameToAnalyse> frames);

}  // namespace ekya

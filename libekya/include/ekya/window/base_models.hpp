#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ekya/store/store.hpp"
#include "ekya/window/executor.hpp"
#include "ekya/window/store_jobs.hpp"

namespace ekya {

/// Base models of streams that have none.
struct BaseModelOptions {
    std::vector<std::string> streams;  ///< ids
    Seconds seconds = 200;             ///< of video in a window
    int windows = 2;        ///< of the video's beginning, which they are trained on; >= 1
    double fraction = 0.3;  ///< of the objects of these windows that is labelled
    int epochs = 30;
    double learning_rate = 0.1;
    std::string network = "resnet18";
    double width = 0.25;
    int place_width = 32;
    int crop_size = 32;  ///< side of the crops and of the network's input, pixels
    std::vector<std::string> ingest_options;
    int at_once = 1;  ///< streams that are worked on at the same time; >= 1
    StageOptions stages;
};

/// Ingests each stream's first windows, labels them and trains its base model on them, which then
/// serves in the store. What is done already is not done again.
/// @param here runs ingestion @param jobs runs labelling and training; may be `here`
/// @param check called often, may throw to end the work
/// @return streams that failed, and why
[[nodiscard]] std::map<std::string, std::string> train_base_models(
    const Store& store, const BaseModelOptions& options, Executor& here, Executor& jobs,
    const std::function<void()>& check);

}  // namespace ekya

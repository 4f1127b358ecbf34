#pragma once
#include <functional>
#include <map>
#include <optional>
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
    // What is left open is as ekya-train says for the windows' task.
    std::optional<int> epochs;
    std::optional<double> learning_rate;
    std::string network = "resnet18";
    std::optional<double> width;
    std::optional<int> place_width;
    std::optional<int> input_size;  ///< of the network, pixels
    int crop_size = 32;             ///< side of the crops, where windows have any, pixels
    std::vector<std::string> ingest_options;
    bool recorded =
        false;        ///< their windows are in the store: the newest ones, instead of the first
    int at_once = 1;  ///< streams that are worked on at the same time; >= 1
    StageOptions stages;
};

/// The jobs that a stream's base model takes.
class BaseModelJobs {
public:
    BaseModelJobs(const Store& store, BaseModelOptions options)
        : store_(store), o_(std::move(options)) {}
    /// Records the first windows.
    [[nodiscard]] JobRequest ingestion(const std::string& stream) const;
    [[nodiscard]] JobRequest labelling(const std::string& stream, int window) const;
    /// On the first windows that have labels; the model serves then, in the store.
    [[nodiscard]] JobRequest training(const std::string& stream) const;
    /// Takes classes out of the serving model that the list no longer names.
    [[nodiscard]] JobRequest fitting(const std::string& stream) const;
    [[nodiscard]] const BaseModelOptions& options() const { return o_; }

private:
    [[nodiscard]] JobRequest request(const std::string& stream, const std::string& stage,
                                     const char* program) const;
    void add_device(JobRequest& request) const;

    Store store_;
    BaseModelOptions o_;
};

/// Whether the serving model has classes that the list no longer names, or in another order, so
/// that it has to be fitted before it can be retrained. @throws InputError for a damaged model card
[[nodiscard]] bool needs_fitting(const Store& store, const StreamSource& stream);

/// The reason why the labels of a stream's windows, all together, are of little use: "labelling:
/// only 1 of 40 objects ..."; empty if a tenth of the objects or more have one.
[[nodiscard]] std::string labelling_trouble(const Store& store, const std::string& stream);

/// The newest windows of a stream, so many at most, ascending.
[[nodiscard]] std::vector<int> newest_windows(const Store& store, const std::string& stream,
                                              int count);

/// Ingests each stream's first windows (unless they are recorded), labels them and trains its base
/// model on them, which then serves in the store. What is done already is not done again.
/// @param here runs ingestion @param jobs runs labelling and training; may be `here`
/// @param check called often, may throw to end the work
/// @param others told of the ends of jobs that are not these
/// @return streams that failed, and why
[[nodiscard]] std::map<std::string, std::string> train_base_models(
    const Store& store, const BaseModelOptions& options, Executor& here, Executor& jobs,
    const std::function<void()>& check, const std::function<void(const JobEnd&)>& others = {});

}  // namespace ekya

#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/label/golden_model.hpp"
#include "ekya/store/label_filter.hpp"
#include "ekya/store/sample_choice.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

struct LabelOptions {
    GoldenModelOptions golden;
    double fraction = 0.3;  ///< of the window's crops or kept frames; in [0, 1]
    SampleChoice choice = SampleChoice::uncertain;
    double uniform_part = 0.5;  ///< of the labels, whatever the choice; in [0, 1]
    std::uint64_t seed = 1;
    std::string model;       ///< that `uncertain` asks; empty = the serving one
    double min_score = 0.3;  ///< labels below this confidence of the golden model are left out
    std::optional<double> ignore_score = {};  ///< of boxes in frames: from it up to min_score the
                                              ///< place is ignored; none = half of min_score
    ClassMap class_map = {};
    double max_seconds = 0;  ///< no new labels after it; 0 = no limit
};

/// A window to be labelled.
struct LabelRequest {
    const Store& store;
    const StreamSource& stream;
    int window = 0;
    const LabelOptions& options;
    std::vector<std::string> all_classes = {};  ///< of all streams, which the class map may name
    std::function<void(const std::string&)> warn = [](const std::string&) {};
    /// Throws where the work is to end. Two threads may call it.
    std::function<void()> check_interrupted = [] {};
    /// Ends the process, from another thread, when the golden model does not answer; it is told why
    /// and what is labelled so far. Empty: a golden model is waited for, however long.
    std::function<void(const std::string& why, const LabelSet& so_far)> give_up = {};
    /// Told how many of the chosen crops or frames are labelled.
    std::function<void(std::size_t done, std::size_t chosen)> progress = {};
};

/// Labelling for one task. One object labels one window.
class WindowLabeller {
public:
    virtual ~WindowLabeller() = default;
    /// Chooses what is labelled. @return how many crops or frames
    [[nodiscard]] virtual std::size_t choose() = 0;
    /// Number that is labelled between two looks at the clock.
    [[nodiscard]] virtual std::size_t step() const = 0;
    /// Adds the labels of `count` chosen ones, from the one of index `first` on.
    virtual void label(std::size_t first, std::size_t count, LabelSet& set) = 0;
    /// Adds what became of the golden model's answers, and how well the serving model agrees.
    virtual void conclude(LabelSet& set) = 0;
};

/// For the task of the window; the request must outlive it. @throws InputError if the window, the
/// golden model or a model that is named cannot be read; ConfigError for options that do not fit
/// the task
[[nodiscard]] std::unique_ptr<WindowLabeller> window_labeller(const LabelRequest& request);

/// The labels of a window, not stored yet.
[[nodiscard]] LabelSet label_window(const LabelRequest& request);

}  // namespace ekya

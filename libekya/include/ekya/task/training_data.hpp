#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/grade.hpp"
#include "ekya/core/samples.hpp"
#include "ekya/store/store.hpp"
#include "ekya/task/task.hpp"

namespace ekya {

/// Which samples of a class are remembered when not all can be.
enum class ExemplarChoice {
    random,   ///< a seeded shuffle
    herding,  ///< those whose mean feature stays nearest to that of all of the class (iCaRL)
    recent    ///< the newest first
};
/// @throws DomainError for a name that is not random, herding or recent
[[nodiscard]] ExemplarChoice exemplar_choice_from(const std::string& name);

/// The memory of earlier windows, beyond how many samples it holds.
struct MemoryOptions {
    std::int64_t bytes =
        0;  ///< of their pixels, at most; 0 = as much as the number of samples takes
    ExemplarChoice choice = ExemplarChoice::random;
    int from_window = 0;  ///< windows before this one are forgotten
};

/// Features of samples: [samples, C] float, row after row.
using FeatureExtractor = std::function<std::vector<float>(const Samples&)>;

/// Which labelled samples a training may use.
struct TrainingDataRequest {
    std::string stream;
    std::vector<std::string> classes;  ///< class index = position
    std::vector<int> fresh_windows;    ///< the newest windows, ascending, learned from in full
    int memory_before = 0;             ///< exemplars come from labelled windows below this one
    int exemplars = 600;               ///< at most this many samples of earlier windows; 0 = none
    MemoryOptions memory = {};
    FeatureExtractor features = {};  ///< needed for herding; without it the choice is random
    double held_out =
        0.2;  ///< part of the uniformly drawn fresh labels kept for measuring; in [0, 1)
    int held_out_most = 0;  ///< but about this many at most; 0 = no limit
    int check_windows = 0;  ///< of so many newest earlier windows the held-out part stays held out
    std::uint64_t seed = 1;
};

/// Which objects of a window an accuracy is about.
enum class Emphasis {
    whole_window,  ///< all alike
    newest  ///< an object counts in proportion to when in the window it was seen: what lies ahead
            ///< looks most like the end
};

/// What an object counts where accuracies are measured.
struct Measured {
    double weight = 1;  ///< as Label's; 0 = not measured on
    double moment = 1;  ///< of its frame in its window, in (0, 1]; 1 = the last one

    [[nodiscard]] double under(Emphasis emphasis) const {
        return emphasis == Emphasis::newest ? weight * moment : weight;
    }
};

/// What they are.
struct TrainingData {
    std::shared_ptr<Samples> fresh;      ///< to train on
    std::shared_ptr<Samples> held_out;   ///< never trained on; drawn uniformly, whatever chose the
                                         ///< labels
    std::shared_ptr<Samples> exemplars;  ///< of earlier windows, class-balanced
    std::shared_ptr<Samples> check;      ///< held out in earlier windows and not trained on since
    std::vector<int> windows;            ///< all windows that contributed, ascending
    int unknown = 0;  ///< labels left out because their class is not among `classes`
    std::vector<std::size_t>
        uniform;  ///< those of `fresh` that were drawn uniformly, by index, ascending
    std::vector<Measured> measured;           ///< each of `fresh`
    std::vector<Measured> held_out_measured;  ///< each of `held_out`
};

/// Labelled samples that stand for more or less of a window's objects.
struct WeightedSamples {
    std::shared_ptr<Samples> samples;
    std::vector<Measured> as;  ///< each sample; weights > 0

    [[nodiscard]] bool empty() const { return as.empty(); }
    /// Of each sample. @param emphasis which objects an accuracy is about
    [[nodiscard]] std::vector<double> weights(Emphasis emphasis = Emphasis::whole_window) const;
};

/// The windows whose labels are new to a model: the one before `before`, whatever is there, and of
/// the `most` newest ones the other labelled ones that came after all that the model has learned
/// from. Ascending. What came before that its parents may have learned from.
/// @param most >= 1   @throws DomainError if it is not
[[nodiscard]] std::vector<int> windows_new_to(const ModelCard& model, const Store& store,
                                              const std::string& stream, int before, int most);

/// The first windows of a stream that have any label, so many at most; ascending.
[[nodiscard]] std::vector<int> first_labelled_windows(const Store& store, const std::string& stream,
                                                      int most);

/// Reads the labelled samples of a stream, of the task of its windows. Exemplars are drawn class by
/// class in turn, so that rare classes of earlier windows are not forgotten; within a class the
/// choice decides. What a window holds out depends on seed, stream and window only: it is the same
/// in every training with the same part held out, so a model and its parent were trained on none of
/// `check`.
/// @throws InputError if a fresh window or its labels are missing or damaged; earlier windows
/// without labels are passed over
/// @throws DomainError if `features` gives something else than one row of the same length for each
/// crop Source: the exemplar memory of iCaRL (Rebuffi et al., CVPR 2017, Algorithm 4) as used by
/// Ekya, §5. Ours:   random or newest by choice; herding over what the store holds, not over what
/// an earlier choice left.
[[nodiscard]] TrainingData load_training_data(const Store& store,
                                              const TrainingDataRequest& request);

/// What a model that has seen none of the fresh labels is measured on: all that have a weight, held
/// out or not.
/// @param most so many of them, spread over all; 0 = all
[[nodiscard]] WeightedSamples measuring_sample(const TrainingData& data, std::size_t most = 0);

/// All fresh samples that were drawn uniformly, held out or not: what models are compared on.
/// @param most the held-out ones and, spread over the window, so many others that there are `most`;
/// 0 = all
[[nodiscard]] std::shared_ptr<Samples> evaluation_sample(const TrainingData& data,
                                                         std::size_t most = 0);

/// The objects of a window that are labelled in `truth` but not in `store`: of the kind that the
/// store's labels were drawn from, and nothing has been trained on them. Empty if the stores are
/// the same, or if the store's labels were not all drawn uniformly: what is left is of another kind
/// then.
/// @throws InputError if the window or its labels are missing in one of them or damaged, or if they
/// are not of one ingestion
[[nodiscard]] std::shared_ptr<Samples> objects_without_label(
    const Store& store, const Store& truth, const std::string& stream,
    const std::vector<std::string>& classes, int window);

}  // namespace ekya

#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// Which crops of a class are remembered when not all can be.
enum class ExemplarChoice {
    random,   ///< a seeded shuffle
    herding,  ///< those whose mean feature stays nearest to that of all crops of the class (iCaRL)
    recent    ///< the newest first
};
/// @throws DomainError for a name that is not random, herding or recent
[[nodiscard]] ExemplarChoice exemplar_choice_from(const std::string& name);

/// The memory of earlier windows, beyond how many crops it holds.
struct MemoryOptions {
    std::int64_t bytes =
        0;  ///< of the crops' pixels, at most; 0 = as much as the number of crops takes
    ExemplarChoice choice = ExemplarChoice::random;
    int from_window = 0;  ///< windows before this one are forgotten
};

/// Features of crops: [crops, C] float, row after row.
using FeatureExtractor = std::function<std::vector<float>(const CropBatch&)>;

/// Which labelled crops a training may use.
struct TrainingDataRequest {
    std::string stream;
    std::vector<std::string> classes;  ///< class index = position
    std::vector<int> fresh_windows;    ///< the newest windows, ascending, learned from in full
    int memory_before = 0;             ///< exemplars come from labelled windows below this one
    int exemplars = 600;               ///< at most this many crops of earlier windows; 0 = none
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
    LabelledCrops fresh;       ///< to train on
    LabelledCrops held_out;    ///< never trained on; drawn uniformly, whatever chose the labels
    LabelledCrops exemplars;   ///< of earlier windows, class-balanced
    LabelledCrops check;       ///< held out in earlier windows and not trained on since
    std::vector<int> windows;  ///< all windows that contributed, ascending
    int unknown = 0;           ///< labels left out because their class is not among `classes`
    std::vector<std::size_t>
        uniform;  ///< those of `fresh` that were drawn uniformly, by index, ascending
    std::vector<Measured> measured;           ///< each of `fresh`
    std::vector<Measured> held_out_measured;  ///< each of `held_out`
};

/// Labelled crops that stand for more or less of a window's objects.
struct WeightedCrops {
    LabelledCrops crops;
    std::vector<Measured> as;  ///< each crop; weights > 0

    [[nodiscard]] bool empty() const { return as.empty(); }
    /// How many labels of equal weight would measure about as well (Kish: sum squared over sum of
    /// squares); cautious, as it does not know of what is labelled completely.
    [[nodiscard]] int effective_count() const;
    /// Accuracy of these answers, class indices. 0 without crops. @throws DomainError if they are
    /// not as many
    [[nodiscard]] double share_right(const std::vector<int>& answers,
                                     Emphasis emphasis = Emphasis::whole_window) const;
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

/// Reads the labelled crops of a stream. Exemplars are drawn class by class in turn, so that rare
/// classes of earlier windows are not forgotten; within a class the choice decides. What a window
/// holds out depends on seed, stream and window only: it is the same in every training with the
/// same part held out, so a model and its parent were trained on none of `check`.
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
[[nodiscard]] WeightedCrops measuring_sample(const TrainingData& data, std::size_t most = 0);

/// All fresh crops that were drawn uniformly, held out or not: what models are compared on.
/// @param most the held-out ones and, spread over the window, so many others that there are `most`;
/// 0 = all
[[nodiscard]] LabelledCrops evaluation_sample(const TrainingData& data, std::size_t most = 0);

/// The objects of a window that are labelled in `truth` but not in `store`: of the kind that the
/// store's labels were drawn from, and nothing has been trained on them. Empty if the stores are
/// the same, or if the store's labels were not all drawn uniformly: what is left is of another kind
/// then.
/// @throws InputError if the window or its labels are missing in one of them or damaged, or if they
/// are not of one ingestion
[[nodiscard]] LabelledCrops objects_without_label(const Store& store, const Store& truth,
                                                  const std::string& stream,
                                                  const std::vector<std::string>& classes,
                                                  int window);

}  // namespace ekya

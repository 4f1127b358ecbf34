#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ekya/store/training_data.hpp"

namespace ekya {

/// A labelled crop by reference; pixels are read once it is known which are needed.
struct Reference {
    int window;
    int crop;
    int label;
    bool uniform;   ///< the label was drawn uniformly from the window
    double weight;  ///< as Label's
    double moment;  ///< when in its window: of the frame, in (0, 1]; 1 = the last one
    friend auto operator<=>(const Reference&, const Reference&) = default;
};

/// std::shuffle may differ between standard libraries; results must not.
template <typename T> void shuffle(std::vector<T>& items, std::mt19937_64& random) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

/// One stream's windows, each manifest read once and the crops of the window asked for last kept:
/// what is needed of a window is mostly asked for together.
class WindowReader {
public:
    WindowReader(const Store& store, std::string stream)
        : store_(store), stream_(std::move(stream)) {}
    [[nodiscard]] const Store& store() const { return store_; }
    [[nodiscard]] const WindowManifest& manifest(int window);
    [[nodiscard]] const CropBatch& crops(int window);

private:
    const Store& store_;
    std::string stream_;
    std::map<int, WindowManifest> manifests_;
    int window_ = -1;
    CropBatch crops_;
};

/// @throws InputError for windows whose crops differ in size, and damaged ones
[[nodiscard]] LabelledCrops read_crops(WindowReader& reader,
                                       const std::vector<Reference>& references);

/// The crops to remember: one of each class in turn until the budget is spent or none is left,
/// ascending.
/// @param crop_side in pixels, for the budget in bytes
[[nodiscard]] std::vector<Reference> choose_exemplars(WindowReader& reader,
                                                      const TrainingDataRequest& request,
                                                      const std::vector<Reference>& from,
                                                      int crop_side);

/// Positions in the order in which herding takes them, `count` at most: each brings the mean of
/// what is taken nearest to the mean of all. @param rows [n, columns], scaled to length 1 first
[[nodiscard]] std::vector<std::size_t> herding_order(const std::vector<float>& rows,
                                                     std::size_t columns, std::size_t count);

}  // namespace ekya

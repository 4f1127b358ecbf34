#pragma once
#include <compare>
#include <map>
#include <string>

#include "ekya/core/image.hpp"
#include "ekya/core/window.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// A labelled sample by reference; pixels are read once it is known which are needed.
struct LabelledSample {
    int window;
    int sample;     ///< index of the crop or the frame in its window
    int label;      ///< class index, or another number for a group that is drawn from alike
    bool uniform;   ///< the label was drawn uniformly from the window
    double weight;  ///< as Label's
    double moment;  ///< when in its window: of the frame, in (0, 1]; 1 = the last one
    friend auto operator<=>(const LabelledSample&, const LabelledSample&) = default;
};

/// One stream's windows, each manifest and label set read once and the crops of the window asked
/// for last kept: what is needed of a window is mostly asked for together.
class WindowReader {
public:
    WindowReader(const Store& store, std::string stream)
        : store_(store), stream_(std::move(stream)) {}
    [[nodiscard]] const Store& store() const { return store_; }
    [[nodiscard]] const WindowManifest& manifest(int window);
    [[nodiscard]] const LabelSet& labels(int window);
    [[nodiscard]] const CropBatch& crops(int window);

private:
    const Store& store_;
    std::string stream_;
    std::map<int, WindowManifest> manifests_;
    std::map<int, LabelSet> labels_;
    int window_ = -1;
    CropBatch crops_;
};

}  // namespace ekya

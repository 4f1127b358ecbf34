#include "ekya/core/samples.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

template <typename Kind> const Kind& same_kind(const Samples& samples) {
    if (const auto* same = dynamic_cast<const Kind*>(&samples)) return *same;
    throw DomainError("samples: those of two tasks cannot be together");
}

}  // namespace

void LabelledCrops::append(const Samples& from, std::size_t index) {
    const auto& other = same_kind<LabelledCrops>(from);
    crops.append(other.crops, index);
    labels.push_back(other.labels[index]);
}

std::size_t LabelledFrames::labels_in_all() const {
    std::size_t labels = 0;
    for (const auto& frame : boxes)
        labels += static_cast<std::size_t>(std::count_if(
            frame.begin(), frame.end(), [](const TargetBox& box) { return !box.ignore; }));
    return labels;
}

void LabelledFrames::append(const Samples& from, std::size_t index) {
    const auto& other = same_kind<LabelledFrames>(from);
    images.push_back(other.images[index]);
    boxes.push_back(other.boxes[index]);
}

}  // namespace ekya

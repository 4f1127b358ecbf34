#include "ekya/core/samples.hpp"

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

void LabelledFrames::append(const Samples& from, std::size_t index) {
    const auto& other = same_kind<LabelledFrames>(from);
    images.push_back(other.images[index]);
    boxes.push_back(other.boxes[index]);
}

}  // namespace ekya

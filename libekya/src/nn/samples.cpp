#include "ekya/nn/samples.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "ekya/core/errors.hpp"
#include "random.hpp"

namespace ekya {

void validate(const TrainingSamples& samples, int classes) {
    if (samples.crops.count() != samples.labels.size())
        throw DomainError("labels: " + std::to_string(samples.labels.size()) + " for " +
                          std::to_string(samples.crops.count()) + " crops");
    for (std::size_t i = 0; i < samples.labels.size(); ++i)
        if (samples.labels[i] < 0 || samples.labels[i] >= classes)
            throw DomainError("labels[" + std::to_string(i) +
                              "]: " + std::to_string(samples.labels[i]) + " is not in [0, " +
                              std::to_string(classes - 1) + "]");
}

void validate(const LabelledFrames& samples, int classes) {
    if (samples.images.size() != samples.boxes.size())
        throw DomainError("boxes: of " + std::to_string(samples.boxes.size()) + " frames for " +
                          std::to_string(samples.images.size()) + " images");
    for (std::size_t i = 0; i < samples.images.size(); ++i) {
        const auto& image = samples.images[i];
        if (!image || image->width < 1 || image->height < 1 ||
            image->bgr.size() != std::size_t{3} * image->width * image->height)
            throw DomainError("images[" + std::to_string(i) + "]: has no pixels");
        for (const auto& [box, label, ignore] : samples.boxes[i]) {
            for (const double corner : {box.x0, box.y0, box.x1, box.y1})
                if (!std::isfinite(corner))
                    throw DomainError("boxes[" + std::to_string(i) + "]: a corner is not finite");
            if (!ignore && (label < 0 || label >= classes))
                throw DomainError("boxes[" + std::to_string(i) + "]: class " +
                                  std::to_string(label) + " is not in [0, " +
                                  std::to_string(classes - 1) + "]");
        }
    }
}

std::vector<std::size_t> stratified_part(const std::vector<int>& labels, double fraction,
                                         std::uint64_t seed) {
    if (!(fraction > 0 && fraction <= 1))
        throw DomainError("data_fraction: " + std::to_string(fraction) + " is not in (0, 1]");
    std::map<int, std::vector<std::size_t>> by_class;
    for (std::size_t i = 0; i < labels.size(); ++i) by_class[labels[i]].push_back(i);

    std::vector<std::size_t> part;
    for (auto& [label, indices] : by_class) {
        Random(seed, static_cast<std::uint64_t>(label))
            .shuffle(indices);  // one order for every fraction: nested
        const auto share = std::lround(fraction * static_cast<double>(indices.size()));
        const auto kept = static_cast<std::size_t>(std::max(share, 1L));
        part.insert(part.end(), indices.begin(),
                    indices.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    std::sort(part.begin(), part.end());
    return part;
}

}  // namespace ekya

#include "ekya/store/frame_choice.hpp"

#include <algorithm>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "part_choice.hpp"

namespace ekya {
namespace {

void require_as_many(const char* name, std::size_t found, std::size_t frames) {
    if (found != frames)
        throw DomainError(std::string(name) + ": " + std::to_string(found) + " for " +
                          std::to_string(frames) + " kept frames");
}

/// Indices of the kept frames by falling doubt.
std::vector<std::size_t> most_doubtful_first(const WindowManifest& manifest,
                                             const std::vector<std::size_t>& kept,
                                             const FrameChoiceOptions& options) {
    const auto doubt = options.doubt(kept);
    require_as_many("doubt", doubt.size(), kept.size());
    for (const double value : doubt)
        if (!std::isfinite(value)) throw DomainError("doubt: is not finite");
    // Independent of the draw of the uniform part, which speaks for all behind the last one chosen.
    auto order = draw(manifest, kept.size(), 1, ~options.seed);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return doubt[a] > doubt[b]; });
    return order;
}

std::vector<ChosenPart> choose_parts(const WindowManifest& manifest,
                                     const std::vector<std::size_t>& kept,
                                     const FrameChoiceOptions& options) {
    const bool all_uniform = options.choice == SampleChoice::uniform || options.fraction >= 1 ||
                             (options.choice == SampleChoice::uncertain && !options.doubt);
    auto uniform = draw(manifest, kept.size(),
                        options.fraction * (all_uniform ? 1 : options.uniform_part), options.seed);
    std::sort(uniform.begin(), uniform.end());
    const auto wanted = wanted_of(kept.size(), options.fraction);
    if (all_uniform || uniform.size() >= wanted) return only(uniform);
    if (options.choice == SampleChoice::uncertain)
        return with_first_of(most_doubtful_first(manifest, kept, options), uniform, wanted);
    if (!options.pictures)
        throw ConfigError("choice: change needs pictures of the frames, which are not given");
    const auto pictures = options.pictures(kept);
    require_as_many("pictures", pictures.count(), kept.size());
    return with_most_different(pictures, uniform, wanted);
}

}  // namespace

std::vector<std::size_t> kept_frames(const WindowManifest& manifest) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < manifest.frames.size(); ++i)
        if (!manifest.frames[i].image.empty()) kept.push_back(i);
    return kept;
}

std::vector<ChosenFrame> choose_frames(const WindowManifest& manifest,
                                       const FrameChoiceOptions& options) {
    require_in_range("fraction", options.fraction, 0, 1);
    require_in_range("uniform_part", options.uniform_part, 0, 1);
    const auto kept = kept_frames(manifest);
    std::vector<ChosenFrame> chosen;
    for (const auto& part : choose_parts(manifest, kept, options))
        chosen.push_back({kept[part.index], part.uniform, part.weight});
    return chosen;
}

}  // namespace ekya

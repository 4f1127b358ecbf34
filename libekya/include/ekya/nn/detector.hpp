#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/box_matching.hpp"
#include "ekya/core/image.hpp"
#include "ekya/core/model_card.hpp"
#include "ekya/nn/precision.hpp"

namespace ekya {

/// Of boxes that are answers, where a card says nothing else.
inline constexpr double default_min_score = 0.3;
/// The same for one network: fastestdet's scores run higher. @throws DomainError for a classifier
[[nodiscard]] double usual_min_score(const Architecture& architecture);

/// How a detector sees frames, which its network decides: FastestDet's are stretched, in [0, 1].
/// @throws DomainError for an architecture that cannot be built
[[nodiscard]] Preprocess frame_preprocess(const Architecture& architecture);

/// An edge detector ready to serve: weights loaded, batch norm folded into the convolutions. One
/// caller at a time per instance.
class Detector {
public:
    /// @param input_size_override width in pixels of the input that frames are fitted into,
    /// its height in proportion; 0 = what the model was trained with
    /// @param precision as Classifier's
    /// @throws InputError for weights that do not fit, DomainError for sizes out of range,
    /// ConfigError for the device
    Detector(const Architecture& architecture, const std::filesystem::path& weights,
             const std::string& device = "cpu", int input_size_override = 0,
             Precision precision = Precision::full);
    Detector(Detector&&) noexcept;
    Detector& operator=(Detector&&) noexcept;
    ~Detector();

    /// The same model for another width of its input; shares the weights.
    /// @throws DomainError out of [64, 2048]
    [[nodiscard]] Detector at_input_size(int width) const;
    /// Objects of each frame in its pixels, by falling score; frames may differ in size.
    [[nodiscard]] std::vector<std::vector<ScoredBox>> detect(
        std::span<const FrameImage* const> frames, double min_score = default_min_score);
    /// What the head sees of each frame, averaged over it: [frames, C] row after row.
    [[nodiscard]] std::vector<float> features(std::span<const FrameImage* const> frames);
    /// Looks at so many blank frames, so that the first real ones are not slowed by lazy
    /// initialisation.
    void warm_up(int frames);
    [[nodiscard]] const Architecture& architecture() const;
    [[nodiscard]] int input_size() const;

private:
    class Implementation;
    explicit Detector(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace ekya

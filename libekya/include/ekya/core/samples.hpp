#pragma once
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "ekya/core/box_matching.hpp"
#include "ekya/core/image.hpp"

namespace ekya {

/// Labelled samples of one task; what they are, only its own code knows.
class Samples {
public:
    virtual ~Samples() = default;
    [[nodiscard]] virtual std::size_t count() const = 0;
    /// Labelled objects in all of them.
    [[nodiscard]] virtual std::size_t labels_in_all() const = 0;
    /// None of the same kind.
    [[nodiscard]] virtual std::unique_ptr<Samples> none() const = 0;
    /// Appends one of another set. @throws DomainError if that is of another kind
    virtual void append(const Samples& from, std::size_t index) = 0;

    [[nodiscard]] bool empty() const { return count() == 0; }

protected:
    Samples() = default;
    Samples(const Samples&) = default;
    Samples(Samples&&) = default;
    Samples& operator=(const Samples&) = default;
    Samples& operator=(Samples&&) = default;
};

/// Object crops and what they show.
struct LabelledCrops : Samples {
    LabelledCrops() = default;
    LabelledCrops(CropBatch images, std::vector<int> classes)
        : crops(std::move(images)), labels(std::move(classes)) {}
    CropBatch crops;
    std::vector<int> labels;  ///< class index of each crop, as many as there are crops

    [[nodiscard]] std::size_t count() const override { return labels.size(); }
    [[nodiscard]] std::size_t labels_in_all() const override { return labels.size(); }
    [[nodiscard]] std::unique_ptr<Samples> none() const override {
        return std::make_unique<LabelledCrops>();
    }
    void append(const Samples& from, std::size_t index) override;
};

/// Frames and all objects in them.
struct LabelledFrames : Samples {
    std::vector<std::shared_ptr<const FrameImage>> images;
    std::vector<std::vector<TargetBox>> boxes;  ///< of each frame, in its pixels

    [[nodiscard]] std::size_t count() const override { return images.size(); }
    [[nodiscard]] std::size_t labels_in_all() const override;
    [[nodiscard]] std::unique_ptr<Samples> none() const override {
        return std::make_unique<LabelledFrames>();
    }
    void append(const Samples& from, std::size_t index) override;
};

}  // namespace ekya

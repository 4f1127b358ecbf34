#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/model_card.hpp"
#include "ekya/core/window.hpp"
#include "ekya/store/store.hpp"

namespace ekya {

/// The model of detection that labels are chosen for.
class FrameStudent {
public:
    virtual ~FrameStudent() = default;
    [[nodiscard]] virtual const ModelCard& card() const = 0;
    /// How much is to be learned from each of these stored frames, one finite number each; the
    /// largest are labelled first.
    [[nodiscard]] virtual std::vector<double> doubt(
        const std::vector<std::filesystem::path>& images) = 0;
    /// How well its answers agree with the golden model's labels of these frames, one each.
    [[nodiscard]] virtual Agreement agreement(const std::vector<std::filesystem::path>& images,
                                              const std::vector<FrameLabel>& labels) = 0;
};

/// Of a stream's stored model. @throws InputError if it is damaged
using FrameStudentOf = std::function<std::unique_ptr<FrameStudent>(
    const Store& store, const std::string& stream, const std::string& model)>;

}  // namespace ekya

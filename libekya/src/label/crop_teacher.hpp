// Golden models that name the objects of a window's crops.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/image.hpp"
#include "ekya/label/window_labeller.hpp"

namespace ekya {

/// One object to label.
struct CropQuery {
    const FrameObjects* frame;
    std::size_t object;
    std::size_t crop;
};

/// Labels objects of one window.
class CropTeacher {
public:
    virtual ~CropTeacher() = default;
    /// @param crops all of the window's
    /// @return an answer for each; class_name is its own name, empty = it sees nothing there
    [[nodiscard]] virtual std::vector<Label> ask(const WindowManifest& manifest,
                                                 const CropBatch& crops,
                                                 std::span<const CropQuery> queries) = 0;
    /// Its names of classes; empty = not known.
    [[nodiscard]] virtual std::vector<std::string> classes() const { return {}; }
};

[[nodiscard]] std::unique_ptr<CropTeacher> crop_teacher(const LabelRequest& request);

}  // namespace ekya

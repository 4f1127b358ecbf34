#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ekya/label/window_labeller.hpp"
#include "ekya/task/task.hpp"

namespace ekya {

/// The model that finds objects, for which frames are chosen.
class FrameStudent {
public:
    /// @throws InputError if the model is missing or damaged
    FrameStudent(const LabelRequest& request, const std::string& id);
    [[nodiscard]] const ModelCard& card() const { return card_; }
    /// Of each stored frame, in order, how little its answers there agree with what those in the
    /// frames before make one expect: 1 - F1; objects move on as they did.
    [[nodiscard]] std::vector<double> doubt(const std::vector<std::filesystem::path>& images,
                                            const std::vector<Seconds>& times);
    /// How well its answers agree with the golden model's labels of these frames, one each.
    [[nodiscard]] Agreement agreement(const std::vector<std::filesystem::path>& images,
                                      const std::vector<FrameLabel>& labels);

private:
    [[nodiscard]] std::vector<ClassifiedObject> answer(const FrameImage& image);

    std::function<void()> check_interrupted_;
    ModelCard card_;
    std::unique_ptr<TaskModel> model_;
};

}  // namespace ekya

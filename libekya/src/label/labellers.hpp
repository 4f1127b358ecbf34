// The labellers of the tasks, and what they have in common.
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/label/window_labeller.hpp"

namespace ekya {

[[nodiscard]] std::unique_ptr<WindowLabeller> crop_labeller(const LabelRequest& request,
                                                            WindowManifest manifest);
[[nodiscard]] std::unique_ptr<WindowLabeller> frame_labeller(const LabelRequest& request,
                                                             WindowManifest manifest);

/// The model that labels are chosen for; empty = the stream has none yet.
[[nodiscard]] inline std::string student_id(const LabelRequest& request) {
    return request.options.model.empty() ? request.store.serving(request.stream.id).value_or("")
                                         : request.options.model;
}

/// What a model that serves says. None, with a warning, if it is damaged: labels are what mends
/// such a stream. @throws InputError if it is one that was asked for
template <typename Ask>
[[nodiscard]] std::optional<std::invoke_result_t<Ask>> ask_student(const LabelRequest& request,
                                                                   Ask ask) {
    try {
        return ask();
    } catch (const InputError& e) {
        if (!request.options.model.empty()) throw;
        request.warn("stream " + request.stream.id + ": " + e.what() +
                     "; the labels are drawn uniformly");
        return std::nullopt;
    }
}

/// Whether a model was trained on none of a window's labels.
[[nodiscard]] inline bool is_new_to(const ModelCard& card, int window) {
    return std::find(card.data_windows.begin(), card.data_windows.end(), window) ==
           card.data_windows.end();
}

}  // namespace ekya

#pragma once
#include <cstddef>
#include <functional>
#include <string_view>

#include "ekya/core/onnx_shapes.hpp"

namespace ekya {

/// Loads a model in OpenCV and runs it once on an empty image, in a child process that may take
/// limits::golden_model_memory and limits::model_trial_seconds. What OpenCV merely refuses is left
/// to whoever loads the model; models that passed are not tried again by the same process.
/// @throws InputError if the child was ended by a signal, took too long or too much memory
void try_onnx(std::string_view model, const OnnxShape& input);

/// Does `work` in a child process of one thread, with nothing on its standard streams; what `work`
/// throws is dropped, but for a lack of memory.
/// @throws InputError if the child was ended by a signal, took too long or too much memory
void run_apart(const std::function<void()>& work, double most_seconds, std::size_t most_bytes);

}  // namespace ekya

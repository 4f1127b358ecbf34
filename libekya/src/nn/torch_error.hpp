#pragma once
#include <exception>
#include <string>

namespace ekya {

/// First line of a libtorch message; what follows is its stack trace.
[[nodiscard]] std::string first_line(const std::string& message);

/// @throws InputError "context: first line of the error", or the error itself if it is one of ours
[[noreturn]] void rethrow_as_input_error(const std::exception& error, const std::string& context);

/// Whether a GPU had no memory left.
[[nodiscard]] bool is_out_of_memory(const std::exception& error);

/// Gives memory that libtorch keeps back to the driver; nothing on a CPU.
void release_gpu_memory();

}  // namespace ekya

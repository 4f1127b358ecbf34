#pragma once
#include <exception>
#include <string>

namespace ekya {

/// First line of a libtorch message; what follows is its stack trace.
[[nodiscard]] std::string first_line(const std::string& message);

/// @throws InputError "context: first line of the error", or the error itself if it is one of ours
[[noreturn]] void rethrow_as_input_error(const std::exception& error, const std::string& context);

}  // namespace ekya

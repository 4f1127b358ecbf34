#include "torch_error.hpp"

#include <c10/util/Exception.h>

#include <algorithm>
#include <string_view>

#include "ekya/core/errors.hpp"

namespace ekya {

std::string first_line(const std::string& message) {
    constexpr std::size_t longest = 300;
    return message.substr(0, std::min(message.find('\n'), longest));
}

void rethrow_as_input_error(const std::exception& error, const std::string& context) {
    if (dynamic_cast<const Error*>(&error)) throw;  // called from a handler: the one in flight
    const auto* const torch_error = dynamic_cast<const c10::Error*>(&error);
    throw InputError(context + ": " + first_line(torch_error ? torch_error->msg() : error.what()));
}

bool is_out_of_memory(const std::exception& error) {
    const std::string_view text(error.what());
    return text.find("out of memory") != std::string_view::npos ||
           text.find("ALLOC_FAILED") != std::string_view::npos;  // of cuBLAS and cuDNN
}

}  // namespace ekya

#include "ekya/cli/takeover.hpp"

#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "ekya/cli/context.hpp"
#include "ekya/core/errors.hpp"

namespace ekya::cli {
namespace {

int descriptor_of(const char* variable) {
    const char* text = std::getenv(variable);
    return text && *text ? std::atoi(text) : -1;
}

}  // namespace

Takeover::Takeover() : ready_(descriptor_of("EKYA_READY_FD")), go_(descriptor_of("EKYA_GO_FD")) {}

std::string Takeover::state_file() {
    const char* const file = std::getenv("EKYA_STATE");
    return file == nullptr ? "" : file;
}

void Takeover::take() {
    char byte = 'r';
    if (write(ready_, &byte, 1) != 1) throw SystemError("EKYA_READY_FD: cannot be written to");
    while (true) {
        Context::check_interrupted();
        pollfd item{go_, POLLIN, 0};
        if (poll(&item, 1, 50) <= 0) continue;
        if (read(go_, &byte, 1) == 1) break;
        throw SystemError("EKYA_GO_FD: nobody is there to say when");
    }
    close(std::exchange(ready_, -1));
    close(std::exchange(go_, -1));
}

}  // namespace ekya::cli

#include "ekya/cli/live_lines.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "ekya/core/errors.hpp"

namespace ekya::cli {

std::optional<std::string> LiveLines::take_line() {
    const auto newline = text_.find('\n');
    if (newline == std::string::npos && (!closed_ || text_.empty())) return std::nullopt;
    std::string line = text_.substr(0, newline);
    text_.erase(0, newline == std::string::npos ? newline : newline + 1);
    ++line_;
    return line;
}

std::optional<std::string> LiveLines::next(std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (true) {
        if (auto line = take_line()) return line;
        if (closed_) return std::nullopt;
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now())
                .count();
        pollfd file{descriptor_, POLLIN, 0};
        const int ready =
            ::poll(&file, 1, static_cast<int>(std::clamp<long long>(left, 0, INT_MAX)));
        if (ready == 0 || (ready < 0 && errno == EINTR)) return std::nullopt;
        std::array<char, 4096> buffer{};
        const ssize_t size = ready < 0 ? -1 : ::read(descriptor_, buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) return std::nullopt;
        if (size < 0) throw SystemError(std::string("cannot read lines: ") + std::strerror(errno));
        if (size == 0) closed_ = true;
        text_.append(buffer.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace ekya::cli

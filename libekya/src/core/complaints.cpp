#include "ekya/core/complaints.hpp"

#include <utility>

#include "ekya/core/text.hpp"

namespace ekya {

void Complaints::add(std::string text) {
    if (count_++ == 0) first_ = printable(text);
}

std::optional<std::string> Complaints::take(Seconds now) {
    if (count_ == 0 || (told_ && now - *told_ < 1)) return std::nullopt;
    told_ = now;
    const auto others = std::exchange(count_, 0) - 1;
    if (others == 0) return std::exchange(first_, {});
    return std::exchange(first_, {}) + " (and " + std::to_string(others) + " more messages)";
}

}  // namespace ekya

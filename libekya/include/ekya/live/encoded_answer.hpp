#pragma once
#include <optional>
#include <string>

#include "ekya/core/serving.hpp"

namespace ekya {

/// An answer on its way to files and sockets: it is encoded when the first of them asks for its
/// line, and once.
class EncodedAnswer {
public:
    explicit EncodedAnswer(const FrameAnswer& record) : record_(record) {}
    [[nodiscard]] const FrameAnswer& record() const { return record_; }
    /// As to_line() gives it.
    [[nodiscard]] const std::string& line();

private:
    const FrameAnswer& record_;
    std::optional<std::string> line_;
};

}  // namespace ekya

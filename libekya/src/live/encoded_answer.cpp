#include "ekya/live/encoded_answer.hpp"

#include "ekya/wire/records.hpp"

namespace ekya {

const std::string& EncodedAnswer::line() {
    if (!line_) line_ = to_line(encode(record_));
    return *line_;
}

}  // namespace ekya

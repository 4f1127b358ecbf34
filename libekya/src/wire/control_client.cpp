#include <algorithm>

#include "ask.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/records.hpp"
#include "ekya/wire/sockets.hpp"

namespace ekya {

ControlReply send_control(const std::string& endpoint, const ControlRequest& request,
                          std::chrono::milliseconds limit, const SocketSecurity& security) {
    if (const auto answer = ask(endpoint, to_line(encode(request)), limit, security))
        return decode<ControlReply>(parse_json(*answer, endpoint), endpoint);
    throw SystemError(endpoint + ": no answer within " + std::to_string(limit.count()) +
                      " ms; is ekya-infer running?");
}

std::string endpoint_for(std::string_view endpoint, const std::string& stream) {
    std::string text(endpoint);
    const std::string mark = "{stream}";
    for (auto at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + stream.size()))
        text.replace(at, mark.size(), stream);
    return text;
}

}  // namespace ekya

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <vector>

#include "ekya/core/errors.hpp"
#include "ekya/wire/announcer.hpp"

using namespace ekya;

namespace {

ControlRequest with_share(double share) {
    ControlRequest request;
    request.kind = ControlRequest::Kind::set;
    request.share = share;
    return request;
}

}  // namespace

TEST_CASE(
    "Announcer: does not wait for who does not answer; of what waits the newest counts; all is "
    "sent before it goes") {
    std::atomic<bool> answers = false;
    std::vector<std::string> sent;
    const auto begun = std::chrono::steady_clock::now();
    {
        Announcer announcer(
            [&](const std::string& stream, const ControlRequest& request) {
                while (!answers) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                sent.push_back(stream + " " + std::to_string(*request.share).substr(0, 3));
                return ControlReply{};
            },
            [](const std::string&) {});
        announcer.announce("a", with_share(0.1));
        std::this_thread::sleep_for(
            std::chrono::milliseconds(50));  // a's request is on its way now
        announcer.announce("b", with_share(0.2));
        announcer.announce("b", with_share(0.3));
        CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
        answers = true;
    }
    CHECK(sent == std::vector<std::string>{"a 0.1", "b 0.3"});
}

TEST_CASE("Announcer: a refusal and a failure are reported with the stream's name") {
    std::vector<std::string> problems;
    {
        Announcer announcer(
            [](const std::string& stream, const ControlRequest&) -> ControlReply {
                if (stream == "b") throw SystemError("no answer");
                ControlReply reply;
                reply.ok = false;
                reply.error = "no such size";
                return reply;
            },
            [&](const std::string& problem) { problems.push_back(problem); });
        announcer.announce("a", {});
        announcer.announce("b", {});
    }
    CHECK(problems == std::vector<std::string>{"stream a: no such size", "stream b: no answer"});
}

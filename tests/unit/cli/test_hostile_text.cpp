// Text from outside on its way to a terminal: each way that a tool has of saying something.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <new>
#include <system_error>

#include "advice.hpp"
#include "child.hpp"
#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;
using namespace ekya::test;
using ekya::cli::Context;

namespace {

const std::string escape =
    "\x1b]0;owned\x07\x1b[31m\r\x08\x7f\xc2\x9b"
    "2J\xe2\x80\xae\xff";

Outcome tool(std::vector<std::string> arguments, const std::function<void(Context&)>& run) {
    return in_child([&] {
        arguments.insert(arguments.begin(), "ekya-trial");
        std::vector<char*> argv;
        for (auto& argument : arguments) argv.push_back(argument.data());
        return cli::run_tool_body(
            "ekya-trial", "Try things out.", static_cast<int>(argv.size()), argv.data(),
            [](CLI::App&) {},
            [&](Context& context) {
                run(context);
                return 0;
            });
    });
}

/// Lines of UTF-8 that a terminal shows as they are.
bool is_harmless(const std::string& text) {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) return false;
    return !contains(text, "\xc2\x9b") && !contains(text, "\xe2\x80\xae") &&
           !contains(text, "\xff");
}

}  // namespace

TEST_CASE("hostile text: no way of saying something brings an escape sequence to a terminal") {
    const std::vector<std::function<void(Context&)>> ways = {
        [](Context& context) { context.info(escape); },
        [](Context& context) { context.warn(escape); },
        [](Context& context) { context.debug(escape); },
        [](Context& context) { context.say(escape); },
        [](Context& context) { context.stream_failed(escape, escape); },
        [](Context& context) {
            context.stream_failed(escape, "x");
            context.finish(2);  // names it again
        },
        [](Context&) { throw InputError(escape); },
        [](Context&) { throw ConfigError(escape); },
        [](Context&) { throw std::runtime_error(escape); },
        [](Context&) { throw Error("forged\nekya-trial: error: line"); },
    };
    for (const auto& way : ways) {
        const auto outcome = tool({"--verbose"}, way);
        CAPTURE(outcome.err);
        CHECK_FALSE(outcome.err.empty());
        CHECK(is_harmless(outcome.err));
        CHECK_FALSE(contains(outcome.err, "\nekya-trial: error: line"));
    }
    for (const auto& word : {"--" + escape, escape, "--log-level=" + escape}) {
        const auto outcome = tool({word}, [](Context&) {});
        CHECK(outcome.code == 2);
        CHECK(is_harmless(outcome.err));
    }
}

TEST_CASE("hostile text: lines of a table are harmless, records escape by themselves") {
    const auto outcome = tool({}, [](Context& context) {
        auto output = context.output({});
        output.write_line("camera  " + escape);
        output.write({{"camera", "\x1b[31m\x7f"}});
    });
    CHECK(contains(outcome.out, "camera  \\x1b]0;owned\\x07"));
    CHECK(contains(outcome.out, "\\u001b[31m"));
    CHECK_FALSE(contains(outcome.out, "\x1b"));
}

TEST_CASE("hostile text: the line of progress on a terminal obeys its own sequences alone") {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) {
        MESSAGE("skipped: no pseudo-terminal here");
        return;
    }
    const std::string name = ::ptsname(terminal);
    const auto outcome = in_child([&] {
        ::dup2(::open(name.c_str(), O_RDWR | O_NOCTTY), STDERR_FILENO);
        cli::Progress progress("camera " + escape, 10);
        progress.update(5, escape);
        return 0;
    });
    CHECK(outcome.code == 0);
    std::string shown(4096, '\0');
    shown.resize(static_cast<std::size_t>(
        std::max<ssize_t>(::read(terminal, shown.data(), shown.size()), 0)));
    ::close(terminal);
    CHECK(contains(shown, "camera \\x1b]0;owned"));
    CHECK(contains(shown, " 50 %"));
    CHECK_FALSE(contains(shown, "\x1b]"));
    CHECK_FALSE(contains(shown, "\x1b[31m"));
}

TEST_CASE("with_advice: limits of the process are named with what raises them") {
    const auto advice = [](const std::string& message) {
        return cli::with_advice(message).substr(message.size());
    };
    CHECK(contains(advice("a.mp4: cannot open: Too many open files"), "ulimit -n"));
    CHECK(contains(advice("cannot start a thread: Resource temporarily unavailable"), "ulimit -u"));
    CHECK(contains(advice("std::bad_alloc"), "ulimit -v"));
    CHECK(contains(advice("x: cannot write: File too large"), "ulimit -f"));
    CHECK(advice("x: no such file").empty());
    const auto outcome = tool({}, [](Context&) { throw std::bad_alloc(); });
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.err, "ekya-trial: error: std::bad_alloc; there is no more memory"));
}

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "ekya/core/errors.hpp"
#include "ekya/window/event_command.hpp"
#include "ekya/window/event_log.hpp"
#include "ekya/wire/event_records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;
using Words = std::vector<std::string>;

namespace {

Event event_of(Event::Kind kind, const std::string& reason = "") {
    return {kind, "2026-11-29T21:24:00Z", "gate", 3, "base", reason};
}

struct Running {
    Scratch scratch;
    SystemClock clock;
    std::vector<std::string> said;
    std::unique_ptr<EventCommand> command;

    explicit Running(const std::string& script, Seconds limit = 30) {
        write(scratch / "script", script);
        command = std::make_unique<EventCommand>(
            EventCommand::Options{
                {"/bin/sh", (scratch / "script").string(), (scratch / "out").string()},
                limit,
                scratch / "log"},
            clock, [this](const std::string& text) { said.push_back(text); });
    }
    /// @return whether all commands have ended
    bool finish() {
        for (int i = 0; i < 2000 && !command->idle(); ++i) {
            command->step();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return command->idle();
    }
};

}  // namespace

TEST_CASE("split_words: words and quotes of a shell, and nothing else of it") {
    CHECK(split_words("notify  --to 'the operator' \"a \\\"b\\\" \\c\" d\\ e ''") ==
          Words{"notify", "--to", "the operator", "a \"b\" \\c", "d e", ""});
    CHECK(split_words(" $(rm x) `y` * ; |a>b ") == Words{"$(rm", "x)", "`y`", "*", ";", "|a>b"});
    CHECK(split_words("") == Words{});
    CHECK(split_words("a'b'\"c\"d") == Words{"abcd"});
    CHECK(contains(message_of<ConfigError>([] { (void)split_words("a 'b"); }), "has no end"));
}

TEST_CASE("is_program: names on the path, and files that may be run") {
    const Scratch scratch;
    write(scratch / "plain", "");
    CHECK(is_program("sh"));
    CHECK(is_program("/bin/sh"));
    CHECK(!is_program((scratch / "plain").string()));
    CHECK(!is_program(scratch.path().string()));
    CHECK(!is_program("no-such-program-of-ekya"));
}

TEST_CASE(
    "EventCommand: the command reads the record, finds name and stream in its environment; text of "
    "an event is never run") {
    Running running("cat >\"$1\"; printf '%s %s\\n' \"$EKYA_EVENT\" \"$EKYA_EVENT_STREAM\"");
    running.command->add(event_of(Event::Kind::drift, "'; $(touch pwned) \n\x1b[31m"));
    REQUIRE(running.finish());
    const auto line = content_of(running.scratch / "out");
    const auto event = decode<Event>(parse_json(line, "out"), "out");
    CHECK(event.kind == Event::Kind::drift);
    CHECK(event.reason == "'; $(touch pwned) \\x0a\\x1b[31m");
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(content_of(running.scratch / "log") == "drift gate\n");
    CHECK(running.said.empty());
}

TEST_CASE("EventCommand: of one kind one runs at a time, in order; another kind does not wait") {
    // A drift waits for the camera's command, which runs beside it.
    Running running(
        "echo begin $EKYA_EVENT >>\"$1\"\n"
        "if [ $EKYA_EVENT = drift ]; then n=0\n"
        "while ! grep -q camera_lost \"$1\" && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done; "
        "fi\n"
        "echo end $EKYA_EVENT >>\"$1\"\n");
    running.command->add(event_of(Event::Kind::drift));
    running.command->add(event_of(Event::Kind::drift));
    running.command->add(event_of(Event::Kind::camera_lost));
    REQUIRE(running.finish());
    const auto out = content_of(running.scratch / "out");
    std::string drifts;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);)
        if (contains(line, "drift")) drifts += line + ",";
    CHECK(drifts == "begin drift,end drift,begin drift,end drift,");
    CHECK(contains(out, "end camera_lost"));
}

TEST_CASE("EventCommand: what takes too long is ended with all that it has started") {
    Running running("sleep 60 & echo $! >\"$1\"; wait", 0.3);
    running.command->add(event_of(Event::Kind::disk_low));
    REQUIRE(running.finish());
    const pid_t child = std::stoi(content_of(running.scratch / "out"));
    bool gone = false;
    for (int i = 0; i < 400 && !gone; ++i) {
        std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
        std::string pid, name, state;
        gone = !(stat >> pid >> name >> state) || state == "Z";
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(gone);
    REQUIRE(running.said.size() == 1);
    CHECK(contains(running.said[0], "disk_low: takes more than 0.3 s"));
}

TEST_CASE(
    "EventCommand: failures are told, events beyond the limit are dropped, the oldest first") {
    Running running("cat >>\"$1\"; exit 3");
    const auto most = static_cast<int>(EventCommand::most_waiting);
    for (int i = 0; i < most + 5; ++i)
        running.command->add(event_of(Event::Kind::drift, std::to_string(i)));
    CHECK(contains(running.said.at(0), "the oldest are dropped"));
    REQUIRE(running.finish());
    CHECK(contains(running.said.at(1), "exit code 3, see "));
    std::istringstream lines(content_of(running.scratch / "out"));
    std::vector<std::string> reasons;
    for (std::string line; std::getline(lines, line);)
        reasons.push_back(decode<Event>(parse_json(line, "out"), "out").reason);
    REQUIRE(reasons.size() == EventCommand::most_waiting + 1);  // the first ran at once
    CHECK(reasons[0] == "0");
    CHECK(reasons[1] == "5");
}

TEST_CASE("EventLog: lines that read back") {
    const Scratch scratch;
    const auto file = scratch / "events.jsonl";
    EventLog log(file, [](const std::string&) {});
    log.add(event_of(Event::Kind::camera_back));
    log.add(event_of(Event::Kind::disk_ok));
    std::ifstream in(file);
    JsonLines lines(in, "events");
    const auto first = lines.next();
    REQUIRE(first);
    CHECK(decode<Event>(*first, "events").kind == Event::Kind::camera_back);
    REQUIRE(lines.next());
    CHECK(!lines.next());
}

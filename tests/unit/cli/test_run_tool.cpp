#include <doctest/doctest.h>

#include <csignal>
#include <iostream>

#include "child.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;
using namespace ekya::test;
using ekya::cli::Context;

namespace {

using Run = std::function<void(Context&)>;

/// Runs a tool with one option of its own, --number, in a child process.
Outcome tool(std::vector<std::string> arguments, const Run& run, const std::string& input = "",
             const std::string& out = "") {
    return in_child(
        [&] {
            arguments.insert(arguments.begin(), "ekya-trial");
            std::vector<char*> argv;
            for (auto& argument : arguments) argv.push_back(argument.data());
            int number = 3;
            return cli::run_tool_body(
                "ekya-trial", "Try things out.", static_cast<int>(argv.size()), argv.data(),
                [&](CLI::App& app) {
                    app.add_option("--number", number, "of things")
                        ->check(CLI::Range(1, 9))
                        ->capture_default_str();
                    cli::describe(
                        app, {"nothing", "numbers", "ekya-trial --number 4", "Ekya, NSDI 2022"});
                },
                [&](Context& context) {
                    std::cout << "number " << number << std::endl;
                    run(context);
                    return 0;
                });
        },
        input, out);
}

Outcome throwing(const std::function<void()>& work) {
    return tool({}, [&](Context&) { work(); });
}

}  // namespace

TEST_CASE("run_tool_body: 0 done; options arrive; nothing on stderr") {
    const auto outcome = tool({"--number", "4"}, [](Context&) {});
    CHECK(outcome.code == 0);
    CHECK(outcome.out == "number 4\n");
    CHECK(outcome.err.empty());
}

TEST_CASE("run_tool: a tool may give an exit code of its own") {
    struct NoOptions {};
    const auto outcome = in_child([] {
        std::string name = "ekya-trial";
        char* arguments[] = {name.data(), nullptr};
        return cli::run_tool<NoOptions>(
            "ekya-trial", "Try things out.", 1, arguments, +[](CLI::App&, NoOptions&) {},
            +[](const NoOptions&, Context&) { return 77; });
    });
    CHECK(outcome.code == 77);
}

TEST_CASE(
    "run_tool_body: 1 the work failed, whatever it threw; one line says tool, severity and what") {
    CHECK(throwing([] { throw InputError("est.jsonl:17: /share: 1.3 is not in [0, 1]"); }).err ==
          "ekya-trial: error: est.jsonl:17: /share: 1.3 is not in [0, 1]\n");
    CHECK(throwing([] { throw InputError("x"); }).code == 1);
    CHECK(throwing([] { throw DomainError("x"); }).code == 1);
    CHECK(throwing([] { throw SystemError("x"); }).code == 1);
    CHECK(throwing([] { throw Error("x"); }).code == 1);
    const auto foreign = throwing([] { throw std::runtime_error("of a library {}"); });
    CHECK(foreign.code == 1);
    CHECK(foreign.err == "ekya-trial: error: of a library {}\n");  // braces are no format
}

TEST_CASE("run_tool_body: 2 wrong configuration") {
    const auto outcome =
        throwing([] { throw ConfigError("--stream: \"d\" is not in the stream list"); });
    CHECK(outcome.code == 2);
    CHECK(contains(outcome.err, "ekya-trial: error: --stream"));
}

TEST_CASE(
    "run_tool_body: 2 wrong command line, before anything is done; CLI11's own codes do not come "
    "through") {
    for (const auto& arguments : {std::vector<std::string>{"--no-such"},
                                  {"--number"},
                                  {"--number", "ten"},
                                  {"--number", "10"},
                                  {"stray"},
                                  {"--log-level", "loud"}}) {
        CAPTURE(arguments[0]);
        const auto outcome = tool(arguments, [](Context&) {});
        CHECK(outcome.code == 2);
        CHECK(outcome.out.empty());
        CHECK(outcome.err.rfind("ekya-trial: error: ", 0) == 0);
        CHECK(contains(outcome.err, "; see ekya-trial --help\n"));
    }
}

TEST_CASE("run_tool_body: 3 some streams failed, each named; 1 if all did") {
    const auto some = tool({}, [](Context& context) {
        context.stream_failed("b", "cannot open");
        if (context.failed_streams() != std::vector<std::string>{"b"})
            throw Error("not remembered");
        context.finish(3);
    });
    CHECK(some.code == 3);
    CHECK(some.err ==
          "ekya-trial: error: stream b: cannot open\nekya-trial: error: failed streams: b\n");
    const auto all = tool({}, [](Context& context) {
        context.stream_failed("a", "x");
        context.stream_failed("b", "x");
        context.finish(2);
    });
    CHECK(all.code == 1);
    CHECK(contains(all.err, "all streams failed"));
    CHECK(tool({}, [](Context& context) {
              context.stream_failed("a", "x");
              context.finish(1);
          }).code == 1);
    CHECK(tool({}, [](Context& context) { context.finish(2); }).code == 0);
}

TEST_CASE("run_tool_body: 128 + n ended by signal n") {
    for (const int number : {SIGINT, SIGTERM}) {
        const auto outcome = tool({}, [number](Context& context) {
            Context::check_interrupted();  // nothing yet
            if (Context::interrupted()) throw Error("too early");
            std::raise(number);
            if (!Context::interrupted()) throw Error("not noticed");
            context.info("flushing");
            Context::check_interrupted();
        });
        CHECK(outcome.code == 128 + number);
        CHECK(contains(outcome.err, "ekya-trial: info: flushing\n"));
        CHECK(contains(outcome.err, "interrupted by signal " + std::to_string(number)));
    }
}

TEST_CASE("run_tool_body: a second signal ends a tool that does not listen") {
    const auto outcome = tool({}, [](Context&) {
        std::raise(SIGINT);
        std::raise(SIGINT);
    });
    CHECK(outcome.code == 128 + SIGINT);
    CHECK_FALSE(contains(outcome.err, "interrupted"));  // it came to no message
}

TEST_CASE("run_tool_body: --help says everything and does nothing") {
    const auto outcome = tool({"--help"}, [](Context&) { throw Error("must not run"); });
    CHECK(outcome.code == 0);
    CHECK(outcome.err.empty());
    for (const std::string part :
         {"Try things out.", "--number", "of things", "in [1 - 9]=3", "--version", "--log-level",
          "Reads:   nothing", "Writes:  numbers", "Exit:    0 done", "128+n",
          "Example: ekya-trial --number 4", "Source:  Ekya"}) {
        CAPTURE(part);
        CHECK(contains(outcome.out, part));
    }
    CHECK_FALSE(contains(outcome.out, "number 3\n"));
    CHECK(tool({"-h"}, [](Context&) {}).out == outcome.out);
}

TEST_CASE("run_tool_body: --version says name and version") {
    const auto outcome = tool({"--version"}, [](Context&) { throw Error("must not run"); });
    CHECK(outcome.code == 0);
    CHECK(outcome.out.rfind("ekya-trial ", 0) == 0);
    CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1);
    CHECK(outcome.err.empty());
}

TEST_CASE("run_tool_body: --log-level and --verbose choose what is said") {
    const Run talk = [](Context& context) {
        context.debug("D");
        context.info("I {}");
        context.warn("W");
        throw Error("E");
    };
    const std::string d = "ekya-trial: debug: D\n", i = "ekya-trial: info: I {}\n",
                      w = "ekya-trial: warning: W\n", e = "ekya-trial: error: E\n";
    CHECK(tool({}, talk).err == i + w + e);
    CHECK(tool({"-v"}, talk).err == d + i + w + e);
    CHECK(tool({"--log-level", "debug"}, talk).err == d + i + w + e);
    CHECK(tool({"--log-level", "warning"}, talk).err == w + e);
    CHECK(tool({"--log-level", "error"}, talk).err == e);
}

TEST_CASE("Context::input: stdin for -, else the file; a missing one is named") {
    const Scratch scratch;
    write(scratch / "in", "from a file\n");
    const auto first_line = [&](const std::string& name, const std::string& input) {
        return tool(
            {},
            [&](Context& context) {
                cli::InputOutput io;
                io.input = name;
                std::string line;
                std::getline(context.input(io), line);
                std::cout << Context::input_name(io) << ": " << line << std::endl;
            },
            input);
    };
    CHECK(first_line("-", "from stdin\n").out == "number 3\nstdin: from stdin\n");
    CHECK(first_line((scratch / "in").string(), "").out ==
          "number 3\n" + (scratch / "in").string() + ": from a file\n");
    const auto missing = first_line((scratch / "none").string(), "");
    CHECK(missing.code == 1);
    CHECK(contains(missing.err, (scratch / "none").string() + ": cannot open"));
}

TEST_CASE("run_tool_body: a full disk behind stdout is an error, not a silent loss") {
    if (!std::filesystem::exists("/dev/full")) return;
    const auto outcome = tool(
        {},
        [](Context& context) {
            auto out = context.output({});
            out.write({{"a", 1}});
            out.commit();
        },
        "", "/dev/full");
    CHECK(outcome.code == 1);
    CHECK(contains(outcome.err, "stdout: cannot write"));
}

namespace {

struct Options {
    cli::InputOutput io;
    cli::StoreOptions store;
    cli::SeedOptions seed;
    cli::StreamOptions streams;
    cli::DeviceOptions device;
};

void add_options(CLI::App& app, Options& options) {
    cli::add(app, options.io);
    cli::add(app, options.store);
    cli::add(app, options.seed);
    cli::add(app, options.streams);
    cli::add(app, options.device);
}

void show(const Options& o, Context&) {
    std::cout << o.io.input << ' ' << o.io.output << ' ' << o.io.overwrite << ' ' << o.store.store
              << ' ' << o.seed.seed << ' ' << o.streams.list << ' ' << o.streams.ids.size() << ' '
              << o.device.device << ' ' << o.device.threads << ' ' << o.device.share << std::endl;
}

Outcome shared(std::vector<std::string> arguments) {
    return in_child([&] {
        arguments.insert(arguments.begin(), "ekya-trial");
        std::vector<char*> argv;
        for (auto& argument : arguments) argv.push_back(argument.data());
        return cli::run_tool<Options>("ekya-trial", "Show.", static_cast<int>(argv.size()),
                                      argv.data(), add_options, show);
    });
}

}  // namespace

TEST_CASE("options shared by tools: defaults, values, ranges, what is required") {
    CHECK(shared({"--streams", "s.json"}).out == "- - 0 ./ekya-data 1 s.json 0 auto 1 0\n");
    CHECK(shared({"-i",   "in",       "-o", "out",       "--overwrite", "--store",
                  "data", "--seed",   "7",  "--streams", "s.json",      "--stream",
                  "a",    "--stream", "b",  "--device",  "cpu",         "--threads",
                  "2",    "--share",  "0.5"})
              .out == "in out 1 data 7 s.json 2 cpu 2 0.5\n");
    CHECK(shared({}).code == 2);
    CHECK(contains(shared({}).err, "--streams"));
    CHECK(shared({"--streams", "s", "--share", "1.5"}).code == 2);
    CHECK(shared({"--streams", "s", "--share", "nan"}).code == 2);
    CHECK(shared({"--streams", "s", "--threads", "0"}).code == 2);
    CHECK(shared({"--streams", "s", "--seed", "-1"}).code == 2);  // not 2^64 - 1
    CHECK(shared({"--streams", "s", "--seed", "9223372036854775807"}).code == 0);
    CHECK(shared({"--streams", "s", "--seed", "9223372036854775808"}).code ==
          2);  // no model card could hold it
}

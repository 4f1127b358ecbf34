#include "ekya/cli/run_tool.hpp"

#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "advice.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "interrupt.hpp"

namespace ekya::cli {
namespace {

void set_up_messages(const std::string& name) {
    auto logger = spdlog::stderr_color_mt(name);
    logger->set_pattern(name + ": %^%l%$: %v");  // tool: severity: place: found, expected
    spdlog::set_default_logger(logger);
}

/// A file that is opened while one of them is closed would get what is said to people.
void open_standard_descriptors() {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF)
            (void)!::open("/dev/null", O_RDWR);  // takes the lowest number that is free
}

void set_level(const std::string& level, bool verbose) {
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::from_str(level));
}

int failed(int code, const std::string& message) {
    try {
        spdlog::error("{}", printable(without_secrets(with_advice(message))));
    } catch (const std::exception&) {  // there is no memory for the message
        constexpr std::string_view text = "error: there is no more memory; see ulimit -v\n";
        const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
        (void)written;
    }
    return code;
}

/// What the process list shows of the command line from here on. Text without secrets is never
/// longer than with them, but for very short ones, which are cut.
void hide_secrets(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view given(argv[i]);
        const std::string shown = without_secrets(given);
        if (shown == given) continue;
        const auto size = std::min(shown.size(), given.size());
        std::fill_n(std::copy_n(shown.begin(), size, argv[i]), given.size() - size, '\0');
    }
}

/// Files of a store are for its user and group, whatever the umask: 0640, directories 0750.
void keep_others_out() {
    const auto before = ::umask(027);
    ::umask(before | 027);
}

int run_guarded(const std::function<int(Context&)>& run, Context& context) {
    try {
        return run(context);
    } catch (const Interrupted& e) {
        return failed(128 + e.signal, e.what());
    } catch (const PartialFailure& e) {
        return failed(3, e.what());
    } catch (const ConfigError& e) {
        return failed(2, e.what());
    } catch (const std::exception& e) {
        return failed(1, e.what());
    }
}

}  // namespace

void describe(CLI::App& app, const Description& d) {
    std::string text =
        "Reads:   " + d.reads + "\nWrites:  " + d.writes +
        "\nExit:    0 done; 1 the work failed; 2 wrong command line or configuration, nothing "
        "touched;\n"
        "         3 some streams failed, output valid for the others; 128+n ended by signal n\n"
        "Example: " +
        d.example;
    if (!d.source.empty()) text += "\nSource:  " + d.source;
    app.footer(text);
}

int run_tool_body(const std::string& name, const std::string& summary, int argc, char** argv,
                  const std::function<void(CLI::App&)>& add_options,
                  const std::function<int(Context&)>& run) {
    open_standard_descriptors();
    set_up_messages(name);
    keep_others_out();
    CLI::App app(summary, name);
    std::string level = "info";
    bool verbose = false;
    app.set_version_flag("--version", name + " " + EKYA_VERSION);
    app.add_option("--log-level", level,
                   "least severity of messages on stderr: debug, info, warning, error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    app.add_flag("-v,--verbose", verbose, "the same as --log-level debug");
    add_options(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        return failed(2, std::string(e.what()) + "; see " + name + " --help");
    } catch (const std::exception& e) {  // what an option's value is used for at once
        return failed(2, e.what());
    }
    hide_secrets(argc, argv);
    set_level(level, verbose);
    remember_signals();
    if (const char* clock = std::getenv(run_clock_variable)) join_run_clock(clock);
    Context context(name);
    return run_guarded(run, context);
}

}  // namespace ekya::cli

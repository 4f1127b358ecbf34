#include "ekya/cli/run_tool.hpp"

#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "advice.hpp"
#include "completion.hpp"
#include "description.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/core/text.hpp"
#include "interrupt.hpp"
#include "man_page.hpp"
#include "option_table.hpp"
#include "settings.hpp"

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

/// What every tool can be told.
struct CommonOptions {
    std::string level = "info", config, completion;
    bool verbose = false, quiet = false, print_config = false, man = false;
};

void add(CLI::App& app, CommonOptions& o) {
    app.add_option("--config", o.config,
                   "TOML file with options: a key is an option without its dashes, a table such "
                   "as [" +
                       app.get_name() +
                       "] is for that tool alone. The command line and the "
                       "environment count before it")
        ->configurable(false);
    app.add_flag("--print-config", o.print_config,
                 "write the options in effect to stdout as such a file, and do nothing else")
        ->configurable(false);
    app.add_option("--log-level", o.level,
                   "least severity of messages on stderr: debug, info, warning, error")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    app.add_flag("-v,--verbose", o.verbose, "the same as --log-level debug");
    app.add_flag("--quiet", o.quiet, "only errors: the same as --log-level error");
    // For packagers; in no page.
    app.add_flag("--help-man", o.man, "write a manual page")->configurable(false)->group("");
    app.add_option("--help-completion", o.completion, "write completion for bash or zsh")
        ->check(CLI::IsMember({"bash", "zsh"}))
        ->configurable(false)
        ->group("");
}

void set_level(const CommonOptions& o) {
    spdlog::set_level(o.verbose ? spdlog::level::debug
                      : o.quiet ? spdlog::level::err
                                : spdlog::level::from_str(o.level));
}

/// Today, or the day that reproducible builds ask for (SOURCE_DATE_EPOCH).
std::string date_of_pages() {
    const char* const given = std::getenv("SOURCE_DATE_EPOCH");
    return utc_text(given ? std::strtod(given, nullptr) : unix_time()).substr(0, 10);
}

/// Whether the text of a page was asked for, which is then written.
bool wrote_page(const CLI::App& app, const CommonOptions& o) {
    const auto name = app.get_name();
    if (o.man)
        std::cout << man_page(app, name, EKYA_VERSION, date_of_pages());
    else if (!o.completion.empty())
        std::cout << (o.completion == "bash" ? bash_completion(app, name)
                                             : zsh_completion(app, name));
    return o.man || !o.completion.empty();
}

/// The settings of file and environment, the weightier ones last.
std::vector<Setting> read_settings(const CLI::App& app, const CommandLine& line) {
    const auto tool = app.get_name();
    std::vector<std::string> unknown;
    std::vector<Setting> of_environment;
    std::string config = line.config;
    if (!std::getenv(started_by_variable)) {
        of_environment = settings_of_environment(environ, tool, app, unknown);
        const char* const named = std::getenv(variable_of(tool, "config").c_str());
        if (named && !line.given.contains(app.get_option("--config"))) config = named;
    }
    auto settings = config.empty() ? std::vector<Setting>{} : settings_of_file(config, tool, app);
    settings.insert(settings.end(), of_environment.begin(), of_environment.end());
    for (const auto& name : unknown)
        spdlog::warn("{}: {} has no such option, so the variable has no effect", printable(name),
                     tool);
    return settings;
}

bool gives(const CLI::App& app, const CommandLine& line,
           std::initializer_list<const char*> options) {
    return std::any_of(options.begin(), options.end(),
                       [&](const char* name) { return line.given.contains(app.get_option(name)); });
}

std::vector<CLI::Option*> required_options(CLI::App& app) {
    return app.get_options([](CLI::Option* option) { return option->get_required(); });
}

/// Parses the command line, with `settings` filled in where it gives nothing.
void parse(CLI::App& app, int argc, char** argv, const std::vector<Setting>& settings) {
    auto words = words_of(settings);
    words.insert(words.end(), argv + std::min(argc, 1), argv + argc);
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
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

int run_guarded(const std::function<int(Context&)>& run, Context& context,
                const std::vector<Setting>& settings) {
    try {
        return run(context);
    } catch (const Interrupted& e) {
        return failed(128 + e.signal, e.what());
    } catch (const PartialFailure& e) {
        return failed(3, e.what());
    } catch (const ConfigError& e) {
        return failed(2, with_place(e.what(), settings));
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
    app.formatter(std::make_shared<DescribedFormatter>(d));
}

int run_tool_body(const std::string& name, const std::string& summary, int argc, char** argv,
                  const std::function<void(CLI::App&)>& add_options,
                  const std::function<int(Context&)>& run, bool runs_a_users_job) {
    open_standard_descriptors();
    set_up_messages(name);
    keep_others_out();
    CLI::App app(summary, name);
    app.set_version_flag("--version", name + " " + EKYA_VERSION);
    CommonOptions common;
    add(app, common);
    add_options(app);
    const auto line = look_at(app, argc, argv);
    const bool asks = gives(app, line, {"--help", "--version"});
    const bool writes_page = gives(app, line, {"--help-man", "--help-completion"});
    std::vector<Setting> settings;
    try {
        if (!asks && !writes_page)
            settings = settings_in_effect(read_settings(app, line), line.given);
        // A page says what is required.
        const auto table = writes_page || gives(app, line, {"--print-config"});
        const auto required = table ? required_options(app) : std::vector<CLI::Option*>{};
        for (auto* option : required) option->required(false);
        parse(app, argc, argv, settings);
        for (auto* option : required) option->required();
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        return failed(2, with_place(e.what(), settings) + "; see " + name + " --help");
    } catch (const std::exception& e) {  // what an option's value is used for at once
        return failed(2, with_place(e.what(), settings));
    }
    if (wrote_page(app, common)) return 0;
    if (common.print_config) {
        std::cout << settings_text(app, name, settings);
        return 0;
    }
    hide_secrets(argc, argv);
    set_level(common);
    remember_signals();
    if (const char* clock = std::getenv(run_clock_variable)) join_run_clock(clock);
    Context context(name);
    if (!runs_a_users_job) ::setenv(started_by_variable, name.c_str(), 1);
    return run_guarded(run, context, settings);
}

}  // namespace ekya::cli

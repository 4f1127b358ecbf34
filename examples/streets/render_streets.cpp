// ekya-example-streets: synthetic street cameras as demo data for continuous learning under drift.
//   out: DIR/<street>.mp4, DIR/<street>.csv, DIR/streams.json (ekya.streams/1)      stderr:
//   messages, progress
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "errors.hpp"
#include "render_job.hpp"

namespace {

constexpr int failed = 1;
constexpr int wrong_usage = 2;

std::string even(const std::string& text) {
    return text.empty() || (text.back() - '0') % 2 != 0
               ? text + " is not even, as H.264 4:2:0 needs it"
               : std::string();
}

/// CLI::Range lets "nan" through.
std::string finite(const std::string& text) {
    return text.find_first_of("nN") == std::string::npos ? std::string()
                                                         : text + " is not a number of seconds";
}

void add_options(CLI::App& app, ekya::streets::Settings& settings) {
    app.add_option("--output", settings.output, "directory for the files; created when missing")
        ->required();
    app.add_option("--cameras", settings.cameras, "number of streams")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app.add_option("--seconds", settings.seconds, "length of each stream, seconds")
        ->check(finite)
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str();
    app.add_option("--fps", settings.fps, "frames per second")
        ->check(CLI::Range(1, 120))
        ->capture_default_str();
    app.add_option("--width", settings.width, "pixels, even")
        ->check(CLI::Range(64, 3840))
        ->check(even)
        ->capture_default_str();
    app.add_option("--height", settings.height, "pixels, even")
        ->check(CLI::Range(64, 2160))
        ->check(even)
        ->capture_default_str();
    app.add_option("--window", settings.window,
                   "seconds of a retraining window; drift comes on its scale")
        ->check(finite)
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str();
    app.add_option("--seed", settings.seed, "same seed and settings, same boxes and pixels")
        ->capture_default_str();
    app.add_option("--threads", settings.threads,
                   "cameras drawn at the same time, 0 = one for each core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    app.add_flag("--overwrite", settings.overwrite, "replace files of an earlier run");
    app.footer(
        "Exit codes: 0 done, 1 the work failed, 2 wrong command line.\n"
        "Example: ekya-example-streets --output streets --cameras 3 --seconds 110 --window 10");
}

int report(const char* what, int code) {
    std::fprintf(stderr, "ekya-example-streets: error: %s\n", what);
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    ekya::streets::Settings settings;
    CLI::App app{
        "Render synthetic street cameras with drift: H.264 videos and the boxes of their objects."};
    add_options(app, settings);
    try {
        app.parse(argc, argv);
        ekya::streets::stop_on_signals();
        ekya::streets::render_streets(settings);
        const int signal = ekya::streets::stop_signal();
        return signal == 0 ? 0 : 128 + signal;
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        return report(error.what(), wrong_usage);
    } catch (const ekya::streets::UsageError& error) {
        return report(error.what(), wrong_usage);
    } catch (const std::exception& error) {
        return report(error.what(), failed);
    }
}

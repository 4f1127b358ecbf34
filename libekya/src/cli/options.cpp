#include "ekya/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "ekya/cli/suggestions.hpp"
#include "ekya/core/clock.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "ekya/wire/value.hpp"

namespace ekya::cli {
namespace {

/// CLI11's Range lets NaN pass.
std::string refuse_nan(const std::string& text) {
    return std::isnan(std::strtod(text.c_str(), nullptr)) ? text + " is not a number" : "";
}

/// CLI11 wraps -1 to 2^64 - 1, and no record can hold a number beyond 2^63 - 1.
std::string refuse_wrapped(const std::string& text) {
    errno = 0;
    return std::strtoll(text.c_str(), nullptr, 0) < 0 || errno == ERANGE
               ? text + " is not in [0, 2^63 - 1]"
               : "";
}

}  // namespace

std::string refuse_bad_name(const std::string& text) {
    return wire::file_name.follows(text)
               ? ""
               : '"' + printable(text, limits::quoted_bytes) + "\" is not " + wire::file_name.words;
}

void add_output(CLI::App& app, InputOutput& io) {
    app.add_option("-o,--output", io.output, "where records go, - = stdout")
        ->capture_default_str()
        ->group("Records");
    app.add_flag("--overwrite", io.overwrite, "replace an existing output file")->group("Records");
}

void add(CLI::App& app, InputOutput& io) {
    app.add_option("-i,--input", io.input, "records to read, - = stdin")
        ->capture_default_str()
        ->group("Records");
    add_output(app, io);
}

void add(CLI::App& app, StoreOptions& options) {
    app.add_option("--store", options.store, "directory of windows, models, plans and results")
        ->capture_default_str();
}

void add(CLI::App& app, SeedOptions& options) {
    app.add_option("--seed", options.seed, "of all random choices")
        ->check(refuse_wrapped)
        ->capture_default_str();
}

void add(CLI::App& app, StreamOptions& options, bool required) {
    app.add_option("--streams", options.list, "stream list (JSON, schema ekya.streams/1)")
        ->required(required)
        ->group("Streams");
    app.add_option("--stream", options.ids, "id of a stream to work on, repeatable (default: all)")
        ->check(refuse_bad_name)
        ->group("Streams");
}

void add(CLI::App& app, DeviceOptions& options) {
    app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
        ->check(suggest({"auto", "cpu", "cuda"}))
        ->capture_default_str()
        ->group("Device");
    app.add_option("--threads", options.threads, "CPU threads")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str()
        ->group("Device");
    app.add_option(
           "--share", options.share,
           "of the device's time, in (0, 1]; 0 = no limit; without a GPU a share of 1 is all cores")
        ->check(CLI::Range(0.0, 1.0))
        ->check(refuse_nan)
        ->capture_default_str()
        ->group("Device");
    app.add_option_function<int>("--cores", set_device_cores,
                                 "cores that make one device without a GPU (default: all that may "
                                 "be used); ekya-run tells it")
        ->check(CLI::Range(1, 1 << 20))
        ->envname("EKYA_CORES")
        ->group("Device");
}

void add(CLI::App& app, SocketSecurity& security) {
    auto* const keys = app.add_option("--keys", security.keys,
                                      "directory of keys that ekya-keys made; tcp:// endpoints are "
                                      "then encrypted, and only known programs talk to each other")
                           ->check(CLI::ExistingDirectory)
                           ->group("Security");
    app.add_flag("--insecure", security.insecure,
                 "allow tcp:// endpoints that other machines can reach without keys: who reaches "
                 "them can read frames and swap models")
        ->excludes(keys)
        ->group("Security");
}

}  // namespace ekya::cli

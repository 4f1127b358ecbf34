#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ekya/wire/socket_security.hpp"

namespace CLI {
class App;
}

/// Groups of options that several tools share: same flags, ranges and help everywhere.
namespace ekya::cli {

/// A check for options whose value becomes the name of a file or directory: the id of a stream or a
/// model, the name of a key. @return why it is refused; empty = it is not
[[nodiscard]] std::string refuse_bad_name(const std::string& text);

struct InputOutput {
    std::string input = "-";   ///< "-" = stdin
    std::string output = "-";  ///< "-" = stdout
    bool overwrite = false;
};
void add(CLI::App& app, InputOutput& io);
/// Only -o and --overwrite, for tools that read no records.
void add_output(CLI::App& app, InputOutput& io);

struct StoreOptions {
    std::string store = "./ekya-data";
};
void add(CLI::App& app, StoreOptions& options);

struct SeedOptions {
    std::uint64_t seed = 1;
};
void add(CLI::App& app, SeedOptions& options);

/// The stream list and the choice among its streams.
struct StreamOptions {
    std::string list;
    std::vector<std::string> ids;  ///< empty = all
};
void add(CLI::App& app, StreamOptions& options, bool required = true);

/// Where networks run, and how much of it they may use.
struct DeviceOptions {
    std::string device = "auto";  ///< auto, cpu, cuda, cuda:N
    int threads = 1;
    double share = 0;  ///< of the device; 0 = no limit
};
void add(CLI::App& app, DeviceOptions& options);

/// --keys and --insecure, for tools with sockets.
void add(CLI::App& app, SocketSecurity& security);

}  // namespace ekya::cli

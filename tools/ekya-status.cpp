// ekya-status: how a store, and each camera in it, stands.
//   in: a store      out: a table, or ekya.status/1      stderr: cameras that are not well
#include "ekya/cli/run_tool.hpp"
#include "ekya/status/status_reader.hpp"
#include "ekya/status/status_table.hpp"
#include "ekya/wire/status_records.hpp"

namespace {

struct Options {
    ekya::cli::StoreOptions store;
    ekya::cli::InputOutput io;
    bool json = false;
};

void add_options(CLI::App& app, Options& o) {
    app.add_option("STORE,--store", o.store.store, "directory of the store, or of ekya-loop")
        ->take_last()
        ->capture_default_str();
    ekya::cli::add_output(app, o.io);
    app.add_flag("--json", o.json, "an ekya.status/1 record instead of the table");
    ekya::cli::describe(
        app, {"the store of ekya-serve, or the directory of ekya-loop; no program is asked",
              "a table for people, or ekya.status/1 (--json); for health checks: exit 0 if the "
              "store is run and all cameras are well, 1 if nobody runs it or that cannot be told, "
              "3 if some cameras are not well, each named on stderr",
              "ekya-status cameras", "none; see docs/monitoring.md"});
}

int run(const Options& o, ekya::cli::Context& context) {
    using Health = ekya::StoreStatus::Health;
    auto output = context.output(o.io);
    auto status = ekya::StatusReader(o.store.store).read();
    ekya::order_cameras(status, ekya::CameraOrder::name);
    if (o.json) {
        output.write(ekya::encode(status));
    } else {
        constexpr std::size_t columns = 100;
        for (const auto& line : ekya::picture(status, columns)) output.write_line(line.text);
    }
    output.commit();
    if (status.health == Health::healthy) return 0;
    for (const auto& camera : status.cameras)
        if (!camera.problems.empty()) context.stream_failed(camera.stream, camera.problems.front());
    for (const auto& problem : status.problems) context.warn(status.store + ": " + problem);
    return status.health == Health::down ? 1 : 3;
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-status", "Say how a store and its cameras stand.",
                                        argc, argv, add_options, run);
}

// ekya-worker: starts ekya-label, ekya-profile and ekya-train without loading their libraries anew.
//   in: requests of its starter, on a socket      out: what these programs write      stderr:
//   likewise
#include "ekya/cli/run_tool.hpp"
#include "ekya/device/worker.hpp"

// main() of these tools, compiled under another name.
int ekya_label_main(int argc, char** argv);
int ekya_profile_main(int argc, char** argv);
int ekya_train_main(int argc, char** argv);

namespace {

struct Options {
    int socket = -1;
};

void add_options(CLI::App& app, Options& o) {
    app.add_option("--socket", o.socket,
                   "descriptor of the socket at which jobs are asked for; who starts the worker "
                   "gives it")
        ->required()
        ->check(CLI::NonNegativeNumber);
    ekya::cli::describe(app, {"nothing", "what the programs write that it runs",
                              "ekya-worker --socket 3, as ekya-window and ekya-loop start it", ""});
}

void run(const Options& o, ekya::cli::Context&) {
    ekya::serve_jobs(o.socket, {{"ekya-label", ekya_label_main},
                                {"ekya-profile", ekya_profile_main},
                                {"ekya-train", ekya_train_main}});
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-worker",
        "Start labelling, profiling and training without loading their libraries each time.", argc,
        argv, add_options, run);
}

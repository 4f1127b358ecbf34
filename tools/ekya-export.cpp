// ekya-export: a stored model as TorchScript, for other programs.
//   in: a model of the store      out: a TorchScript archive      stderr: messages
#include <unistd.h>

#include "ekya/cli/run_tool.hpp"
#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/script_export.hpp"
#include "ekya/store/store.hpp"

namespace {

struct Options {
    ekya::cli::StoreOptions store;
    ekya::cli::InputOutput io;
    std::string stream, model, names;
};

void add_options(CLI::App& app, Options& o) {
    ekya::cli::add(app, o.store);
    ekya::cli::add_output(app, o.io);
    app.add_option("--stream", o.stream, "whose model")
        ->required()
        ->check(ekya::cli::refuse_bad_name);
    app.add_option("--model", o.model, "id of the model (default: the serving one)")
        ->check(ekya::cli::refuse_bad_name);
    app.add_option(
        "--names", o.names,
        "also write the class names there, one a line in output order, as ekya-label reads them");
    ekya::cli::describe(
        app,
        {"a model of the store",
         "a TorchScript archive: [N, 3, S, S] float32 in [0, 1], RGB, and with place_width [N, 4] "
         "places (centre x and y, width, height in parts of the frame) -> logits [N, classes]",
         "ekya-export --store ekya-data --stream a -o a.pt",
         "TorchScript: pytorch.org/docs/stable/jit.html"});
}

std::string lines_of(const std::vector<std::string>& names) {
    std::string lines;
    for (const auto& name : names) lines += name + "\n";
    return lines;
}

void run(const Options& o, ekya::cli::Context& context) {
    if (o.io.output == "-" && isatty(STDOUT_FILENO) != 0)
        throw ekya::ConfigError("--output: a terminal takes no archive; name a file");
    if (!o.names.empty() && !o.io.overwrite && std::filesystem::exists(o.names))
        throw ekya::ConfigError(o.names + ": exists already; use --overwrite to replace it");
    const ekya::Store store(o.store.store);
    auto output = context.output(o.io);
    const std::string id = o.model.empty() ? store.serving(o.stream).value_or("") : o.model;
    if (id.empty())
        throw ekya::InputError("stream " + o.stream + ": no serving model; name one with --model");
    const auto card = store.model(o.stream, id);
    output.write_bytes(
        ekya::export_script(card.architecture, store.weights_file(o.stream, id), card.classes));
    output.commit();
    if (!o.names.empty()) ekya::write_atomically(o.names, lines_of(card.classes));
    context.info("stream " + o.stream + ": " + id + " (" + card.architecture.network + ", " +
                 std::to_string(card.classes.size()) + " classes, " +
                 std::to_string(card.architecture.input_size) + " pixels) exported");
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>("ekya-export",
                                        "Write a stored model as TorchScript, for other programs.",
                                        argc, argv, add_options, run);
}

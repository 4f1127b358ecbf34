// ekya-report: show what an experiment or a service did, as one HTML file and as pictures.
//   in: a store of ekya-loop, ekya-serve or ekya-window      out: HTML, SVG, PNG, CSV
#include <unistd.h>

#include <filesystem>

#include "ekya/cli/progress.hpp"
#include "ekya/cli/run_tool.hpp"
#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/report/gnuplot.hpp"
#include "ekya/report/page.hpp"

namespace {
namespace fs = std::filesystem;
using ekya::report::PictureFormat;

struct Options {
    ekya::cli::InputOutput io;
    std::string store = "./ekya-data", svg, png, csv, title;
    std::vector<std::string> policies;
    int window = -1;

    [[nodiscard]] bool writes_page() const {
        return io.output != "-" || (svg.empty() && png.empty() && csv.empty());
    }
};

void add_options(CLI::App& app, Options& o) {
    app.add_option("dir,--store", o.store,
                   "directory of an experiment (ekya-loop), of one of its policies, or of a "
                   "service (ekya-serve, ekya-window)")
        ->capture_default_str();
    ekya::cli::add_output(app, o.io);
    app.add_option("--policy", o.policies,
                   "of an experiment: draw this policy's pictures, repeatable (default: all)");
    app.add_option("--window", o.window,
                   "draw the timeline of this window too, job by job, from its journal")
        ->check(CLI::Range(0, 999'999'999));
    app.add_option("--title", o.title, "heading of the page (default: the directory's name)");
    app.add_option("--svg", o.svg, "directory for each picture as SVG; made if it is not there")
        ->group("Files");
    app.add_option("--png", o.png, "directory for each picture as PNG, twice the size")
        ->group("Files");
    app.add_option("--csv", o.csv,
                   "directory for the numbers of each picture as CSV; alone it needs no gnuplot")
        ->group("Files");
    ekya::cli::describe(
        app, {"the records of a store (docs/store.md); one that is damaged is named and left out",
              "one HTML file that loads nothing from anywhere; with --svg, --png or --csv and "
              "without -o those files alone",
              "ekya-report results -o report.html", "none; docs/report.md explains each picture"});
}

void write_file(const Options& o, const fs::path& directory, const std::string& name,
                const std::string& bytes) {
    std::error_code code;
    fs::create_directories(directory, code);
    const fs::path file = directory / name;
    if (fs::exists(file) && !o.io.overwrite)
        throw ekya::ConfigError(file.string() + ": exists already; use --overwrite to replace it");
    ekya::write_atomically(file, bytes);
}

/// The directory's name, also of "." and "results/".
std::string title_of(const Options& o) {
    if (!o.title.empty()) return o.title;
    const auto path = fs::weakly_canonical(o.store);
    return path.filename().string();
}

void run(const Options& o, ekya::cli::Context& context) {
    if (o.writes_page() && o.io.output == "-" && isatty(STDOUT_FILENO) == 1)
        throw ekya::ConfigError("stdout is a terminal; name a file: -o report.html");
    ekya::report::PictureOptions shown;
    shown.policies = o.policies;
    if (o.window >= 0) shown.window = o.window;
    std::optional<ekya::cli::Output> page;
    if (o.writes_page()) page.emplace(context.output(o.io));
    const auto history = ekya::report::read_history(o.store);
    for (const auto& message : history.damaged) context.warn(message);
    const auto pictures = ekya::report::pictures_of(history, shown);
    std::vector<ekya::report::DrawnPicture> drawn;
    ekya::cli::Progress progress("drawing", static_cast<double>(pictures.size()));
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const auto& picture = pictures[i];
        ekya::cli::Context::check_interrupted();
        progress.update(static_cast<double>(i), picture.name);
        if (!o.csv.empty()) write_file(o, o.csv, picture.name + ".csv", csv_of(picture.table));
        if (!o.png.empty())
            write_file(o, o.png, picture.name + ".png", draw(picture, PictureFormat::png));
        if (!page && o.svg.empty()) continue;
        drawn.push_back({picture, draw(picture, PictureFormat::svg)});
        if (!o.svg.empty()) write_file(o, o.svg, picture.name + ".svg", drawn.back().svg);
    }
    if (!page) return;
    page->write_bytes(ekya::report::html_page(title_of(o), history, drawn));
    page->commit();
}

}  // namespace

int main(int argc, char** argv) {
    return ekya::cli::run_tool<Options>(
        "ekya-report", "Show what an experiment or a service did, as one HTML file.", argc, argv,
        add_options, run);
}

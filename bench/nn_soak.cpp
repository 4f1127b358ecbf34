// ekya-bench-soak: retrains and swaps models again and again in one process and watches its
// resident memory. Exits with 1 if the last third of the rounds has more of it than the first,
// beyond an allowance.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>

#include "ekya/nn/classifier.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"

namespace {

struct Options {
    ekya::Architecture architecture{"resnet18", 0.25, 32, 0, 5};
    int rounds = 300, report_every = 20, crops = 64;
    double allowance = 8;  // MiB; the allocator's own noise, round by round about as much, stays
                           // well below in the mean
};

ekya::TrainingSamples random_crops(const Options& options, unsigned seed) {
    std::mt19937 engine(seed);
    ekya::TrainingSamples samples;
    samples.crops.size = options.architecture.input_size;
    samples.crops.rgb.resize(samples.crops.bytes_per_crop() *
                             static_cast<std::size_t>(options.crops));
    for (auto& value : samples.crops.rgb) value = static_cast<std::uint8_t>(engine() >> 24);
    for (int i = 0; i < options.crops; ++i)
        samples.labels.push_back(i % options.architecture.classes);
    return samples;
}

double resident_mebibytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0, resident = 0;
    if (!(statm >> size >> resident)) throw std::runtime_error("/proc/self/statm cannot be read");
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

/// A directory for the weights that goes with the process.
struct Directory {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("ekya-soak-" + std::to_string(getpid()));
    Directory() { std::filesystem::create_directory(path); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path); }
};

/// One retraining on top of the last one's weights, as every window has it.
void retrain(const Options& options, int round, const std::filesystem::path& weights) {
    constexpr std::array layers{ekya::TrainedLayers::all, ekya::TrainedLayers::last_stage,
                                ekya::TrainedLayers::head};
    const auto fresh = random_crops(options, static_cast<unsigned>(round)),
               held_out = random_crops(options, 9999);
    ekya::TrainingJob job;
    job.architecture = options.architecture;
    job.config.layers = layers[static_cast<std::size_t>(round) % layers.size()];
    job.config.epochs = 2;
    job.config.batch_size = 16;
    job.seed = static_cast<std::uint64_t>(round);
    job.fresh = &fresh;
    job.held_out = &held_out;
    if (std::filesystem::exists(weights)) job.start_weights = weights;
    ekya::train(job).second.save(weights);
}

/// @return whether memory still grew
bool soak(const Options& options) {
    const Directory directory;
    const auto weights = directory.path / "weights.pt";
    const auto frame = random_crops(options, 1).crops;
    const auto load = [&] { return ekya::Classifier(options.architecture, weights); };
    retrain(options, 0, weights);
    auto serving = load();
    const int third = options.rounds / 3;
    double first = 0, last = 0;  // means over a third of the rounds
    std::cout << "rounds,resident_mib\n";
    for (int round = 1; round <= options.rounds; ++round) {
        retrain(options, round, weights);
        auto next = std::async(std::launch::async, load);  // loads aside while the old one serves
        static_cast<void>(serving.classify(frame));
        serving = next.get();
        static_cast<void>(serving.classify(frame));
        const double resident = resident_mebibytes();
        if (round <= third) first += resident / third;
        if (round > options.rounds - third) last += resident / third;
        if (round % options.report_every == 0) std::cout << round << ',' << resident << std::endl;
    }
    return last > first + options.allowance;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Retrains and swaps models in one process; prints its resident memory as CSV.",
                 "ekya-bench-soak");
    app.add_option("--network", options.architecture.network)->capture_default_str();
    app.add_option("--width", options.architecture.width)->capture_default_str();
    app.add_option("--input-size", options.architecture.input_size, "pixels")
        ->capture_default_str();
    app.add_option("--rounds", options.rounds, "retrainings, each with a swap")
        ->check(CLI::Range(3, 1000000))
        ->capture_default_str();
    app.add_option("--report-every", options.report_every, "rounds")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    app.add_option("--allowance", options.allowance,
                   "MiB by which the mean of the last third may exceed that of the first")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        ekya::set_threads(1);
        if (!soak(options)) return 0;
        std::cerr << "ekya-bench-soak: error: resident memory still grows\n";
    } catch (const std::exception& error) {
        std::cerr << "ekya-bench-soak: error: " << error.what() << '\n';
    }
    return 1;
}

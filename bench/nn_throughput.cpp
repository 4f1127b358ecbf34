// ekya-bench-nn: retrains or classifies random crops when told to, and says how long it took.
// Reads commands from stdin, one a line: "all" or "head" (retrain), "inference", "memory"; answers
// each with one number: CPU seconds, or the peak of resident memory in MiB. bench/throughput.py
// alternates it with plain PyTorch.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>

#include "ekya/core/clock.hpp"
#include "ekya/nn/classifier.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"

namespace {

struct Options {
    ekya::Architecture architecture{"resnet18", 0.25, 32, 0, 5};
    int batch = 32, images = 320, epochs = 3, threads = 1;
    std::string precision = "full";
};

/// Noise: what the crops show does not change how long they take.
ekya::TrainingSamples random_crops(const Options& options) {
    std::mt19937 engine(1);
    ekya::TrainingSamples samples;
    samples.crops.size = options.architecture.input_size;
    samples.crops.rgb.resize(samples.crops.bytes_per_crop() *
                             static_cast<std::size_t>(options.images));
    for (auto& value : samples.crops.rgb) value = static_cast<std::uint8_t>(engine() >> 24);
    for (int i = 0; i < options.images; ++i)
        samples.labels.push_back(i % options.architecture.classes);
    return samples;
}

/// The networks and data of one process.
class Bench {
public:
    explicit Bench(const Options& options) : options_(options), samples_(random_crops(options)) {
        auto brief = job(ekya::TrainedLayers::head);
        brief.config.epochs = 1;
        const auto weights = std::filesystem::temp_directory_path() /
                             ("ekya-bench-" + std::to_string(getpid()) + ".pt");
        ekya::train(brief).second.save(weights);
        classifier_ = std::make_unique<ekya::Classifier>(options.architecture, weights, "cpu", 0,
                                                         ekya::precision_from(options.precision));
        std::filesystem::remove(weights);
        for (int first = 0; first < options.images; first += options.batch) {
            const auto size = samples_.crops.bytes_per_crop();
            const auto last = std::min(first + options.batch, options.images);
            batches_.push_back(
                {samples_.crops.size,
                 {samples_.crops.rgb.begin() + static_cast<std::ptrdiff_t>(size) * first,
                  samples_.crops.rgb.begin() + static_cast<std::ptrdiff_t>(size) * last}});
        }
    }

    [[nodiscard]] double retraining(ekya::TrainedLayers layers) const {
        return cpu_seconds([&] { static_cast<void>(ekya::train(job(layers))); });
    }
    [[nodiscard]] double inference() {
        return cpu_seconds([&] {
            for (const auto& batch : batches_) static_cast<void>(classifier_->classify(batch));
        });
    }

private:
    static double cpu_seconds(const std::function<void()>& work) {
        const double begin = ekya::process_cpu_seconds();
        work();
        return ekya::process_cpu_seconds() - begin;
    }
    [[nodiscard]] ekya::TrainingJob job(ekya::TrainedLayers layers) const {
        ekya::TrainingJob job;
        job.architecture = options_.architecture;
        job.config.layers = layers;
        job.config.batch_size = options_.batch;
        job.config.epochs = options_.epochs;
        job.fresh = &samples_;
        job.precision = ekya::precision_from(options_.precision);
        return job;
    }

    const Options& options_;
    ekya::TrainingSamples samples_;
    std::vector<ekya::CropBatch> batches_;
    std::unique_ptr<ekya::Classifier> classifier_;
};

double peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

void serve(const Options& options) {
    ekya::set_threads(options.threads);
    Bench bench(options);
    std::string command;
    while (std::getline(std::cin, command)) {
        if (command == "all")
            std::cout << bench.retraining(ekya::TrainedLayers::all);
        else if (command == "head")
            std::cout << bench.retraining(ekya::TrainedLayers::head);
        else if (command == "inference")
            std::cout << bench.inference();
        else if (command == "memory")
            std::cout << peak_mebibytes();
        else
            throw std::invalid_argument("\"" + command +
                                        "\" is not all, head, inference or memory");
        std::cout << std::endl;  // the other side waits for it
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("Retrains or classifies random crops on commands from stdin; prints CPU seconds.",
                 "ekya-bench-nn");
    app.add_option("--network", options.architecture.network)->capture_default_str();
    app.add_option("--width", options.architecture.width)->capture_default_str();
    app.add_option("--input-size", options.architecture.input_size, "pixels")
        ->capture_default_str();
    app.add_option("--classes", options.architecture.classes)->capture_default_str();
    app.add_option("--batch", options.batch, "crops")
        ->check(CLI::Range(2, 4096))
        ->capture_default_str();
    app.add_option("--images", options.images, "crops per epoch and per measurement of inference")
        ->check(CLI::Range(2, 1000000))
        ->capture_default_str();
    app.add_option("--epochs", options.epochs)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024))->capture_default_str();
    app.add_option("--precision", options.precision, "auto, full or mixed")
        ->check(CLI::IsMember({"auto", "full", "mixed"}))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        serve(options);
    } catch (const std::exception& error) {
        std::cerr << "ekya-bench-nn: error: " << error.what() << '\n';
        return 1;
    }
}

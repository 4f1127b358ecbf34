// ekya-bench-nn: retrains or serves a network on made-up pictures when told to, and says how long
// it took. Reads commands from stdin, one a line: "all", "last_stage" or "head" (retrain),
// "inference", "memory", "boxes"; answers each with one number: CPU seconds, the peak of resident
// memory in MiB, or the boxes that a detector found per frame. bench/throughput.py alternates it
// with plain PyTorch.
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
#include "ekya/nn/detector.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"

namespace {

struct Options {
    ekya::Architecture architecture{"resnet18", 0.25, 32, 0, 5};
    int batch = 32, images = 320, epochs = 3, threads = 1;
    std::string precision = "full";
    std::filesystem::path weights;  ///< empty: thrown away

    [[nodiscard]] bool detects() const { return architecture.task == ekya::detection_task; }
};

/// Noise: what the crops show does not change how long they take.
ekya::LabelledCrops random_crops(const Options& options) {
    std::mt19937 engine(1);
    ekya::LabelledCrops samples;
    samples.crops.size = options.architecture.input_size;
    samples.crops.rgb.resize(samples.crops.bytes_per_crop() *
                             static_cast<std::size_t>(options.images));
    for (auto& value : samples.crops.rgb) value = static_cast<std::uint8_t>(engine() >> 24);
    for (int i = 0; i < options.images; ++i)
        samples.labels.push_back(i % options.architecture.classes);
    return samples;
}

/// 640 x 480 pixels of dark noise with 30 bright rectangles, one in each tile of 6 x 5: something
/// that can be found, so that suppression has work. throughput.py draws the same.
ekya::LabelledFrames random_frames(const Options& options) {
    constexpr int width = 640, height = 480, columns = 6, rows = 5;
    constexpr int tile_width = width / columns, tile_height = height / rows;
    std::mt19937 engine(1);
    const auto below = [&engine](int limit) {
        return static_cast<int>(engine() % static_cast<std::uint32_t>(limit));
    };
    ekya::LabelledFrames samples;
    for (int i = 0; i < options.images; ++i) {
        ekya::FrameImage frame{width, height, std::vector<std::uint8_t>(width * height * 3)};
        for (auto& value : frame.bgr) value = static_cast<std::uint8_t>(90 + (engine() >> 28));
        auto& boxes = samples.boxes.emplace_back();
        for (int tile = 0; tile < columns * rows; ++tile) {
            const int w = 24 + below(56), h = 24 + below(48);
            const int x = tile_width * (tile % columns) + below(tile_width - w),
                      y = tile_height * (tile / columns) + below(tile_height - h);
            for (int v = y; v < y + h; ++v)
                for (int u = 3 * x; u < 3 * (x + w); ++u)
                    frame.bgr[static_cast<std::size_t>(3 * width * v + u)] += 100;
            const ekya::Box box{double(x), double(y), double(x + w), double(y + h)};
            boxes.push_back({box, tile % options.architecture.classes});
        }
        samples.images.push_back(std::make_shared<const ekya::FrameImage>(std::move(frame)));
    }
    return samples;
}

/// A retraining of the samples.
ekya::TrainingJob job_of(const Options& options, const ekya::Samples& samples,
                         ekya::TrainedLayers layers) {
    ekya::TrainingJob job;
    job.architecture = options.architecture;
    job.config.layers = layers;
    job.config.batch_size = options.batch;
    job.config.epochs = options.epochs;
    job.fresh = &samples;
    job.precision = ekya::precision_from(options.precision);
    return job;
}

/// Weights of a model that serves, as long as it takes to load them.
class WeightsFile {
public:
    WeightsFile(const Options& options, const ekya::TrainingJob& brief)
        : keep_(!options.weights.empty()),
          path_(keep_ ? options.weights
                      : std::filesystem::temp_directory_path() /
                            ("ekya-bench-" + std::to_string(getpid()) + ".pt")) {
        ekya::train(brief).second.save(path_);
    }
    WeightsFile(const WeightsFile&) = delete;
    WeightsFile& operator=(const WeightsFile&) = delete;
    ~WeightsFile() {
        std::error_code ignored;
        if (!keep_) std::filesystem::remove(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    bool keep_;
    std::filesystem::path path_;
};

/// The networks and data of one process.
class Bench {
public:
    virtual ~Bench() = default;
    [[nodiscard]] virtual const ekya::Samples& samples() const = 0;
    /// Everything once.
    virtual void infer() = 0;
    /// That the last inference found, of each frame.
    [[nodiscard]] virtual double boxes() const = 0;

protected:
    Bench() = default;
    Bench(const Bench&) = default;
    Bench& operator=(const Bench&) = default;
};

class Crops : public Bench {
public:
    explicit Crops(const Options& options) : samples_(random_crops(options)) {
        auto brief = job_of(options, samples_, ekya::TrainedLayers::head);
        brief.config.epochs = 1;
        const WeightsFile weights(options, brief);
        classifier_ =
            std::make_unique<ekya::Classifier>(options.architecture, weights.path(), "cpu", 0,
                                               ekya::precision_from(options.precision));
        for (int first = 0; first < options.images; first += options.batch) {
            const auto size = samples_.crops.bytes_per_crop();
            const auto last = std::min(first + options.batch, options.images);
            batches_.push_back(
                {samples_.crops.size,
                 {samples_.crops.rgb.begin() + static_cast<std::ptrdiff_t>(size) * first,
                  samples_.crops.rgb.begin() + static_cast<std::ptrdiff_t>(size) * last}});
        }
    }
    [[nodiscard]] const ekya::Samples& samples() const override { return samples_; }
    void infer() override {
        for (const auto& batch : batches_) static_cast<void>(classifier_->classify(batch));
    }
    [[nodiscard]] double boxes() const override {
        throw std::invalid_argument("boxes: crops are classified");
    }

private:
    ekya::LabelledCrops samples_;
    std::vector<ekya::CropBatch> batches_;
    std::unique_ptr<ekya::Classifier> classifier_;
};

class Frames : public Bench {
public:
    explicit Frames(const Options& options)
        : batch_(static_cast<std::size_t>(options.batch)), samples_(random_frames(options)) {
        // Until it finds the rectangles, whatever is measured afterwards.
        auto brief = job_of(options, samples_, ekya::TrainedLayers::all);
        brief.config.epochs = (steps * options.batch + options.images - 1) / options.images;
        brief.precision = ekya::Precision::full;
        const WeightsFile weights(options, brief);
        detector_ = std::make_unique<ekya::Detector>(options.architecture, weights.path(), "cpu", 0,
                                                     ekya::precision_from(options.precision));
        for (const auto& image : samples_.images) frames_.push_back(image.get());
    }
    [[nodiscard]] const ekya::Samples& samples() const override { return samples_; }
    void infer() override {
        found_ = 0;
        for (std::size_t first = 0; first < frames_.size(); first += batch_)
            for (const auto& boxes : detector_->detect(
                     std::span(frames_).subspan(first, std::min(batch_, frames_.size() - first))))
                found_ += boxes.size();
    }
    [[nodiscard]] double boxes() const override {
        return static_cast<double>(found_) / static_cast<double>(frames_.size());
    }

private:
    static constexpr int steps = 200;
    std::size_t batch_, found_ = 0;
    ekya::LabelledFrames samples_;
    std::vector<const ekya::FrameImage*> frames_;
    std::unique_ptr<ekya::Detector> detector_;
};

double cpu_seconds(const std::function<void()>& work) {
    const double begin = ekya::process_cpu_seconds();
    work();
    return ekya::process_cpu_seconds() - begin;
}

double peak_mebibytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

double answer(const std::string& command, const Options& options, Bench& bench) {
    if (command == "inference") return cpu_seconds([&] { bench.infer(); });
    if (command == "memory") return peak_mebibytes();
    if (command == "boxes") return bench.boxes();
    const auto layers = ekya::trained_layers_from(command);
    return cpu_seconds(
        [&] { static_cast<void>(ekya::train(job_of(options, bench.samples(), layers))); });
}

void serve(const Options& options) {
    ekya::set_threads(options.threads);
    const auto bench = options.detects() ? std::unique_ptr<Bench>(std::make_unique<Frames>(options))
                                         : std::make_unique<Crops>(options);
    std::string command;
    while (std::getline(std::cin, command))
        std::cout << answer(command, options, *bench) << std::endl;  // the other side waits for it
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app(
        "Retrains or serves a network on made-up pictures on commands from stdin; prints CPU "
        "seconds.",
        "ekya-bench-nn");
    app.add_option("--task", options.architecture.task, "classification or detection")
        ->check(CLI::IsMember({ekya::classification_task, ekya::detection_task}))
        ->capture_default_str();
    app.add_option("--network", options.architecture.network)->capture_default_str();
    app.add_option("--width", options.architecture.width)->capture_default_str();
    app.add_option("--input-size", options.architecture.input_size, "width, pixels")
        ->capture_default_str();
    app.add_option("--input-height", options.architecture.input_height, "pixels; 0: square")
        ->capture_default_str();
    app.add_option("--classes", options.architecture.classes)->capture_default_str();
    app.add_option("--batch", options.batch, "pictures")
        ->check(CLI::Range(2, 4096))
        ->capture_default_str();
    app.add_option("--images", options.images,
                   "pictures per epoch and per measurement of inference")
        ->check(CLI::Range(2, 1000000))
        ->capture_default_str();
    app.add_option("--epochs", options.epochs)->check(CLI::Range(1, 1000))->capture_default_str();
    app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024))->capture_default_str();
    app.add_option("--precision", options.precision, "auto, full or mixed")
        ->check(CLI::IsMember({"auto", "full", "mixed"}))
        ->capture_default_str();
    app.add_option("--weights", options.weights,
                   "keep those of the model that serves in this file");
    CLI11_PARSE(app, argc, argv);
    try {
        serve(options);
    } catch (const std::exception& error) {
        std::cerr << "ekya-bench-nn: error: " << error.what() << '\n';
        return 1;
    }
}

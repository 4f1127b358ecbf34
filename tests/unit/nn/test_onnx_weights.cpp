// The published FastestDet, in libtorch and in OpenCV.
#include <doctest/doctest.h>

#include <fstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/detector.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/nn/weights.hpp"
#include "folded_network.hpp"
#include "frame_tensor.hpp"
#include "onnx_weights.hpp"
#include "painted_frames.hpp"
#include "shared_data.hpp"
#include "start_weights.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"
#include "zoo.hpp"
#ifdef EKYA_WITH_VIDEO
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>

#include "ekya/video/frame_source.hpp"
#include "ekya/video/onnx_detector.hpp"
#endif

using namespace ekya;

namespace {

const std::string published = "models/fastestdet/FastestDet.onnx";

#ifdef EKYA_WITH_VIDEO
/// Every tenth frame of the video of cars.
std::vector<FrameImage> some_frames(std::size_t count) {
    std::vector<FrameImage> frames;
    const auto video = test::shared_data("videos/car-detection.mp4");
    if (!video) return frames;
    FrameSource source(*video);
    for (Frame frame; frames.size() < count && source.next(frame);)
        if (frame.index % 10 == 0) frames.push_back(frame.image());
    return frames;
}

FrameImage resized(const FrameImage& frame, int width, int height) {
    FrameImage result{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height)};
    const cv::Mat from(frame.height, frame.width, CV_8UC3,
                       const_cast<std::uint8_t*>(frame.bgr.data()));
    cv::Mat to(height, width, CV_8UC3, result.bgr.data());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_AREA);
    return result;
}
#endif

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

#ifdef EKYA_WITH_VIDEO
TEST_CASE("onnx weights: fastestdet puts out what OpenCV does with the file") {
    const auto file = test::shared_data(published);
    if (!file) return;
    set_threads(1);
    const auto architecture = onnx_architecture(*file);
    CHECK(architecture.network == "fastestdet");
    CHECK(architecture.classes == 80);
    CHECK(architecture.input_size == 352);
    CHECK(input_height(architecture) == 352);
    check_weights(*file, architecture);
    Network network(architecture);
    load_state(network, *file, HeadPolicy::exact);
    network.eval();
    const FoldedNetwork folded(network);
    auto reference = cv::dnn::readNetFromONNX(*file);

    std::vector<torch::Tensor> inputs{
        torch::rand({1, 3, 352, 352}, at::detail::createCPUGenerator(1)),
        torch::zeros({1, 3, 352, 352})};
    for (const auto& frame : some_frames(5)) {
        const FrameImage* const one[] = {&frame};
        inputs.push_back(frame_tensor(one, 352, 352, network.program().frames, torch::kCPU));
    }
    const torch::NoGradGuard no_grad;
    for (const auto& rgb : inputs) {
        auto bgr = rgb.flip(1).contiguous();
        const int sizes[] = {1, 3, 352, 352};
        reference.setInput(cv::Mat(4, sizes, CV_32F, bgr.data_ptr()));
        const cv::Mat output = reference.forward();
        const auto expected = torch::from_blob(output.data, {1, 85, 22, 22});
        for (const auto& raw : {folded.forward(rgb), network.forward(rgb)}) {
            const auto ours = torch::cat({raw.narrow(1, 0, 1).sigmoid(), raw.narrow(1, 1, 4),
                                          raw.narrow(1, 5, 80).softmax(1)},
                                         1);
            CHECK((ours - expected).abs().max().item<double>() < 1e-3);
        }
    }
}

TEST_CASE("onnx weights: Detector finds the boxes that OnnxDetector finds") {
    const auto file = test::shared_data(published);
    if (!file) return;
    set_threads(1);
    constexpr double min_score = 0.4;
    Detector detector(onnx_architecture(*file), *file);
    OnnxDetector reference(*file, {.min_score = min_score, .threads = 1});
    const auto names = reference.classes();
    int boxes = 0, same = 0;
    for (auto frame : some_frames(30)) {
        // Two libraries shrink frames to whole levels, which may differ by one. Where two classes
        // or cells score alike, either may win.
        const FrameImage* const one[] = {&frame};
        for (const bool shrunk : {false, true}) {
            if (shrunk) frame = resized(frame, 352, 352);
            const auto ours = detector.detect(one, min_score).front();
            const auto theirs = reference.detect(frame);
            if (shrunk) CHECK(ours.size() == theirs.size());
            for (const auto& expected : theirs) {
                if (!shrunk && expected.score < min_score + 0.03) continue;
                double overlap = 0;
                bool same_class = false;
                for (const auto& [box, label, score] : ours)
                    if (std::abs(score - expected.score) < (shrunk ? 1e-4 : 0.03) &&
                        iou(box, expected.box) > overlap) {
                        overlap = iou(box, expected.box);
                        same_class = names[static_cast<std::size_t>(label)] == expected.class_name;
                    }
                CHECK(overlap > 0.93);
                same += same_class ? 1 : 0;
                ++boxes;
            }
        }
    }
    CHECK(boxes > 40);
    CHECK(same >= boxes - 3);
}
#endif

TEST_CASE("onnx weights: rows of classes that the file knows by name are kept") {
    const auto file = test::shared_data(published);
    if (!file) return;
    auto architecture = onnx_architecture(*file);
    const auto tensors = onnx_tensors(*file, program_for(architecture));
    architecture.classes = 3;
    TrainingJob job;
    job.architecture = architecture;
    job.start_weights = *file;
    job.class_names = {"truck", "lorry", "person"};
    Network network(architecture, 1);
    const auto layer = fastestdet_class_layer + std::string("weight");
    const auto own = network.named_parameters()[layer].detach().clone();
    CHECK_FALSE(load_start(network, job));
    const auto rows = network.named_parameters()[layer].detach();
    const auto theirs = tensors.at(layer);
    CHECK(torch::equal(rows[0], theirs[7]));
    CHECK(torch::equal(rows[1], own[1]));
    CHECK(torch::equal(rows[2], theirs[0]));
    CHECK(torch::equal(network.named_parameters()["SPP.output.0.weight"],
                       tensors.at("SPP.output.0.weight")));
    job.class_names = {"truck", "car", "person"};
    CHECK(load_start(network, job));
    job.class_names.clear();
    CHECK_FALSE(load_start(network, job));
    job.class_names = {"truck"};
    CHECK(test::contains(test::message_of<DomainError>([&] { load_start(network, job); }),
                         "class_names: 1 for 3"));
}

TEST_CASE("train: fastestdet from the published weights, whichever layers, and handed over") {
    const auto file = test::shared_data(published);
    if (!file) return;
    set_threads(1);
    const test::TemporaryDirectory directory;
    const auto fresh = test::painted_frames(24, 1), held_out = test::painted_frames(12, 2);
    TrainingJob job;
    job.architecture = {.network = "fastestdet",
                        .width = 1,
                        .input_size = 128,
                        .classes = 2,
                        .input_height = 96,
                        .task = detection_task};
    job.start_weights = *file;
    job.class_names = {"red", "green"};
    job.fresh = &fresh;
    job.held_out = &held_out;
    job.config.batch_size = 8;
    job.config.learning_rate = 0.02;
    job.precision = Precision::full;
    for (const auto& [layers, least] : {std::pair{TrainedLayers::head, 0.7},
                                        {TrainedLayers::last_stage, 0.8},
                                        {TrainedLayers::all, 0.8}}) {
        job.config.layers = layers;
        job.config.epochs = 12;
        auto [outcome, model] = train(job);
        CHECK(outcome.head_reinitialised);
        MESSAGE("F1 " << outcome.accuracy.value() << ", loss " << outcome.final_loss);
        CHECK(outcome.accuracy.value() > least);
    }
    job.config.epochs = 2;
    train(job).second.save(directory / "whole.pt");
    TrainingHooks hooks;
    hooks.state_file = directory / "state";
    int asked = 0;
    hooks.leave = [&] { return asked++ == 4; };
    CHECK_THROWS_AS(static_cast<void>(train(job, hooks)), HandedOver);
    hooks.leave = nullptr;
    train(job, hooks).second.save(directory / "turns.pt");
    CHECK(read_file(directory / "turns.pt") == read_file(directory / "whole.pt"));
}

TEST_CASE("onnx weights: what is no FastestDet is refused by name") {
    const test::TemporaryDirectory directory;
    const Architecture architecture{.network = "fastestdet",
                                    .width = 1,
                                    .input_size = 352,
                                    .classes = 80,
                                    .task = detection_task};
    const auto complaint = [&](const std::string& bytes, const Architecture& wanted) {
        write_bytes(directory / "x.onnx", bytes);
        return test::message_of<InputError>([&] { check_weights(directory / "x.onnx", wanted); });
    };
    CHECK(test::contains(complaint("", architecture), "x.onnx: not an ONNX model"));
    CHECK(test::contains(complaint("nonsense", architecture), "x.onnx: not an ONNX model"));
    const auto file = test::shared_data(published);
    if (!file) return;
    const auto bytes = read_file(*file);
    CHECK(complaint(bytes, architecture).empty());
    CHECK(test::contains(complaint(bytes.substr(0, bytes.size() / 2), architecture),
                         "not an ONNX model"));
    auto other = architecture;
    other.classes = 3;
    CHECK(test::contains(complaint(bytes, other), "detect_head.cls_layers.conv5x5.3.weight"));
    other = architecture;
    other.width = 0.5;
    CHECK(test::contains(complaint(bytes, other), "24 groups, expected 2 and 16"));
    other = architecture;
    other.network = "shufflenet_v2";
    CHECK(test::contains(complaint(bytes, other), "70 convolutions"));
}

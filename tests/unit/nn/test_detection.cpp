// Detectors: networks, heads and trainings.
#include <doctest/doctest.h>

#include "detection_head.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/nn/detector.hpp"
#include "ekya/nn/head_rows.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/nn/weights.hpp"
#include "folded_network.hpp"
#include "frame_tensor.hpp"
#include "norm_statistics.hpp"
#include "painted_frames.hpp"
#include "state_dict.hpp"
#include "synthetic.hpp"
#include "zoo.hpp"

using namespace ekya;
using doctest::Approx;

namespace {

Architecture detector(const std::string& network, int classes = 2) {
    return {.network = network,
            .width = network == "fastestdet" ? 1 : 0.25,
            .input_size = 128,
            .classes = classes,
            .input_height = 96,
            .task = detection_task};
}

torch::Tensor pictures(std::int64_t count, std::int64_t height = 96, std::int64_t width = 128) {
    return torch::rand({count, 3, height, width}, at::detail::createCPUGenerator(3))
        .contiguous(torch::MemoryFormat::ChannelsLast);
}

/// Every number that batch norm has is changed.
std::shared_ptr<Network> unsettled_detector(const Architecture& architecture) {
    auto network = make_network(architecture, 4);
    const torch::NoGradGuard no_grad;
    auto generator = at::detail::createCPUGenerator(5);
    for (auto& entry : network->named_parameters())
        if (entry.value().dim() == 1) entry.value().add_(torch::rand({}, generator) * 0.3);
    for (auto& entry : network->named_buffers())
        if (entry.value().is_floating_point()) entry.value().add_(torch::rand({}, generator) * 0.3);
    network->eval();
    return network;
}

TrainingJob detection_job(const std::string& network, const LabelledFrames& fresh, int epochs) {
    TrainingJob job;
    job.architecture = detector(network);
    job.config.epochs = epochs;
    job.config.batch_size = 8;
    job.config.learning_rate = 0.02;
    job.seed = 3;
    job.fresh = &fresh;
    job.precision = Precision::full;
    return job;
}

std::vector<const FrameImage*> views(const LabelledFrames& frames) {
    std::vector<const FrameImage*> result;
    for (const auto& image : frames.images) result.push_back(image.get());
    return result;
}

}  // namespace

TEST_CASE("detectors: every network tells boxes; cut anywhere and folded it answers the same") {
    for (const auto& name : network_names(detection_task)) {
        CAPTURE(name);
        const auto network = unsettled_detector(detector(name, 3));
        const FoldedNetwork folded(*network);
        const torch::NoGradGuard no_grad;
        for (const auto& x : {pictures(2), pictures(2, 64, 160)}) {
            const auto expected = network->forward(x);
            const bool cells = name == "fastestdet";
            const auto stride = cells ? cell_stride : detector_stride;
            CHECK(expected.sizes() ==
                  at::IntArrayRef({2, cells ? cell_outputs + 3 : box_outputs + 3,
                                   x.size(2) / stride, x.size(3) / stride}));
            CHECK(torch::allclose(folded.forward(x), expected, 1e-3, 1e-4));
            for (const Cut cut : {Cut::last_stage, Cut::head}) {
                const auto between = folded.before(cut, {x});
                CHECK(torch::allclose(folded.behind(cut, between), expected, 1e-3, 1e-4));
                CHECK(torch::allclose(network->forward_from(cut, between), expected, 1e-3, 1e-4));
            }
        }
    }
}

TEST_CASE("fastestdet: parameters and multiply-accumulates of the published file") {
    auto architecture = detector("fastestdet", 80);
    architecture.input_size = 352;
    architecture.input_height = 0;
    // The file has 240,301 weights and biases in 70 convolutions. Here the 4,104 outputs of all but
    // the last three have a scale beside the bias.
    CHECK(parameter_count(architecture) == 240'301 + 4'104);
    CHECK(multiply_accumulates(architecture) == 121'491'744);
    std::int64_t count = 0;
    for (const auto& parameter : make_network(architecture, 1)->parameters())
        count += parameter.numel();
    CHECK(count == parameter_count(architecture));
}

TEST_CASE("fastestdet: detects only") {
    CHECK(test::message_of<DomainError>([] {
              validate({.network = "fastestdet", .classes = 3});
          }) == "network: \"fastestdet\" is none of resnet18 mobilenet_v2 shufflenet_v2");
    CHECK(network_names(detection_task).size() == network_names().size() + 1);
}

TEST_CASE("frame_tensor: letterboxed and standardised, or stretched in [0, 1]") {
    FrameImage frame{4, 2, {}};
    for (int i = 0; i < 8; ++i) frame.bgr.insert(frame.bgr.end(), {51, 102, 204});
    const FrameImage* const frames[] = {&frame};
    const auto unit =
        frame_tensor(frames, 8, 8, {.stretched = true, .unit_levels = true}, torch::kCPU);
    CHECK(unit.sizes() == at::IntArrayRef({1, 3, 8, 8}));
    for (const auto& [channel, level] : {std::pair{0, 0.8}, {1, 0.4}, {2, 0.2}}) {
        CHECK(unit.select(1, channel).min().item<double>() == Approx(level));
        CHECK(unit.select(1, channel).max().item<double>() == Approx(level));
    }
    const auto own = frame_tensor(frames, 8, 8, {}, torch::kCPU);
    CHECK(own.mean().item<double>() == Approx(0).epsilon(1e-4));
    CHECK(own[0][0][0][0].item<double>() != Approx(own[0][0][4][4].item<double>()));
    const FrameFit stretched(4, 2, 8, 8, true), boxed(4, 2, 8, 8, false);
    CHECK(stretched.into({1, 1, 2, 2}) == Box{2, 4, 4, 8});
    CHECK(stretched.back({2, 4, 4, 8}) == Box{1, 1, 2, 2});
    CHECK(boxed.into({1, 1, 2, 2}) == Box{2, 4, 4, 6});
}

TEST_CASE("frame_preprocess: as the network wants it") {
    CHECK(frame_preprocess(detector("resnet18")).fit == "letterbox");
    CHECK(frame_preprocess(detector("resnet18")).normalisation == "per_picture");
    CHECK(frame_preprocess(detector("fastestdet")).fit == "stretch");
    CHECK(frame_preprocess(detector("fastestdet")).normalisation == "unit");
}

TEST_CASE("cell_head: boxes as the source decodes them") {
    auto outputs = torch::full({1, 5 + 3, 4, 6}, -20.0);
    const auto set = [&](int y, int x, std::vector<double> values) {
        for (std::size_t i = 0; i < values.size(); ++i)
            outputs[0][static_cast<std::int64_t>(i)][y][x] = values[i];
    };
    set(1, 2, {2, 0.5, -0.5, -1, -0.5, 0, 3, 1});
    set(3, 5, {0, 0, 0, 0, 0, 5, 0, 0});  // reaches beyond the picture
    const auto boxes = cell_head().boxes_of(outputs, 0.3);
    REQUIRE(boxes.size() == 1);
    REQUIRE(boxes[0].size() == 2);
    const auto& first = boxes[0][0];
    const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
    const double cx = 16 * (2 + std::tanh(0.5)), cy = 16 * (1 - std::tanh(0.5)),
                 w = 96 * sigmoid(-1), h = 64 * sigmoid(-0.5);
    CHECK(first.label == 1);
    CHECK(first.score ==
          Approx(std::pow(sigmoid(2), 0.6) * std::pow(1 / (1 + std::exp(-3) + std::exp(-2)), 0.4)));
    CHECK(first.box.x0 == Approx(cx - w / 2));
    CHECK(first.box.y0 == Approx(std::max(0.0, cy - h / 2)));
    CHECK(first.box.x1 == Approx(cx + w / 2));
    CHECK(first.box.y1 == Approx(cy + h / 2));
    CHECK(boxes[0][1].box.x1 == 96);
    CHECK(boxes[0][1].box.y1 == 64);
    CHECK(cell_head().boxes_of(outputs, 0.9)[0].empty());
    // Another class on the same place goes as well.
    set(1, 3, {1, -0.5, -0.5, -1, -0.5, 3, 0, 0});
    CHECK(cell_head().boxes_of(outputs, 0.3)[0].size() == 2);
}

TEST_CASE("detection heads: the loss falls with better answers; what is ignored does not count") {
    for (const auto kind : {Outputs::centres, Outputs::cells}) {
        const auto& head = detection_head(kind);
        const auto first = kind == Outputs::cells ? cell_outputs : box_outputs;
        const auto stride = kind == Outputs::cells ? cell_stride : detector_stride;
        const auto weights = torch::ones({2});
        const std::vector<std::vector<TargetBox>> objects{{{{20, 20, 50, 40}, 1, false}}, {}};
        auto blank = torch::zeros({2, first + 2, 96 / stride, 128 / stride});
        if (kind == Outputs::cells)
            blank.select(1, 0).fill_(-3);
        else
            blank.narrow(1, first, 2).fill_(-3);
        const auto loss = [&](const torch::Tensor& outputs, const auto& boxes) {
            return head.loss(outputs, boxes, weights).template item<double>();
        };
        const double start = loss(blank, objects);
        auto x = blank.clone().set_requires_grad(true);
        for (int i = 0; i < 300; ++i) {
            auto l = head.loss(x, objects, weights);
            l.backward();
            const torch::NoGradGuard no_grad;
            x.sub_(x.grad() * 0.5);
            x.mutable_grad().zero_();
        }
        CHECK(loss(x.detach(), objects) < 0.3 * start);
        const auto found = head.boxes_of(x.detach(), 0.3);
        REQUIRE(found[0].size() == 1);
        CHECK(found[0][0].label == 1);
        CHECK(found[1].empty());
        CHECK(iou(found[0][0].box, objects[0][0].box) > 0.8);

        // Told on an ignored object, the same answers are no false alarm.
        auto ignored = objects;
        ignored[0][0].ignore = true;
        const std::vector<std::vector<TargetBox>> none{{}, {}};
        CHECK(loss(x.detach(), ignored) < 0.2 * loss(x.detach(), none));
        CHECK(std::isfinite(loss(blank, none)));

        CHECK(head.divergence(x.detach(), x.detach()).item<double>() == Approx(0).epsilon(1e-4));
        CHECK(head.divergence(blank, x.detach()).item<double>() > 0.1);
        const auto grown = torch::cat({x.detach(), torch::full_like(x, -9).narrow(1, 0, 1)}, 1);
        CHECK(std::isfinite(head.divergence(grown, x.detach()).item<double>()));
    }
}

TEST_CASE("measure_statistics: the same answers, and nearly the same in training") {
    const auto network = unsettled_detector(detector("fastestdet"));
    const torch::NoGradGuard no_grad;
    const auto x = pictures(8);
    const auto before = network->forward(x);
    network->train();
    const double off = (network->forward(x) - before).abs().max().item<double>();
    const auto measured = unsettled_detector(detector("fastestdet"));
    measure_statistics(*measured, x);
    CHECK(torch::allclose(measured->forward(x), before, 1e-3, 1e-4));
    measured->train();
    CHECK((measured->forward(x) - before).abs().max().item<double>() < 0.01 * off + 1e-4);
}

TEST_CASE("train: detectors find the painted objects of frames they have not seen") {
    set_threads(1);
    const auto fresh = test::painted_frames(32, 1), held_out = test::painted_frames(16, 2);
    for (const std::string name : {"resnet18", "fastestdet"}) {
        CAPTURE(name);
        auto job = detection_job(name, fresh, name == "fastestdet" ? 45 : 12);
        job.held_out = &held_out;
        if (name == "fastestdet") job.config.learning_rate = 0.05;
        std::vector<double> losses;
        TrainingHooks hooks;
        hooks.on_epoch = [&](const EpochReport& report) { losses.push_back(report.loss); };
        auto [outcome, model] = train(job, hooks);
        CHECK(losses.back() < 0.6 * losses.front());
        MESSAGE("F1 " << outcome.accuracy.value() << ", loss " << outcome.final_loss);
        CHECK(outcome.accuracy.value() > (name == "fastestdet" ? 0.7 : 0.9));
        BoxCounts counts;
        const auto found = model.detect(views(held_out), usual_min_score(job.architecture));
        for (std::size_t i = 0; i < found.size(); ++i)
            counts += count_matches(found[i], held_out.boxes[i]);
        CHECK(counts.f1() == Approx(*outcome.accuracy));
    }
}

TEST_CASE("train: fastestdet from its own weights, parts frozen, and with more classes") {
    set_threads(1);
    const test::TemporaryDirectory directory;
    const auto fresh = test::painted_frames(24, 1), held_out = test::painted_frames(8, 2);
    auto job = detection_job("fastestdet", fresh, 10);
    train(job).second.save(directory / "start.pt");
    job.start_weights = directory / "start.pt";
    job.held_out = &held_out;
    job.config.epochs = 3;
    for (const auto layers : {TrainedLayers::head, TrainedLayers::last_stage, TrainedLayers::all})
        for (const double distillation : {0.0, 0.3}) {
            job.config.layers = layers;
            job.distillation = distillation;
            auto [outcome, model] = train(job);
            CHECK_FALSE(outcome.head_reinitialised);
            CHECK(outcome.parent_accuracy);
            model.save(directory / "trained.pt");
            Network before(job.architecture), after(job.architecture);
            load_state(before, directory / "start.pt", HeadPolicy::exact);
            load_state(after, directory / "trained.pt", HeadPolicy::exact);
            const auto old = before.named_parameters();
            for (const auto& entry : after.named_parameters()) {
                const auto& name = entry.key();
                const bool trained =
                    layers == TrainedLayers::all || is_head(name) ||
                    (layers == TrainedLayers::last_stage &&
                     (name.starts_with("backbone.stage4.") || name.starts_with("SPP.")));
                CHECK_MESSAGE(torch::equal(entry.value(), old[name]) != trained, name);
            }
        }
    job.start_architecture = job.architecture;
    job.architecture.classes = 3;
    job.distillation = 0;
    job.config.layers = TrainedLayers::head;
    CHECK_FALSE(train(job).first.head_reinitialised);
}

TEST_CASE("keep_head_rows: of fastestdet the classes' layer alone has rows to keep") {
    const test::TemporaryDirectory directory;
    const auto architecture = detector("fastestdet", 4);
    const auto network = unsettled_detector(architecture);
    save_state(*network, directory / "all.pt");
    const auto fewer =
        keep_head_rows(directory / "all.pt", architecture, {3, 1}, directory / "two.pt");
    CHECK(fewer.classes == 2);
    Network kept(fewer);
    load_state(kept, directory / "two.pt", HeadPolicy::exact);
    kept.eval();
    const torch::NoGradGuard no_grad;
    const auto all = network->forward(pictures(1)), two = kept.forward(pictures(1));
    CHECK(torch::allclose(two.narrow(1, 0, 5), all.narrow(1, 0, 5)));
    CHECK(torch::allclose(two.select(1, 5), all.select(1, 5 + 3)));
    CHECK(torch::allclose(two.select(1, 6), all.select(1, 5 + 1)));
}

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <limits>
#include <map>
#include <random>

#include "ekya/core/errors.hpp"
#include "ekya/nn/threads.hpp"
#include "ekya/nn/training.hpp"
#include "ekya/serving/serve_live.hpp"
#include "ekya/wire/record_subscriber.hpp"
#include "support/scratch.hpp"
#include "wire/raw_peer.hpp"

using namespace ekya;
using namespace ekya::test;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds long_enough{30000};
const std::vector<Box> two_boxes{{2, 2, 20, 20}, {10, 10, 40, 40}}, one_box{{5, 5, 30, 30}};

FrameImage noise(unsigned seed) {
    std::mt19937 random(seed);
    FrameImage image{64, 48, std::vector<std::uint8_t>(64 * 48 * 3)};
    for (auto& value : image.bgr) value = static_cast<std::uint8_t>(random() >> 24);
    return image;
}

/// Streams a and b with the models "base", which both share, and "other".
struct Fleet {
    Scratch scratch;
    Store store{scratch / "store"};
    ModelLoader models{store, "cpu"};
    SystemClock clock;

    Fleet() {
        set_threads(1);
        for (const std::string id : {"base", "other"}) {
            const auto weights = trained(id == "base" ? 1 : 2);
            for (const std::string stream : {"a", "b"}) {
                ModelCard card;
                card.id = id;
                card.stream = stream;
                card.window = -1;
                card.architecture = architecture;
                card.classes = {"car", "sign", "truck"};
                store.write_model(
                    card, [&](const auto& path) { std::filesystem::copy_file(weights, path); });
            }
        }
    }
    std::filesystem::path trained(std::uint64_t seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        TrainingSamples samples;
        samples.crops.size = 32;
        samples.crops.rgb.resize(samples.crops.bytes_per_crop() * 6);
        for (auto& value : samples.crops.rgb) value = static_cast<std::uint8_t>(random() >> 24);
        samples.labels = {0, 1, 2, 0, 1, 2};
        TrainingJob job;
        job.architecture = architecture;
        job.config.epochs = 1;
        job.config.batch_size = 2;
        job.seed = seed;
        job.fresh = &samples;
        const auto file = scratch / ("weights" + std::to_string(seed));
        train(job).second.save(file);
        return file;
    }
    [[nodiscard]] std::string endpoint(const std::string& stream, const std::string& kind) const {
        return "ipc://" + (scratch / (stream + "." + kind)).string();
    }

    const Architecture architecture{"resnet18", 0.125, 32, 0, 3};
};

/// One stream's server with all that comes out of it.
struct Served {
    std::vector<FrameAnswer> answers;
    std::vector<Seconds> answered_at;
    std::vector<WindowAccuracy> windows;
    std::vector<std::string> troubles;
    int first_frames = 0;
    std::unique_ptr<StreamServer> server;

    Served(Fleet& fleet, const std::string& stream, double share = 0,
           const std::string& publish = "") {
        StreamServerOptions options;
        options.session.stream = stream;
        options.session.max_backlog = 1000;
        options.model = "base";
        options.frames = fleet.endpoint(stream, "frames");
        options.control = fleet.endpoint(stream, "control");
        options.publish = publish;
        options.share = share;
        server = std::make_unique<StreamServer>(
            options, fleet.store, fleet.models,
            [](std::int64_t) { return std::span<const Annotation>(); }, fleet.clock,
            StreamServer::Hooks{
                [this](int, int) { ++first_frames; },
                [this, &fleet](EncodedAnswer& answer) {
                    answers.push_back(answer.record());
                    answered_at.push_back(fleet.clock.now());
                },
                [this](const WindowAccuracy& accuracy) { windows.push_back(accuracy); },
                [this](const std::string& trouble) { troubles.push_back(trouble); }});
    }
};

FrameHeader header_of(const std::string& stream, std::int64_t frame,
                      const std::vector<Box>& boxes) {
    return {stream, 0, frame, 0.1, 64, 48, boxes};
}

}  // namespace

TEST_CASE(
    "analyse_frames: several frames in one batch get the answers that each gets alone, each from "
    "its own model") {
    Fleet fleet;
    const auto base = fleet.models.load("a", "base", 0), same = fleet.models.load("b", "base", 0),
               other = fleet.models.load("b", "other", 0);
    const auto first = noise(1), second = noise(2), third = noise(3);
    const std::vector<FrameToAnalyse> frames{{base.get(), &first, two_boxes},
                                             {other.get(), &second, one_box},
                                             {base.get(), &second, {}},
                                             {same.get(), &third, one_box}};
    const auto together = analyse_frames(frames);
    REQUIRE(together.size() == 4);
    CHECK(together[2].empty());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto alone = analyse_frames({&frames[i], 1}).front();
        REQUIRE(together[i].size() == frames[i].boxes.size());
        for (std::size_t k = 0; k < alone.size(); ++k) {
            CHECK(together[i][k].class_name == alone[k].class_name);
            CHECK(together[i][k].box == frames[i].boxes[k]);
            CHECK(together[i][k].score == doctest::Approx(alone[k].score).epsilon(1e-4));
        }
    }
    // Otherwise nothing above would have told the models apart.
    const FrameToAnalyse by_base{base.get(), &second, one_box};
    CHECK(analyse_frames({&by_base, 1}).front()[0].score !=
          doctest::Approx(together[1][0].score).epsilon(1e-6));
    CHECK(analyse_frames({}).empty());
}

TEST_CASE(
    "ModelLoader: equal weights share one network, other weights and sizes do not; what nobody "
    "uses is let go") {
    Fleet fleet;
    auto a = fleet.models.load("a", "base", 0);
    const auto b = fleet.models.load("b", "base", 0),
               explicitly = fleet.models.load("b", "base", 32);
    CHECK(a->network == b->network);
    CHECK(a->network == explicitly->network);
    CHECK(a->card.stream == "a");
    CHECK(b->card.stream == "b");
    CHECK(fleet.models.load("a", "other", 0)->network != a->network);
    CHECK(fleet.models.load("a", "base", 24)->network != a->network);
    const std::weak_ptr<TaskModel> gone = fleet.models.load("a", "other", 0)->network;
    CHECK(gone.expired());
    CHECK_THROWS_AS((void)fleet.models.load("a", "none", 0), InputError);
}

TEST_CASE(
    "serve_live: two streams in one process, every frame answered, swapped and stopped one by "
    "one") {
    Fleet fleet;
    FramePublisher publish_a(fleet.endpoint("a", "frames"), 1000),
        publish_b(fleet.endpoint("b", "frames"), 1000);
    Served a(fleet, "a"), b(fleet, "b");
    REQUIRE(publish_a.wait_for_subscribers(1, long_enough, nullptr));
    REQUIRE(publish_b.wait_for_subscribers(1, long_enough, nullptr));
    std::vector<std::unique_ptr<StreamServer>> servers;
    servers.push_back(std::move(a.server));
    servers.push_back(std::move(b.server));
    std::atomic<bool> give_up = false;
    auto serving = std::async(std::launch::async, [&] {
        serve_live(servers, fleet.clock, [&] { return give_up.load(); });
    });

    const auto image = noise(7);
    for (int i = 0; i < 20; ++i) {
        publish_a.publish(header_of("a", i, two_boxes), image);
        publish_b.publish(header_of("b", i, one_box), image);
    }
    ControlRequest swap{ControlRequest::Kind::swap, "other", {}, {}, {}};
    auto reply = send_control(fleet.endpoint("a", "control"), swap, long_enough);
    CHECK(reply.ok);
    CHECK(reply.model == "other");
    swap.model = "none";
    CHECK_FALSE(send_control(fleet.endpoint("a", "control"), swap, long_enough).ok);
    for (int i = 20; i < 30; ++i) {
        publish_a.publish(header_of("a", i, two_boxes), image);
        publish_b.publish(header_of("b", i, one_box), image);
    }
    publish_a.publish(WindowEnd{"a", 0, 0, 30, 3, true, true});
    while (send_control(fleet.endpoint("b", "control"), {}, long_enough).analysed < 30)
        std::this_thread::sleep_for(milliseconds(10));
    reply = send_control(fleet.endpoint("b", "control"),
                         {ControlRequest::Kind::stop, "", {}, {}, {}}, long_enough);
    CHECK(reply.model == "base");  // the other stream's swap is not its own
    if (serving.wait_for(long_enough) != std::future_status::ready) give_up = true;
    serving.get();
    CHECK_FALSE(give_up);

    for (const auto* one : {&a, &b}) {
        REQUIRE(one->answers.size() == 30);
        for (std::size_t i = 0; i < 30; ++i) {
            CHECK(one->answers[i].frame == static_cast<std::int64_t>(i));
            CHECK(one->answers[i].analysed);
        }
        CHECK(one->first_frames == 1);
        REQUIRE(one->windows.size() == 1);
        CHECK(one->windows[0].analysed == 30);
        CHECK(one->windows[0].device_seconds > 0);
    }
    CHECK(a.answers.front().objects.size() == 2);
    CHECK(a.answers.back().model == "other");
    CHECK(b.answers.back().model == "base");
    CHECK(a.windows[0].device_seconds > b.windows[0].device_seconds);  // twice as many objects
    REQUIRE(a.troubles.size() == 1);
    CHECK(contains(a.troubles[0], "swap refused: "));
    CHECK(b.troubles.empty());
}

TEST_CASE("serve_live: a subscriber gets each answer as the record that files get") {
    Fleet fleet;
    FramePublisher publisher(fleet.endpoint("a", "frames"), 1000);
    Served a(fleet, "a", 0, fleet.endpoint("a", "answers"));
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    RecordSubscriber subscriber(100);
    subscriber.connect(fleet.endpoint("a", "answers"));
    std::vector<std::unique_ptr<StreamServer>> servers;
    servers.push_back(std::move(a.server));
    std::atomic<bool> give_up = false;
    auto serving = std::async(std::launch::async, [&] {
        serve_live(servers, fleet.clock, [&] { return give_up.load(); });
    });
    const auto image = noise(7);
    std::optional<std::string> line;
    for (int i = 0; i < 1000 && !line; ++i) {
        publisher.publish(header_of("a", i, one_box), image);
        subscriber.wait(milliseconds(20));
        line = subscriber.next();
    }
    give_up = true;
    serving.get();
    REQUIRE(line);
    const auto frame = static_cast<std::size_t>(parse_json(*line, "answer").at("frame"));
    CHECK(*line == to_line(encode(a.answers.at(frame))));
}

TEST_CASE("serve_live: frames and requests that make no sense are skipped and told, none acts") {
    Fleet fleet;
    FramePublisher publisher(fleet.endpoint("a", "frames"), 1000);
    Served a(fleet, "a");
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    std::vector<std::unique_ptr<StreamServer>> servers;
    servers.push_back(std::move(a.server));
    std::atomic<bool> give_up = false;
    auto serving = std::async(std::launch::async, [&] {
        serve_live(servers, fleet.clock, [&] { return give_up.load(); });
    });
    const auto control = fleet.endpoint("a", "control");
    const auto image = noise(7);
    publisher.publish(header_of("a", 0, one_box), image);
    publisher.publish(header_of("a", 1, {{100, 100, 200, 200}}), image);
    publisher.publish(header_of("a", 1, {{5, 5, 5, 5}}), image);
    publisher.publish(header_of("b", 1, one_box), image);
    publisher.publish({"a", 0, 1, 0.1, 0, 0, one_box}, {});
    publisher.publish(header_of("a", std::numeric_limits<std::int64_t>::max(), one_box), image);
    publisher.publish(WindowEnd{"a", 0, 0, 9'000'000'000'000'000'000, 3, true, false});
    publisher.publish(header_of("a", 1, one_box), image);
    using Kind = ControlRequest::Kind;
    CHECK_FALSE(
        send_control(control, {Kind::swap, "other", {}, 2'000'000'000, {}}, long_enough).ok);
    CHECK_FALSE(send_control(control, {Kind::swap, "other", 1e300, {}, {}}, long_enough).ok);
    CHECK_FALSE(send_control(control, {Kind::set, "", {}, 2'000'000'000, {}}, long_enough).ok);
    CHECK_FALSE(send_control(control, {Kind::set, "", 1e300, {}, {}}, long_enough).ok);
    CHECK_FALSE(send_control(control, {Kind::set, "", {}, {}, 100'000}, long_enough).ok);
    CHECK_FALSE(send_control(control, {Kind::swap, "../../x", {}, {}, {}}, long_enough).ok);
    ControlReply status;
    while ((status = send_control(control, {}, long_enough)).analysed < 2)
        std::this_thread::sleep_for(milliseconds(10));
    CHECK(status.model == "base");
    CHECK(status.share == 0);
    CHECK(status.frame_stride == 1);
    CHECK(send_control(control, {Kind::stop, "", {}, {}, {}}, long_enough).ok);
    if (serving.wait_for(long_enough) != std::future_status::ready) give_up = true;
    serving.get();
    CHECK_FALSE(give_up);
    REQUIRE(a.answers.size() == 2);
    CHECK(a.answers[1].frame == 1);
    CHECK(a.troubles.size() >= 1);
    CHECK(a.troubles.size() <= 3);  // at most one a second
    CHECK(contains(a.troubles[0], "a message of frames was skipped: frame 1: a box lies outside"));
}

TEST_CASE("serve_live: attacks on one stream's sockets do not stop another stream") {
    Fleet fleet;
    FramePublisher publish_a(fleet.endpoint("a", "frames"), 1000),
        publish_b(fleet.endpoint("b", "frames"), 1000);
    Served a(fleet, "a"), b(fleet, "b");
    REQUIRE(publish_a.wait_for_subscribers(1, long_enough, nullptr));
    REQUIRE(publish_b.wait_for_subscribers(1, long_enough, nullptr));
    std::vector<std::unique_ptr<StreamServer>> servers;
    servers.push_back(std::move(a.server));
    servers.push_back(std::move(b.server));
    std::atomic<bool> give_up = false, over = false;
    auto serving = std::async(std::launch::async, [&] {
        serve_live(servers, fleet.clock, [&] { return give_up.load(); });
    });
    const auto image = noise(7);
    std::int64_t published = 0;
    auto publishing = std::async(std::launch::async, [&] {
        for (; !over; ++published) {
            publish_b.publish(header_of("b", published, one_box), image);
            std::this_thread::sleep_for(milliseconds(40));
        }
    });

    const auto repeated = [](int count, const std::string& text) {
        std::string all;
        for (int i = 0; i < count; ++i) all += text;
        return all;
    };
    const auto request = [](const ControlRequest& r) {
        return zmtp::part("", 1) + zmtp::part(to_line(encode(r)));
    };
    ControlRequest swap{ControlRequest::Kind::swap, "other", {}, {}, {}}, missing = swap;
    missing.model = "none";
    const std::vector<std::string> attacks{
        repeated(50'000, request({})),                          // and reads no answer
        repeated(50'000, zmtp::part("", 1) + zmtp::part("{")),  // a flood of nonsense
        repeated(100, request(swap) + request(missing)),        // a storm of swaps
        repeated(500'000, zmtp::part("", 1)),                   // a message without end
        repeated(50'000, zmtp::part(std::string(16'000, '['))),
        std::string(100'000, '\xff'),
    };
    for (const auto& bytes : attacks) {
        RawPeer control(fleet.endpoint("a", "control"));
        REQUIRE(control.shake_hands("DEALER"));
        control.send(bytes, milliseconds(700));
    }
    for (int i = 0; i < 2000; ++i) publish_a.publish(header_of("a", 0, {{9, 9, 9, 9}}), image);
    over = true;
    publishing.get();
    while (send_control(fleet.endpoint("b", "control"), {}, long_enough).analysed < published)
        std::this_thread::sleep_for(milliseconds(10));
    CHECK(send_control(fleet.endpoint("a", "control"), {}, long_enough).ok);
    for (const std::string stream : {"a", "b"})
        CHECK(send_control(fleet.endpoint(stream, "control"),
                           {ControlRequest::Kind::stop, "", {}, {}, {}}, long_enough)
                  .ok);
    if (serving.wait_for(long_enough) != std::future_status::ready) give_up = true;
    serving.get();
    CHECK_FALSE(give_up);
    REQUIRE(b.answers.size() == static_cast<std::size_t>(published));
    Seconds longest = 0;
    for (std::size_t i = 1; i < b.answered_at.size(); ++i)
        longest = std::max(longest, b.answered_at[i] - b.answered_at[i - 1]);
    MESSAGE("longest pause of the other stream: " << longest << " s");
    CHECK(longest < 2);
    CHECK(b.troubles.empty());
}

TEST_CASE("StreamServer: a stream that has used up its share waits, alone") {
    Fleet fleet;
    FramePublisher publisher(fleet.endpoint("a", "frames"), 10);
    Served a(fleet, "a", 0.5);
    REQUIRE(publisher.wait_for_subscribers(1, long_enough, nullptr));
    publisher.publish(header_of("a", 0, one_box), noise(1));
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (a.server->idle() && std::chrono::steady_clock::now() < end) a.server->advance();
    REQUIRE(a.server->due());
    a.server->charge(1000);
    CHECK_FALSE(a.server->due());
    CHECK(a.server->owed() > 100);
    CHECK_FALSE(a.server->idle());
    a.server->finish();  // answered at the end all the same
    REQUIRE(a.answers.size() == 1);
    CHECK(a.answers[0].analysed);
}

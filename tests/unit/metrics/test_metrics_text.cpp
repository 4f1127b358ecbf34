#include <doctest/doctest.h>

#include <regex>
#include <set>
#include <sstream>

#include "ekya/core/errors.hpp"
#include "ekya/metrics/http_server.hpp"
#include "ekya/metrics/metrics_text.hpp"
#include "ekya/wire/json.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using test::contains;

namespace {

/// One of everything.
StoreStatus full_status() {
    StoreStatus status;
    status.store = "cameras";
    status.time = 5000;
    status.health = StoreStatus::Health::degraded;
    status.holder = StoreHolder{"ekya-serve", 1, ""};
    status.window_seconds = 200;
    status.window = 12;
    status.window_left = 81;
    status.disk_free = 5e9;
    status.disk_size = 1e12;
    for (const char* stream : {"gate", "yard"}) {
        CameraStatus c;
        c.stream = stream;
        c.state = CameraStatus::State::live;
        c.model = "base";
        c.model_since = 4000;
        c.labels = LabelStatus{11, 41, 0.75};
        c.recorded = c.seen = 1000;
        c.analysed = 500;
        c.skipped = c.lost = c.damaged = c.losses = 2;
        c.restarts = 1;
        c.backlog = 3;
        c.latency = 0.0125;
        c.last_answer = 4999.5;
        c.share_granted = c.share_used = 0.25;
        c.device_granted = c.device_used = 10;
        c.training = TrainingStatus{12, "e5", true, false, 0.5, 40};
        c.last_training = LastTraining{11, RetrainingOutcome::served, "base", ""};
        status.cameras.push_back(std::move(c));
    }
    status.cameras[0].score = ScoreStatus{ScoreStatus::Kind::accuracy, 11, 0.75, 400, {}, {}};
    status.cameras[1].score = ScoreStatus{ScoreStatus::Kind::agreement, 11, 0.5, 40, 0.4, 0.6};
    status.cameras[1].problems = {"away"};
    return status;
}

std::set<std::string> names_in(const std::string& text) {
    std::set<std::string> names;
    const std::regex name("ekya_[a-z_]+");
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found)
        names.insert(found->str());
    return names;
}

}  // namespace

TEST_CASE("MetricsText: values, and agreement is no accuracy") {
    const auto status = full_status();
    const auto text = MetricsText().of(&status, 0.002);
    for (const char* line :
         {"ekya_up 1", "ekya_healthy 0", "ekya_window 12", "ekya_store_free_bytes 5000000000",
          "ekya_camera_healthy{camera=\"yard\"} 0",
          "ekya_camera_state{camera=\"gate\",state=\"live\"} 1",
          "ekya_camera_state{camera=\"gate\",state=\"away\"} 0",
          "ekya_camera_accuracy_ratio{camera=\"gate\"} 0.75",
          "ekya_camera_agreement_ratio{camera=\"yard\"} 0.5",
          "ekya_camera_agreement_low_ratio{camera=\"yard\"} 0.4",
          "ekya_camera_frames_analysed_total{camera=\"gate\"} 500",
          "ekya_camera_model_info{camera=\"gate\",model=\"base\"} 1",
          "ekya_camera_latency_seconds{camera=\"gate\"} 0.0125",
          "# TYPE ekya_camera_frames_seen_total counter"})
        CHECK_MESSAGE(contains(text, std::string(line) + "\n"), line);
    CHECK_FALSE(contains(text, "ekya_camera_accuracy_ratio{camera=\"yard\"}"));
    // Each family stands once, with help and type.
    std::istringstream lines(text);
    std::set<std::string> families;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("# TYPE ")) CHECK(families.insert(line).second);
    CHECK(families.size() > 30);
}

TEST_CASE("MetricsText: retrainings are counted once each, from the first look on") {
    MetricsText metrics;
    auto status = full_status();
    const auto served = [&] {
        const auto text = metrics.of(&status, 0);
        const std::string name =
            "ekya_camera_retrainings_total{camera=\"gate\",outcome=\"served\"} ";
        return text.at(text.find(name) + name.size());
    };
    CHECK(served() == '0');
    CHECK(served() == '0');
    auto& last = *status.cameras[0].last_training;
    last.window = 12;
    CHECK(served() == '1');
    CHECK(served() == '1');
    last.window = 13;
    last.outcome = RetrainingOutcome::failed;
    CHECK(served() == '1');
    CHECK(contains(metrics.of(&status, 0),
                   "ekya_camera_retrainings_total{camera=\"gate\",outcome=\"failed\"} 1"));
    status.cameras[0].last_training.reset();
    CHECK(served() == '1');
}

TEST_CASE("MetricsText: a store that cannot be read is not up") {
    CHECK(contains(MetricsText().of(nullptr, 0), "ekya_up 0\n"));
}

TEST_CASE("MetricsText: quotes and line ends in a label do no harm") {
    auto status = full_status();
    status.cameras[0].model = "a\"} 1\nekya_up 7\\";
    const auto text = MetricsText().of(&status, 0);
    CHECK(contains(text, R"(model="a\"} 1\nekya_up 7\\"} 1)"));
    CHECK_FALSE(contains(text, "\nekya_up 7"));
}

TEST_CASE("dashboard: its queries use only metrics that there are") {
    const auto status = full_status();
    const auto there = names_in(MetricsText().of(&status, 0));
    for (const char* file : {"grafana/ekya.json", "prometheus/alerts.yml"}) {
        CAPTURE(file);
        const auto text =
            test::content_of(std::filesystem::path(EKYA_SOURCE_DIR) / "examples" / file);
        REQUIRE_FALSE(text.empty());
        const auto used = names_in(text);
        CHECK(used.size() >= 5);
        for (const auto& name : used) CHECK_MESSAGE(there.contains(name), name);
    }
    const auto dashboard = parse_json(
        test::content_of(std::filesystem::path(EKYA_SOURCE_DIR) / "examples/grafana/ekya.json"),
        "ekya.json");
    std::set<int> ids;
    for (const auto& panel : dashboard.at("panels")) {
        CHECK(ids.insert(panel.at("id").get<int>()).second);
        for (const auto& target : panel.value("targets", Json::array()))
            CHECK_FALSE(target.at("expr").get<std::string>().empty());
    }
}

TEST_CASE("ListenAddress: host and port; what others reach needs a word") {
    const auto address = ListenAddress::parse("127.0.0.1:9464", false);
    CHECK(address.host == "127.0.0.1");
    CHECK(address.port == 9464);
    CHECK(ListenAddress::parse("[::1]:0", false).host == "::1");
    CHECK(ListenAddress::parse("0.0.0.0:80", true).host == "0.0.0.0");
    CHECK_THROWS_AS((void)ListenAddress::parse("0.0.0.0:80", false), ConfigError);
    CHECK_THROWS_AS((void)ListenAddress::parse("10.0.0.7:80", false), ConfigError);
    for (const char* text : {"", ":", "9464", "localhost", "localhost:", ":9464", "localhost:x",
                             "localhost:65536", "localhost:-1", "localhost:1x"}) {
        CAPTURE(text);
        CHECK_THROWS_AS((void)ListenAddress::parse(text, true), ConfigError);
    }
}

TEST_CASE("HttpServer: a port that is taken is refused") {
    const HttpServer first(ListenAddress::parse("127.0.0.1:0", false));
    CHECK(first.port() > 0);
    const ListenAddress same{"127.0.0.1", first.port()};
    CHECK_THROWS_AS(HttpServer second(same), SystemError);
}

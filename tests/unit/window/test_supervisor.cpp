#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/window/supervisor.hpp"

using namespace ekya;

namespace {

class FakeExecutor : public Executor {
public:
    std::vector<std::string> started;
    std::map<std::string, JobOrder> orders;
    bool refuses = false;
    std::string refused;  // a name
    void start(const JobRequest& request) override {
        if (refuses || refused == request.name) throw SystemError("no space left");
        started.push_back(request.name);
    }
    void order(const std::string& name, const JobOrder& order) override { orders[name] = order; }
    [[nodiscard]] std::optional<JobRecord> record(const std::string&) const override { return {}; }
    [[nodiscard]] std::vector<JobEnd> wait(Seconds) override { return {}; }
};

class FakeClock : public Clock {
public:
    Seconds time = 0;
    [[nodiscard]] Seconds now() const override { return time; }
    void sleep(Seconds duration) override { time += duration; }
};

JobEnd ended(int code) {
    JobEnd end;
    end.name = "a.infer";
    end.record.exit_code = code;
    return end;
}

struct Fixture {
    explicit Fixture(SupervisorOptions options = {0.2, 10})
        : supervisor(
              executor, clock, [this](const std::string& text) { said.push_back(text); }, options) {
        supervisor.keep("a.infer", "stream a: inference", [this](int restarts) {
            restarts_told = restarts;
            JobRequest request;
            request.name = "a.infer";
            return request;
        });
    }
    FakeExecutor executor;
    FakeClock clock;
    int restarts_told = -1;
    std::vector<std::string> said;
    Supervisor supervisor;
};

}  // namespace

TEST_CASE(
    "Supervisor: a killed program is started again however often, with growing pauses; the first "
    "kills and then some are told of") {
    Fixture f;
    CHECK(f.executor.started.size() == 1);
    for (int crash = 0; crash < 500; ++crash) {
        CHECK(f.supervisor.ended(ended(137)));
        CHECK(f.supervisor.runs("a.infer"));
        f.supervisor.step();
        CHECK(f.executor.started.size() == static_cast<std::size_t>(crash + 1));
        f.clock.time += std::min(0.2 * std::pow(2, std::min(crash, 30)), 10.0) + 0.001;
        f.supervisor.step();
        CHECK(f.executor.started.size() == static_cast<std::size_t>(crash + 2));
        CHECK(f.restarts_told == crash + 1);
    }
    CHECK(f.said.size() == 9);  // 1, 2, 4, ..., 256
    CHECK(f.said[0] == "stream a: inference was killed (exit 137) and is started again");
    CHECK(f.said[8] == "stream a: inference was killed (exit 137) and is started again in 10 s");
    CHECK(f.supervisor.runs("a.infer"));
}

TEST_CASE("Supervisor: one that keeps crashing, or cannot be started, holds up no other") {
    Fixture f;
    f.supervisor.keep("b.infer", "stream b: inference", [](int) {
        JobRequest request;
        request.name = "b.infer";
        return request;
    });
    JobEnd b;
    b.name = "b.infer";
    b.record.exit_code = 137;
    for (int crash = 0; crash < 20; ++crash) {
        CHECK(f.supervisor.ended(ended(137)));
        f.clock.time += 10.1;
        f.supervisor.step();
    }
    f.executor.refused = "a.infer";
    CHECK(f.supervisor.ended(ended(137)));
    CHECK(f.supervisor.ended(b));
    f.clock.time += 10.1;
    const auto started = f.executor.started.size();
    f.supervisor.step();
    CHECK(f.executor.started.size() == started + 1);
    CHECK(f.executor.started.back() == "b.infer");
}

TEST_CASE("Supervisor: one that ends by itself, or is asked to, stays ended") {
    for (const int code : {0, 1, 130, 143}) {
        Fixture f;
        CHECK(f.supervisor.ended(ended(code)));
        f.clock.time = 100;
        f.supervisor.step();
        CHECK(f.executor.started.size() == 1);
        CHECK(f.supervisor.exit_code("a.infer") == code);
    }
    Fixture f;
    f.supervisor.stop("a.infer");
    CHECK(f.executor.orders.at("a.infer").state == JobOrder::State::stop);
    CHECK(f.supervisor.ended(ended(137)));
    CHECK_FALSE(f.supervisor.runs("a.infer"));

    JobEnd other;
    other.name = "b.train";
    CHECK_FALSE(f.supervisor.ended(other));
}

TEST_CASE(
    "Supervisor: one that is tried for ever is started again after errors too, with longer and "
    "longer waits, until it runs steadily") {
    Fixture f(tried_for_ever());
    std::vector<Seconds> waits;
    for (int failure = 0; failure < 12; ++failure) {
        CHECK(f.supervisor.ended(ended(1)));
        const Seconds failed_at = f.clock.time;
        while (f.supervisor.waits("a.infer")) {
            f.clock.time += 0.1;
            f.supervisor.step();
        }
        waits.push_back(f.clock.time - failed_at);
    }
    CHECK(waits.front() == doctest::Approx(0.2).epsilon(0.6));
    CHECK(waits.back() == doctest::Approx(30).epsilon(0.01));
    CHECK(f.said.size() == 4);  // of 12: the first, second, fourth and eighth
    CHECK(f.said[0] == "stream a: inference failed (exit 1) and is started again");
    f.clock.time += 100;
    CHECK(f.supervisor.ended(ended(1)));
    f.clock.time += 0.3;
    f.supervisor.step();
    CHECK_FALSE(f.supervisor.waits("a.infer"));
    // One that has come to its end is not.
    CHECK(f.supervisor.ended(ended(0)));
    CHECK_FALSE(f.supervisor.runs("a.infer"));
}

TEST_CASE("Supervisor: a program that cannot even be started again is tried later") {
    Fixture f(tried_for_ever());
    CHECK(f.supervisor.ended(ended(137)));
    f.clock.time += 1;
    f.executor.refuses = true;
    f.supervisor.step();
    CHECK(f.said.back() ==
          "stream a: inference cannot be started and is tried again: no space left");
    f.clock.time += 31;
    f.supervisor.step();
    CHECK(f.said.size() == 2);  // the same is told once
    CHECK(f.supervisor.runs("a.infer"));
    f.executor.refuses = false;
    f.clock.time += 31;
    f.supervisor.step();
    CHECK(f.executor.started.size() == 2);
    CHECK(f.restarts_told == 1);
}

TEST_CASE("Supervisor: a program that leaves requests without an answer is started again") {
    Fixture f;
    for (const bool answered : {false, false, true, false, false})
        f.supervisor.note_answer("a.infer", answered);
    CHECK(f.executor.orders.empty());
    f.supervisor.note_answer("a.infer", false);
    CHECK(f.executor.orders.at("a.infer").state == JobOrder::State::stop);
    CHECK(f.said.back() == "stream a: inference does not answer requests and is started again");
    f.supervisor.note_answer("a.infer", false);  // it is on its way out
    CHECK(f.said.size() == 1);
    CHECK(f.supervisor.ended(ended(143)));
    CHECK(f.supervisor.waits("a.infer"));
    f.clock.time += 1;
    f.supervisor.step();
    CHECK(f.executor.started.size() == 2);
    f.supervisor.note_answer("a.infer", false);
    CHECK(f.said.size() == 2);  // that it was started again; it is counted anew
    f.supervisor.stop("a.infer");
    CHECK(f.supervisor.ended(ended(143)));
    CHECK_FALSE(f.supervisor.runs("a.infer"));
}

#include <doctest/doctest.h>

#include "ekya/live/inference_state_file.hpp"
#include "ekya/live/source_state_file.hpp"
#include "ekya/wire/state_records.hpp"
#include "support/scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

class FakeClock : public Clock {
public:
    [[nodiscard]] Seconds now() const override { return now_; }
    void sleep(Seconds duration) override { now_ += duration; }

private:
    Seconds now_ = 0;
};

struct Fixture {
    Scratch scratch;
    FakeClock clock;
    std::filesystem::path file = scratch / "a.json";
    std::function<double()> wall = [this] { return 1e9 + clock.now(); };

    [[nodiscard]] SourceState source() const { return read_state<SourceState>(file).value(); }
    [[nodiscard]] InferenceState inference() const {
        return read_state<InferenceState>(file).value();
    }
};

FrameAnswer answer_of(std::int64_t frame, bool analysed, const std::string& model) {
    return {"a", 3, frame, 0, analysed, analysed ? model : "", {}, analysed ? 0.25 : 0};
}

}  // namespace

TEST_CASE("SourceStateFile: connecting, live, away, live again, ended; counts go on") {
    Fixture f;
    {
        SourceStateFile state(f.file, "a", f.clock, f.wall);
        CHECK(f.source().state == SourceState::State::connecting);
        for (int i = 0; i < 300; ++i) {
            f.clock.sleep(0.1);
            state.frame(2, i);
        }
        CHECK(f.source().state == SourceState::State::live);
        CHECK(f.source().since == doctest::Approx(1e9 + 0.1));
        CHECK(f.source().fps == doctest::Approx(10).epsilon(0.02));
        CHECK(f.source().window == 2);
        state.away("connection lost: rtsp://me:secret@cam/x");
        f.clock.sleep(5);
        state.away("connection lost: rtsp://me:secret@cam/x");
        CHECK(f.source().state == SourceState::State::away);
        CHECK(f.source().reason == "connection lost: rtsp://me:***@cam/x");
        CHECK(f.source().losses == 1);
        CHECK(f.source().fps == 0);
        CHECK(f.source().since == doctest::Approx(1e9 + 30));
        state.frame(2, 300);
        CHECK(f.source().state == SourceState::State::live);
        CHECK(f.source().reason.empty());
        state.ended();
        CHECK(f.source().state == SourceState::State::ended);
    }
    SourceStateFile again(f.file, "a", f.clock, f.wall);
    CHECK(f.source().state == SourceState::State::connecting);
    again.frame(3, 7);
    CHECK(f.source().frames == 302);
    CHECK(f.source().damaged == 307);
    CHECK(f.source().losses == 1);
    again.failed("401");
    CHECK(f.source().state == SourceState::State::failed);
}

TEST_CASE("InferenceStateFile: counts over restarts, rates, the model and since when") {
    Fixture f;
    {
        InferenceStateFile state(f.file, "a", f.clock, f.wall);
        for (int i = 0; i < 300; ++i) {
            f.clock.sleep(0.1);
            state.answered(answer_of(i, i % 2 == 0, "base"), 1);
        }
        WindowAccuracy window;
        window.lost = 5;
        state.closed(window);
        const auto found = f.inference();
        CHECK(found.seen == 300);
        CHECK(found.analysed == 150);
        CHECK(found.skipped == 0);
        CHECK(found.lost == 5);
        CHECK(found.seen_fps == doctest::Approx(10).epsilon(0.02));
        CHECK(found.analysed_fps == doctest::Approx(5).epsilon(0.04));
        CHECK(found.latency == 0.25);
        CHECK(found.backlog == 1);
        CHECK(found.model == "base");
        CHECK(found.since == doctest::Approx(1e9 + 0.1));
        state.answered(answer_of(300, true, "w00003"), 0);
        CHECK(f.inference().model == "w00003");  // at once
        CHECK(f.inference().since == doctest::Approx(1e9 + 30));
    }
    InferenceStateFile again(f.file, "a", f.clock, f.wall);
    auto late = answer_of(301, false, "");
    late.behind = true;
    f.clock.sleep(1);
    again.answered(late, 0);
    CHECK(f.inference().seen == 302);
    CHECK(f.inference().skipped == 1);
    CHECK(f.inference().model == "w00003");
    CHECK(f.inference().since == doctest::Approx(1e9 + 30));
}

TEST_CASE("state files: another stream's record, or none that can be read, begins anew") {
    Fixture f;
    for (const std::string text : {"{", "{\"schema\":\"ekya.inference-state/1\"}"}) {
        write(f.file, text);
        InferenceStateFile state(f.file, "a", f.clock, f.wall);
        f.clock.sleep(1);
        state.answered(answer_of(0, true, "base"), 0);
        CHECK(f.inference().seen == 1);
    }
    InferenceStateFile other(f.file, "b", f.clock, f.wall);
    f.clock.sleep(1);
    other.answered(answer_of(0, true, "base"), 0);
    CHECK(f.inference().seen == 1);
}

TEST_CASE("state files: no file is asked for, or none can be written: nothing happens") {
    Fixture f;
    InferenceStateFile none("", "a", f.clock, f.wall);
    none.answered(answer_of(0, true, "base"), 0);
    SourceStateFile nowhere(f.scratch / "no/such/place.json", "a", f.clock, f.wall);
    nowhere.frame(0, 0);
    CHECK(f.scratch.entries().empty());
}

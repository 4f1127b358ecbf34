#include <doctest/doctest.h>

#include "ekya/window/store_jobs.hpp"
#include "support/scratch.hpp"

using namespace ekya;

TEST_CASE("last_error: of the stream, else one that is about no stream, never another stream's") {
    const test::Scratch scratch;
    const auto log = scratch / "label.log";
    CHECK(last_error(log, "gate").empty());
    test::write(log,
                "ekya-label: error: stream gate: window 3: no frames\n"
                "ekya-label: error: stream yard: window 3: damaged\n"
                "# exit 3 after 1 s\n");
    CHECK(last_error(log, "gate") == "window 3: no frames");
    CHECK(last_error(log, "door").empty());
    CHECK(last_error(log, "") == "stream yard: window 3: damaged");
    test::write(log,
                "ekya-ingest: error: stream yard: away\n"
                "ekya-ingest: error: --objects detector needs --detector\n");
    CHECK(last_error(log, "gate") == "--objects detector needs --detector");
    CHECK(last_error(log, "yard") == "away");
}

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/window/live_serving.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/window/stream_programs.hpp"
#include "job_log.hpp"
#include "store/stored.hpp"
#include "support/scratch.hpp"

using namespace ekya;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::trunc) << content;
}

/// Keeps what it is asked for; nothing runs.
class FakeExecutor : public Executor {
public:
    std::vector<JobRequest> started;
    void start(const JobRequest& request) override { started.push_back(request); }
    void order(const std::string&, const JobOrder&) override {}
    [[nodiscard]] std::optional<JobRecord> record(const std::string&) const override { return {}; }
    [[nodiscard]] std::vector<JobEnd> wait(Seconds) override { return {}; }
};

struct Fixture {
    test::Scratch scratch;
    Store store{scratch / "store"};
    FakeExecutor executor;

    Fixture() {
        for (const char* id : {"old", "new"})
            (void)store.write_model(test::card_of("a", id),
                                    [&](const fs::path& file) { write(file, id); });
        store.set_serving("a", "old");
    }
};

std::vector<std::string> values_of(const std::vector<std::string>& words, const char* option) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == option) values.push_back(words[i + 1]);
    return values;
}

}  // namespace

TEST_CASE("LiveServing: a damaged model is set aside, the old one goes on serving") {
    const Fixture f;
    write(f.store.weights_file("a", "new"), "nev");
    LiveServing serving(f.store, {}, [](const std::string&) {});
    serving.swap("a", "new", 5);
    std::vector<Serving::SwapEnd> ends;
    while (ends.empty()) ends = serving.swapped();
    CHECK_FALSE(ends[0].serves);
    CHECK(ends[0].why.find("SHA-256") != std::string::npos);
    CHECK(ends[0].why.find("quarantine/models-new") != std::string::npos);
    CHECK(f.store.serving("a") == "old");
    CHECK_FALSE(f.store.has_model("a", "new"));
}

TEST_CASE("StreamPrograms: inference begins without a plan that is damaged") {
    const Fixture f;
    ProgramOptions options;
    options.store = f.store.root();
    const StreamPrograms programs(options);
    write(f.store.plan_file(3), "{");
    const auto request = programs.inference("a", true);
    CHECK(values_of(request.command, "--frame-stride").empty());
    CHECK(fs::exists(f.store.root() / "quarantine" / "plans-00003.json"));
}

TEST_CASE("StoreJobs: planning goes on without profiles that are damaged") {
    Fixture f;
    StoreJobs jobs(f.store, 4, {}, f.executor);
    write(f.store.profile_file("a", 3), "{");
    CHECK(jobs.planning_inputs({}).empty());
    CHECK(fs::exists(f.store.root() / "streams" / "a" / "quarantine" / "profiles-00003.json"));
    // What cannot be set aside stays an error.
    write(f.store.profile_file("a", 3), "{");
    fs::remove_all(f.store.root() / "streams" / "a" / "quarantine");
    write(f.store.root() / "streams" / "a" / "quarantine", "a file in its place");
    CHECK_THROWS_AS((void)jobs.planning_inputs({}), InputError);
}

TEST_CASE("StoreJobs: labelling has a part of the window's time, unless an option says otherwise") {
    Fixture f;
    StageOptions options;
    StoreJobs(f.store, 4, options, f.executor)
        .start({WindowJob::Kind::label, {"a"}, 1, 100, 0, {}});
    options.label_options = {"--max-seconds", "7"};
    StoreJobs(f.store, 4, options, f.executor)
        .start({WindowJob::Kind::label, {"a"}, 1, 100, 0, {}});
    REQUIRE(f.executor.started.size() == 2);
    CHECK(values_of(f.executor.started[0].command, "--max-seconds") ==
          std::vector<std::string>{"60"});
    CHECK(values_of(f.executor.started[1].command, "--max-seconds") ==
          std::vector<std::string>{"7"});
}

TEST_CASE("JobLog: no password of the command line") {
    const test::Scratch scratch;
    {
        const JobLog log(scratch / "job.log", {"ekya-x", "rtsp://viewer:sesame@host/cam"});
        log.close_with(0);
    }
    const auto text = read_file(scratch / "job.log");
    CHECK(text.find("sesame") == std::string::npos);
    CHECK(text.find("rtsp://viewer:***@host/cam") != std::string::npos);
}

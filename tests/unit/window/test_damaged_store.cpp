#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/window/job_directory.hpp"
#include "ekya/window/live_serving.hpp"
#include "ekya/window/local_executor.hpp"
#include "ekya/window/next_window.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/window/stream_programs.hpp"
#include "ekya/wire/stream_list.hpp"
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
    CHECK_THROWS_AS((void)jobs.planning_inputs({"a"}), InputError);
    CHECK(jobs.planning_inputs({}).empty());  // other streams are planned without them
}

TEST_CASE("StoreJobs: links, files and directories in place of a window's cost no stream it") {
    Fixture f;
    const auto logs = f.store.root() / "logs", jobs_of = f.store.root() / "jobs";
    test::write(logs / "00004", "a file");
    fs::create_directories(jobs_of);
    fs::create_symlink("00004", jobs_of / "00004");  // to itself
    StoreJobs jobs(f.store, 4, {}, f.executor);
    jobs.start({WindowJob::Kind::label, {"a"}, 1, 100, 0, {}});
    CHECK(f.executor.started.size() == 1);
    CHECK(fs::is_directory(logs / "00004"));
    CHECK(fs::is_directory(jobs_of / "00004"));
    CHECK(read_file(logs / "00004.damaged") == "a file");
    fs::create_directory(logs / "00004" / "a.plan.json");
    test::write(f.store.profile_file("a", 4) / "inside", "");
    jobs.start({WindowJob::Kind::profile, {"a"}, 1, 100, 0, {}});
    CHECK_FALSE(fs::exists(f.store.profile_file("a", 4)));
    jobs.start({WindowJob::Kind::retrain, {"a"}, 1, 100, 0, PlannedRetraining{}});
    CHECK(f.executor.started.size() == 3);
    CHECK(fs::is_regular_file(logs / "00004" / "a.plan.json"));
}

TEST_CASE("LocalExecutor: links and directories in place of a job's files lead nowhere") {
    const test::Scratch scratch;
    const auto victim = scratch / "victim";
    test::write(victim, "mine");
    test::write(scratch / "elsewhere" / "x", "");
    JobRequest request;
    request.name = "job";
    request.command = {"sh", "-c", "echo record; echo message >&2"};
    request.log = scratch / "store/logs/job.log";
    request.records = scratch / "store/logs/job.jsonl";
    request.directory = scratch / "store/jobs/job";
    fs::create_directories(request.log.parent_path());
    fs::create_directories(request.directory.parent_path());
    fs::create_symlink(victim, request.log);
    fs::create_symlink(victim, request.records);
    fs::create_directory_symlink(scratch / "elsewhere", request.directory);
    LocalExecutorOptions options;
    options.holder.kind = "threads";
    LocalExecutor executor(options);
    executor.start(request);
    std::vector<JobEnd> ends;
    while (ends.empty()) ends = executor.wait(1);
    CHECK(ends[0].record.exit_code == 0);
    CHECK(read_file(victim) == "mine");
    CHECK(read_file(request.records) == "record\n");
    CHECK(test::contains(read_file(request.log), "message"));
    CHECK(fs::exists(request.directory / "job.json"));
    CHECK(std::distance(fs::directory_iterator(scratch / "elsewhere"), {}) == 1);
    // A log that is a directory costs no base model.
    fs::remove(request.log);
    test::write(fs::path(request.log) / "x", "");
    executor.start(request);
    for (ends.clear(); ends.empty();) ends = executor.wait(1);
    CHECK(fs::is_regular_file(request.log));
}

TEST_CASE("write_record: a pipe with the name of the part is not waited for") {
    const test::Scratch scratch;
    const auto part = part_of(scratch / "job.json");
    REQUIRE(::mkfifo(part.c_str(), 0600) == 0);
    JobRecord record;
    record.id = "a";
    CHECK(write_record(scratch.path(), record));
    fs::create_symlink(scratch / "victim", part);
    CHECK(write_record(scratch.path(), record));
    CHECK_FALSE(fs::exists(scratch / "victim"));
    CHECK(fs::is_regular_file(fs::symlink_status(scratch / "job.json")));
}

TEST_CASE("next_window: behind the newest window that any row can have reached") {
    struct State {
        const char* name;
        std::vector<std::pair<const char*, int>> windows;  // besides a's 0 to 3
        int next;
        std::vector<int> left;  // of a
        int always_told = 0;
    };
    const std::vector<State> states{
        {"nothing else", {}, 4, {0, 1, 2, 3}},
        {"a camera that has left the list", {{"left", 50}}, 51, {0, 1, 2, 3}},
        {"a stream that nobody knows", {{"ghost", 999'999'999}}, 4, {0, 1, 2, 3}, 1},
        {"a number near the limit", {{"a", 999'999'999}}, 4, {0, 1, 2, 3}},
        {"a number far ahead of all others", {{"a", 20'000'000}}, 4, {0, 1, 2, 3}},
        {"a camera that was away for a year",
         {{"a", 5'000'000}},
         5'000'001,
         {0, 1, 2, 3, 5'000'000}},
    };
    for (const auto& state : states) {
        CAPTURE(state.name);
        const Fixture f;
        for (int window = 0; window < 4; ++window)
            test::store_window(f.store, "a", window, {"car"});
        for (const auto& [stream, window] : state.windows) {
            auto manifest = test::manifest_of(stream, window, 0);
            manifest.start = 0;
            manifest.end = 10;
            manifest.first_frame = manifest.end_frame = 0;
            f.store.write_window(manifest, test::crops_of(0));
        }
        std::vector<std::string> told;
        const auto say = [&](const std::string& text) { told.push_back(text); };
        CHECK(next_window(f.store, {"a", "b"}, say) == state.next);
        CHECK(f.store.windows("a") == state.left);
        told.clear();
        CHECK(next_window(f.store, {"a", "b"}, say) == state.next);
        CHECK(told.size() == static_cast<std::size_t>(state.always_told));
    }
}

TEST_CASE("next_window: an empty manifest decides nothing") {
    const Fixture f;
    test::store_window(f.store, "a", 3, {"car"});
    write(f.store.window_directory("a", 7) / "manifest.json", "");
    CHECK(next_window(f.store, {"a"}, [](const std::string&) {}) == 4);
}

TEST_CASE("StreamPrograms: programs read the list that was accepted, wherever it stood") {
    const Fixture f;
    ProgramOptions options;
    options.store = f.store.root();
    options.stages.streams = (f.scratch / "streams.json").string();
    StreamPrograms programs(options);
    StreamSource source{"a", "videos/a.mp4", "", 0, {"car", "pedestrian"}};
    const auto url = StreamSource{"b", "rtsp://u:secret@host/b", "", 0, {"car", "bus"}};
    const auto file = programs.keep_list({source, url});
    write(options.stages.streams, "{");
    const auto command = programs.inference("a", false).command;
    CHECK(values_of(command, "--streams") == std::vector<std::string>{file.string()});
    CHECK(values_of(programs.ingestion("a", {}).command, "--streams") ==
          std::vector<std::string>{file.string()});
    const auto kept = read_stream_list(file);
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].source == (fs::current_path() / "videos/a.mp4").string());
    CHECK(kept[0].classes == source.classes);
    CHECK(kept[1].source == url.source);
    CHECK(kept[1].classes == url.classes);
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    fs::remove(file);  // as what clears the directory for temporary files does
    (void)programs.inference("a", false);
    CHECK(read_stream_list(file).size() == 2);
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

#include "ekya/window/stream_programs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/core/leftovers.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/live_files.hpp"
#include "ekya/store/quarantine.hpp"
#include "ekya/window/job_files.hpp"
#include "ekya/wire/sockets.hpp"
#include "ekya/wire/stream_list.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

/// The same for every run on a store, so that one that was killed leaves nothing that the next one
/// does not use.
fs::path socket_directory(const fs::path& store) {
    const auto hash = std::hash<std::string>()(fs::absolute(store).lexically_normal().string());
    fs::path directory = fs::temp_directory_path() /
                         ("ekya-" + std::to_string(getuid()) + "-" + std::to_string(hash));
    if (mkdir(directory.c_str(), 0700) == 0) return directory;
    struct stat found {};
    const bool ours = errno == EEXIST && lstat(directory.c_str(), &found) == 0 &&
                      S_ISDIR(found.st_mode) && found.st_uid == getuid() &&
                      (found.st_mode & 077) == 0;
    if (!ours)
        throw SystemError(directory.string() +
                          ": cannot be made, or is not this user's alone; remove it");
    return directory;
}

}  // namespace

StreamPrograms::StreamPrograms(ProgramOptions options) : o_(std::move(options)), store_(o_.store) {
    fs::create_directories(o_.store / "run");
    fs::create_directories(o_.store / "logs");
}

StreamPrograms::~StreamPrograms() {
    std::error_code ignored;
    if (sockets_.empty()) return;
    fs::remove_all(sockets_, ignored);
    const auto link = LiveFiles(o_.store).sockets();
    if (fs::is_symlink(fs::symlink_status(link, ignored))) fs::remove(link, ignored);
}

const fs::path& StreamPrograms::own_directory() const {
    if (sockets_.empty()) {
        sockets_ = socket_directory(o_.store);
        // What a run that was killed left would pass for sockets of this one.
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(sockets_, code))
            fs::remove_all(entry.path(), code);
        link_sockets();
    }
    return sockets_;
}

fs::path StreamPrograms::keep_list(const std::vector<StreamSource>& streams) {
    fs::path file = own_directory() / "streams.json";
    write_stream_list(file, streams);
    o_.stages.streams = file.string();
    kept_ = streams;
    return file;
}

void StreamPrograms::look_after_list() const {
    std::error_code code;
    if (!kept_.empty() && !fs::exists(o_.stages.streams, code))
        write_stream_list(o_.stages.streams, kept_);
}

std::string StreamPrograms::endpoint(const char* kind) const {
    return "ipc://" + (own_directory() / (std::string("{stream}.") + kind)).string();
}

/// Other programs find the sockets by the store. Without the link, e.g. on a full disk, the streams
/// are served all the same.
void StreamPrograms::link_sockets() const {
    const auto link = LiveFiles(o_.store).sockets();
    std::error_code ignored;
    if (fs::is_symlink(fs::symlink_status(link, ignored))) fs::remove(link, ignored);
    fs::create_directory_symlink(sockets_, link, ignored);
}

bool StreamPrograms::listens(const std::string& stream) const {
    std::error_code code;
    return fs::exists(sockets_ / (stream + ".control"), code);
}

bool StreamPrograms::answers_requests(const std::string& stream) const try {
    (void)send_control(endpoint_for(control(), stream), {}, std::chrono::seconds(2));
    return true;
} catch (const Error&) {
    return false;
}

JobRequest StreamPrograms::request(const std::string& name) const {
    JobRequest request;
    request.name = name;
    request.directory = o_.store / "jobs" / name;
    request.log = log(name);
    return request;
}

JobRequest StreamPrograms::ingestion(const std::string& stream, const Recording& recording) const {
    look_after_list();
    JobRequest job = request(ingestion_name(stream));
    job.command = {(o_.stages.programs / "ekya-ingest").string(),
                   "--streams",
                   o_.stages.streams,
                   "--stream",
                   stream,
                   "--store",
                   o_.store.string(),
                   "--window",
                   to_text(o_.seconds),
                   "--from-window",
                   std::to_string(recording.from),
                   "--pace",
                   to_text(o_.stages.pace),
                   "--crop-size",
                   std::to_string(o_.crop_size),
                   "--windows",
                   std::to_string(recording.windows)};
    auto& words = job.command;
    words.insert(words.end(), {"--state", LiveFiles(o_.store).source_state(stream).string()});
    const auto add = [&](const std::vector<std::string>& more) {
        words.insert(words.end(), more.begin(), more.end());
    };
    using Frames = Recording::Frames;
    if (recording.start_at > 0) add({"--start-at", to_text(recording.start_at)});
    if (recording.frames != Frames::kept) add({"--publish", endpoint("frames")});
    if (recording.frames == Frames::awaited) add({"--await-subscribers", "1"});
    words.insert(words.end(), o_.ingest_options.begin(), o_.ingest_options.end());
    words.insert(words.end(), {"-o", "/dev/null", "--overwrite"});
    return job;
}

JobRequest StreamPrograms::inference(const std::string& stream, bool resume) const {
    look_after_list();
    JobRequest job = request(inference_name(stream));
    std::error_code code;
    const auto file = answers(stream);
    const auto status = fs::symlink_status(file, code);
    // Inference does not write through a link or into a pipe.
    if (fs::exists(status) && !fs::is_regular_file(status)) (void)rename_damaged(file);
    job.command = {(o_.stages.programs / "ekya-infer").string(),
                   "--streams",
                   o_.stages.streams,
                   "--stream",
                   stream,
                   "--store",
                   o_.store.string(),
                   "--frames",
                   endpoint("frames"),
                   "--control",
                   endpoint("control"),
                   "--publish",
                   endpoint("answers"),
                   "--events",
                   endpoint("events"),
                   "--device",
                   o_.stages.device,
                   "--threads",
                   std::to_string(o_.stages.threads),
                   "--answers",
                   answers(stream).string(),
                   "--state",
                   LiveFiles(o_.store).inference_state(stream).string()};
    auto& words = job.command;
    if (resume) {
        words.emplace_back("--resume");
        if (const auto record = JobFiles(job.directory).record()) job.share = record->share;
        if (const auto config = planned_inference(stream))
            words.insert(words.end(), {"--frame-stride", std::to_string(config->frame_stride),
                                       "--input-size", std::to_string(config->input_size)});
    }
    words.insert(words.end(), o_.infer_options.begin(), o_.infer_options.end());
    words.insert(words.end(), {"-o", "/dev/null", "--overwrite"});
    return job;
}

/// How the newest plan has frames analysed.
std::optional<InferenceConfig> StreamPrograms::planned_inference(const std::string& stream) const {
    std::optional<Plan> plan;
    try {
        plan = store_.newest_plan();
    } catch (const InputError&) {
        // Inference begins as if nothing was planned yet; the file's name says what became of it.
        (void)set_aside_damaged_plans(store_);
    }
    if (!plan) return std::nullopt;
    for (const auto& planned : plan->streams)
        if (planned.stream == stream) return planned.steps.front().inference;
    return std::nullopt;
}

}  // namespace ekya

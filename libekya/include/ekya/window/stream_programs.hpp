#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ekya/store/live_files.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/executor.hpp"
#include "ekya/window/store_jobs.hpp"

namespace ekya {

/// Settings of the programs that last: ingestion and inference of each stream.
struct ProgramOptions {
    std::filesystem::path store;
    Seconds seconds = 200;  ///< of video in a window; > 0
    int crop_size = 32;
    std::vector<std::string> ingest_options, infer_options;  ///< further ones
    StageOptions stages;
};

/// The ingestion and the inference of streams as jobs: their names, commands, directories, logs and
/// the sockets between them.
class StreamPrograms {
public:
    /// The sockets lie in a directory of this user's, named after the store, as their names must be
    /// short; SystemError if it belongs to somebody else.
    explicit StreamPrograms(ProgramOptions options);
    ~StreamPrograms();
    StreamPrograms(const StreamPrograms&) = delete;
    StreamPrograms& operator=(const StreamPrograms&) = delete;

    [[nodiscard]] static std::string ingestion_name(const std::string& stream) {
        return stream + ".ingest";
    }
    [[nodiscard]] static std::string inference_name(const std::string& stream) {
        return stream + ".infer";
    }

    /// Where windows come from.
    struct Recording {
        int from = 0;         ///< the first window to record
        double start_at = 0;  ///< run_time() at which it begins; 0 = at once
        int windows = 0;      ///< how many; 0 = for ever
        enum class Frames { published, awaited, kept } frames = Frames::awaited;
        ///< for inference that comes and goes, for inference that is waited for, for none
    };
    [[nodiscard]] JobRequest ingestion(const std::string& stream, const Recording& recording) const;
    /// @param resume takes up the window that it was in, with the share and the configuration it
    /// had
    [[nodiscard]] JobRequest inference(const std::string& stream, bool resume) const;

    /// From now on the programs read these streams, from a list of their own that lies beside the
    /// sockets: one that is started again must not depend on what the file of the list holds by
    /// then. @return that list's file
    std::filesystem::path keep_list(const std::vector<StreamSource>& streams);
    /// Writes the kept list again if somebody has deleted it, such as what clears the directory
    /// for temporary files.
    void look_after_list() const;

    /// Endpoint of every stream's inference, with {stream}.
    [[nodiscard]] std::string control() const { return endpoint("control"); }
    /// The inference of a stream can be talked to.
    [[nodiscard]] bool listens(const std::string& stream) const;
    /// Whether it answers a request for its status within two seconds.
    [[nodiscard]] bool answers_requests(const std::string& stream) const;
    [[nodiscard]] std::filesystem::path answers(const std::string& stream) const {
        return LiveFiles(o_.store).answers(stream);
    }
    [[nodiscard]] std::filesystem::path log(const std::string& job) const {
        return o_.store / "logs" / (job + ".log");
    }

private:
    [[nodiscard]] std::string endpoint(const char* kind) const;
    [[nodiscard]] const std::filesystem::path& own_directory() const;
    void link_sockets() const;
    [[nodiscard]] JobRequest request(const std::string& name) const;
    [[nodiscard]] std::optional<InferenceConfig> planned_inference(const std::string& stream) const;

    ProgramOptions o_;
    Store store_;
    mutable std::filesystem::path sockets_;  ///< made when it is asked for first
    std::vector<StreamSource> kept_;         ///< what keep_list() was given
};

}  // namespace ekya

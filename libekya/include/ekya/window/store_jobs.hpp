#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/store/store.hpp"
#include "ekya/window/executor.hpp"
#include "ekya/window/window_jobs.hpp"

namespace ekya {

/// How the programs of a window's stages are called; what is empty is left to their defaults.
struct StageOptions {
    std::filesystem::path programs;  ///< directory of the ekya-* programs
    std::string streams;             ///< the stream list's file
    std::string teacher = "annotations";
    double fraction = 0.3;  ///< of the window's objects that the golden model labels
    std::uint64_t seed = 1;
    std::string device = "auto";   ///< where networks run
    int threads = 1;               ///< CPU threads of each job
    std::optional<int> exemplars;  ///< samples of earlier windows; none = as their task says
    int fresh_windows = 1;
    bool only_drifted = false;     ///< profile retrainings only of streams that have drifted
    bool inference_only = false;   ///< profile no retraining
    bool drop_unprofiled = false;  ///< a configuration that the budget leaves untried is dropped
    double pace = 1;               ///< seconds of video per second
    std::string configs;           ///< ekya.configs/1 file
    std::vector<std::string> label_options, profile_options, train_options;  ///< further ones
};

/// The jobs of a window as programs on a store, run by an executor: ekya-label, ekya-profile and
/// ekya-train leave their results in the store; their messages are in STORE/logs/WINDOW, what they
/// were granted and used in STORE/jobs/WINDOW.
class StoreJobs : public WindowJobs {
public:
    /// @param others told of the ends of jobs that are not this window's, if the executor runs such
    StoreJobs(Store store, int window, StageOptions options, Executor& executor,
              std::function<void(const JobEnd&)> others = {});

    void start(const WindowJob& job) override;
    void order(const std::string& stream, const JobOrder& order) override;
    [[nodiscard]] std::optional<double> used(const std::string& stream) override;
    /// Waits no longer than 0.1 s, so that signals and running inference are looked at.
    [[nodiscard]] std::vector<WindowJobEnd> wait(Seconds limit) override;
    [[nodiscard]] std::vector<PlanningInput> planning_inputs(
        const std::vector<std::string>& streams) override;

private:
    [[nodiscard]] std::vector<ProfileRecord> profiles_of(const std::string& stream) const;
    [[nodiscard]] std::vector<std::string> command(const WindowJob& job) const;
    [[nodiscard]] std::vector<std::string> label_command(const WindowJob& job) const;
    [[nodiscard]] std::vector<std::string> profile_command(const WindowJob& job) const;
    [[nodiscard]] std::vector<std::string> train_command(const WindowJob& job) const;
    [[nodiscard]] std::string name_of(const WindowJob& job);
    [[nodiscard]] std::filesystem::path log_of(const std::string& name) const;
    void make_room_for_window() const;
    void prepare(const WindowJob& job) const;
    [[nodiscard]] bool has_profile(const std::string& stream) const;

    [[nodiscard]] WindowJobEnd result(const WindowJob& job, const JobEnd& end) const;
    void note_yield(const std::string& stream, WindowJobEnd& result) const;
    void note_retraining(const WindowJob& job, const JobEnd& end, WindowJobEnd& result) const;
    /// What a job's log says of a stream's failure.
    [[nodiscard]] std::string why(const std::string& name, const std::string& stream,
                                  const JobRecord& record) const;

    Store store_;
    int window_;
    std::string number_;  ///< the window's, as directories are named
    StageOptions o_;
    Executor& executor_;
    std::function<void(const JobEnd&)> others_;
    std::map<std::string, WindowJob> running_;     ///< by the job's name
    std::map<std::string, std::string> training_;  ///< stream -> name of its retraining's job
    int profiles_ = 0;
};

/// The last error of a program about a stream in its log, without program and severity; if there is
/// none, the last one that is about no stream.
/// @param stream empty = the last error of any kind. @return empty if there is none
[[nodiscard]] std::string last_error(const std::filesystem::path& log, const std::string& stream);

}  // namespace ekya

#pragma once
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/executor.hpp"
#include "ekya/window/run_state_file.hpp"
#include "ekya/window/store_jobs.hpp"
#include "ekya/window/stream_programs.hpp"
#include "ekya/window/supervisor.hpp"
#include "ekya/window/window_runner.hpp"

namespace ekya {

/// A row of retraining windows, live.
struct RowOptions {
    std::vector<std::string> streams;  ///< ids; each has a serving model in the store
    ProgramOptions programs;
    int first_window = 1;   ///< of the video; the windows before are in the store
    int windows = 0;        ///< how many; 0 = to the end of the video
    int from = 0;           ///< the one to begin with, in a row that was interrupted; else 0
    int retrain_every = 1;  ///< regular retrainings in every N-th window, with the labels
                            ///< of all N; in the others only streams that have drifted
    bool on_cpu = true;     ///< networks run on the CPU here, which decoding takes time of
    std::string journal = "journal.jsonl";  ///< in the logs of each window; empty = none
    WindowOptions window;                   ///< what all windows have in common
};

/// Serves streams live while their retraining windows run one after the other: supervises ingestion
/// and inference of each stream, and runs each window as soon as the one before is stored.
class WindowRow {
public:
    struct Hooks {
        std::function<void()> check;  ///< often; may throw to end the row
        std::function<void(const std::string&)> say;
        std::function<void(double time)> on_start;  ///< run_time() at which its first window begins
    };
    /// @param here runs ingestion and inference, on this box  @param jobs runs the windows' jobs;
    /// may be `here`
    WindowRow(RowOptions options, Executor& here, Executor& jobs, Clock& clock, Hooks hooks);
    WindowRow(const WindowRow&) = delete;
    WindowRow& operator=(const WindowRow&) = delete;

    /// Runs until the video or the last window has ended.
    /// @return streams that failed, and why. @throws what hooks.check throws; SystemError
    std::map<std::string, std::string> run();

private:
    [[nodiscard]] Seconds wall() const { return o_.programs.seconds / o_.programs.stages.pace; }
    [[nodiscard]] int from() const { return std::max(o_.from, o_.first_window); }
    [[nodiscard]] double begin_of(int window) const { return start_ + (window - from()) * wall(); }
    [[nodiscard]] JobRequest ingestion(const std::string& stream, int restarts) const;
    void start_inference();
    void start_ingestion();

    void pump(Seconds limit);
    void wait_until(double time);
    enum class Stored { yes, late, no };
    [[nodiscard]] Stored wait_for_window(const std::string& stream, int window);
    /// @return false at the end of the row
    [[nodiscard]] bool is_set_aside(const std::string& stream, int window) const;
    void look_at_inference(const std::string& stream);
    [[nodiscard]] bool run_window(int window);
    void run_window(int window, std::vector<std::string> streams);
    void report(int window) const;
    void note_state();
    void close();
    /// Its programs end, the other streams go on.
    void give_up(const std::string& stream);
    void fail(const std::string& stream, const std::string& why);
    [[nodiscard]] std::vector<std::string> alive() const;

    RowOptions o_;
    Store store_;
    Executor& here_;
    Executor& jobs_;
    Clock& clock_;
    Hooks hooks_;
    Supervisor supervisor_;
    StreamPrograms programs_;
    double start_ = 0;                 ///< run_time()
    std::map<std::string, int> late_;  ///< windows in a row that were not stored in time
    std::map<std::string, std::string> failed_;
    RunStateFile state_;
    std::optional<int> window_;  ///< that runs
};

}  // namespace ekya

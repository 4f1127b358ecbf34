#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/planning_input.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/window_runner.hpp"
#include "ekya/wire/fields.hpp"

namespace ekya {

/// One line of a window's journal (schema ekya.window-event/1): what its runner was told, and what
/// it ordered, in the order in which it happened. Which fields a line has follows from `what`.
struct WindowEvent {
    enum class What {
        began,      ///< told: the window's options
        reserve,    ///< told: share that decoding takes (value)
        need,       ///< told: share that inference has use for (value; none = none runs)
        hold,       ///< ordered: inference holds a share (value)
        configure,  ///< ordered: inference analyses frames like this (inference)
        look,       ///< told: inference has analysed and skipped so many frames
        swap,       ///< ordered: a model shall serve
        swapped,    ///< told: it serves (ok), or why it does not
        start,      ///< ordered: a job with a share (value), and a budget
        order,      ///< ordered: a retraining's state and share (value)
        used,       ///< told: device-seconds a retraining has used (value; none = not known)
        ended,      ///< told: how a job ended
        inputs      ///< told: the planning inputs
    };
    What what = What::began;
    Seconds time = 0;  ///< since the window began, as its runner read it
    std::string stream = {};
    std::vector<std::string> streams = {};  ///< began, start, ended
    std::optional<double> value = {};
    std::optional<double> budget = {};
    std::optional<WindowJob::Kind> job = {};  ///< start, ended
    std::string config = {};                  ///< start: id of the retraining's configuration
    std::optional<JobOrder::State> state = {};
    std::optional<InferenceConfig> inference = {};
    std::int64_t analysed = 0, skipped = 0;
    std::string model = {}, why = {};
    bool ok = true;  ///< swapped: it serves; ended: the model is promoted
    bool stopped = false;
    std::map<std::string, std::string> failed = {};  ///< ended: streams, and why
    double granted = 0, used = 0;                    ///< ended: device-seconds
    std::vector<PlanningInput> inputs = {};
    std::optional<WindowOptions> options = {};
};

void describe(wire::Object<WindowEvent>& object);

/// A journal that is being written, line by line; without a file nothing is.
class JournalFile {
public:
    /// @param file empty = none is written   @param say told once if the disk takes no more; the
    /// window goes on without the rest of its journal   @throws SystemError
    explicit JournalFile(std::filesystem::path file,
                         std::function<void(const std::string&)> say = {});
    void write(const WindowEvent& event);

private:
    std::filesystem::path path_;
    std::function<void(const std::string&)> say_;
    std::ofstream file_;
};

/// Runs a window as WindowRunner does, and writes its journal.
[[nodiscard]] WindowOutcome run_journaled(WindowOptions options, Clock& clock, WindowJobs& jobs,
                                          Serving& serving, WindowHooks hooks,
                                          JournalFile& journal);

/// Runs the window of a journal again: its runner is told what it was told then, at the same times,
/// and must order the same in the same order.
/// @throws DomainError naming the first line at which it orders something else
WindowOutcome replay_window(const std::vector<WindowEvent>& journal, WindowHooks hooks = {});

/// @throws InputError naming file and line
[[nodiscard]] std::vector<WindowEvent> read_journal(const std::filesystem::path& file);

/// STORE/logs/WINDOW, made if it is not there.
[[nodiscard]] std::filesystem::path window_logs(const Store& store, int window);

/// Hooks that put plans and the records of retrainings into a store.
[[nodiscard]] WindowHooks store_hooks(const Store& store,
                                      std::function<void(const std::string&)> say);

}  // namespace ekya

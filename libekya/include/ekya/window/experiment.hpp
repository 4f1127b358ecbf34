#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/results.hpp"
#include "ekya/window/base_models.hpp"
#include "ekya/window/boxes.hpp"
#include "ekya/window/window_row.hpp"

namespace ekya {

/// Policies compared on the same recorded streams: base models once, then a live run with each.
struct ExperimentOptions {
    std::filesystem::path store;       ///< holds bootstrap/, a store for each policy, results.json
    std::vector<std::string> streams;  ///< ids
    double fraction = 0.3;             ///< of the windows' objects that is labelled
    BaseModelOptions base;
    RowOptions row;        ///< apart from what a policy's run adds
    bool restart = false;  ///< runs that were interrupted are begun anew, and what they left goes
    /// What the results depend on, as name and text: a store holds one experiment only.
    std::map<std::string, std::string> settings;
};

/// One policy of an experiment.
struct ExperimentPolicy {
    std::string text;  ///< as people write it, e.g. uniform:cheapest:0.3
    WindowOptions window;
    bool inference_only = false;  ///< it retrains nothing

    /// Name of its directory in the store: the text with '-' for ':'.
    [[nodiscard]] std::string directory() const;
};

/// Runs an experiment. What is complete in its store is kept and not run again; a run that was
/// interrupted goes on with the window that it was in.
class Experiment {
public:
    using Say = std::function<void(const std::string&)>;
    /// @param check called often, may throw to end the work
    /// @throws ConfigError if the store holds an experiment with other settings, naming one
    Experiment(ExperimentOptions options, Boxes& boxes, Clock& clock, std::function<void()> check,
               Say say);

    /// Base models of all streams. @throws Error if no stream has one
    void bootstrap();
    /// One policy's live run; none if it is there already. Its results are in the store then.
    void run(const ExperimentPolicy& policy);
    /// Results of these policies together, also into the store.
    [[nodiscard]] Results results(const std::vector<ExperimentPolicy>& policies) const;
    /// Streams that failed in the bootstrap or a run of this call, and why.
    [[nodiscard]] const std::map<std::string, std::string>& failed() const { return failed_; }

private:
    [[nodiscard]] std::filesystem::path directory(const ExperimentPolicy& policy) const;
    [[nodiscard]] std::vector<std::string> started_streams() const;
    void begin_store(const std::filesystem::path& store) const;
    /// The progress of a run that was interrupted.
    struct Progress {
        std::map<std::string, int> done;  ///< stream -> last window that it has an accuracy of
        std::set<std::string> over;       ///< streams that had come to their end
        int newest;                       ///< of those windows
        /// It had failed long before.
        [[nodiscard]] bool is_behind(const std::string& stream) const {
            return !over.contains(stream) && done.at(stream) < newest - 1;
        }
    };
    [[nodiscard]] Progress progress(const Store& store) const;
    [[nodiscard]] std::optional<int> window_to_go_on_with(const Store& store) const;
    [[nodiscard]] std::map<std::string, std::string> fallen_behind(const Store& store) const;
    void collect(const ExperimentPolicy& policy, std::map<std::string, std::string> failed);
    [[nodiscard]] Results common_results() const;

    ExperimentOptions o_;
    Boxes& boxes_;
    Clock& clock_;
    std::function<void()> check_;
    Say say_;
    std::map<std::string, std::string> failed_, failed_at_start_;
};

/// The records of one stream in a store, each list by window.
struct StreamRecords {
    std::vector<WindowAccuracy> accuracies;
    std::vector<RetrainingRecord> retrainings;
    std::vector<ProfileRecord> profiles;
    std::vector<ModelCard> cards;
    std::map<int, Agreement> agreements;  ///< with a golden model
    std::map<int, JobShare> inference;    ///< what it was granted and used
};

/// What they say together of every window that has an accuracy.
/// @param plans of the windows   @param seconds of video in a window, as RunToCollect's
[[nodiscard]] StreamResult stream_result(const std::string& stream, const StreamRecords& records,
                                         const std::vector<Plan>& plans, Seconds seconds);

/// When the run of a policy's store was started, and went on: times (run_time()) by the window it
/// began with then. @throws InputError
[[nodiscard]] std::map<int, double> read_starts(const std::filesystem::path& store);

/// A policy's live run that is to be summed up.
struct RunToCollect {
    std::string policy;
    std::vector<std::string> streams;
    std::map<std::string, std::string> failed;  ///< streams, and why
    /// Times (run_time()) at which the run was started or went on, by the window it began with
    /// then.
    std::map<int, double> starts;
    Seconds wall = 0;     ///< of a window on the clock
    Seconds seconds = 0;  ///< of video in a window: one shorter than half is not scored
};

/// What a live run's store says: accuracies, plans, retrainings and shares of every window.
[[nodiscard]] PolicyResult collect_results(const Store& store, const RunToCollect& run);

/// The closing table, for people: a row for each policy and stream.
[[nodiscard]] std::vector<std::string> results_table(const Results& results);

}  // namespace ekya

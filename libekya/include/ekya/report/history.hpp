#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/profile_record.hpp"
#include "ekya/core/results.hpp"

namespace ekya::report {

/// Time on the axis of a report: stream time of an experiment, Unix time of a service, both in
/// seconds.
using Time = double;

/// A stretch of time in which a job held one share.
struct Stretch {
    Time begin = 0, end = 0;
    double granted = 0;  ///< share of one device; of a job without a limit what it used
    double used = 0;     ///< likewise, mean
};

/// One job, or one after the other of the same purpose.
struct JobHistory {
    enum class Kind {
        inference,    ///< of one stream, live
        retraining,   ///< of one stream
        preparation,  ///< labelling and profiling
        decoding      ///< of all streams; metered, not limited
    };
    Kind kind = Kind::inference;
    std::string stream;    ///< empty: of several
    bool planned = false;  ///< some stretches are those of plans: nothing was measured
    std::vector<Stretch> stretches = {};  ///< by begin
};

/// How well a stream was served in one window.
struct ServedWindow {
    int window = 0;
    std::optional<double> accuracy;      ///< on annotations; none = not scored
    std::optional<Agreement> agreement;  ///< with the golden model; none = not measured
    std::int64_t frames = 0, analysed = 0, lost = 0;
};

/// A model that took over.
struct Swap {
    Time time = 0;
    std::string model;
};

/// What became of the objects that the golden model was asked about in one window.
struct WindowYield {
    int window = 0;
    LabelYield yield;
};

/// What was expected of a retrained model, and what the labels of its window then said.
struct JudgedRetraining {
    int window = 0;
    std::string config;
    double expected = 0, observed = 0;  ///< accuracies on labels, in [0, 1]
    int labels = 0;                     ///< that `observed` was measured on
};

struct StreamHistory {
    StreamResult result;
    std::vector<ServedWindow> windows;
    std::vector<Swap> swaps;
    std::vector<RetrainingRecord> retrainings;
    std::vector<JudgedRetraining> judged;
    std::vector<ProfileRecord> profiles;
    std::vector<WindowYield> yields;
    std::string serving;  ///< id of the model; empty = not known
    std::int64_t frames = 0, analysed = 0, lost = 0;

    [[nodiscard]] const std::string& id() const { return result.stream; }
};

/// A retraining window on the axis of time.
struct WindowSpan {
    Time begin = 0, end = 0;
};

/// What one store tells: of a policy's run, or of a service.
struct RunHistory {
    std::string name;  ///< the policy; empty = a service
    std::filesystem::path store;
    std::vector<StreamHistory> streams;
    std::vector<JobHistory> jobs;
    std::map<int, WindowSpan> windows;
    double gpus = 1;  ///< devices shared out
    std::optional<double> mean_accuracy;
    int retrainings = 0;  ///< whose models serve
    double device_seconds = 0;

    [[nodiscard]] Time begin() const { return windows.empty() ? 0 : windows.begin()->second.begin; }
    [[nodiscard]] Time end() const { return windows.empty() ? 0 : windows.rbegin()->second.end; }
};

/// All that a report shows.
struct History {
    bool experiment = false;
    Seconds window_seconds = 0;
    double pace = 1;  ///< of an experiment: seconds of video per second
    std::vector<RunHistory> runs;
    std::vector<std::string> damaged;  ///< records that could not be read, and why
};

/// Reads the store of an experiment (ekya-loop: a store for each policy) or of a service
/// (ekya-serve, ekya-window). A record that is damaged or missing is named and left out.
/// @throws InputError if the directory holds no store
[[nodiscard]] History read_history(const std::filesystem::path& directory);

/// The run whose pictures a reader wants first: the one of highest mean accuracy.
[[nodiscard]] const RunHistory& main_run(const History& history);

}  // namespace ekya::report

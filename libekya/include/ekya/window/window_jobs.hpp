#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/job.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/core/planning_input.hpp"

namespace ekya {

/// One job of a retraining window.
struct WindowJob {
    enum class Kind {
        label,    ///< golden-model labels of the window before, all streams
        profile,  ///< what each retraining configuration would cost and gain
        retrain   ///< one stream's retraining, as planned
    };
    Kind kind = Kind::label;
    std::vector<std::string> streams;  ///< retrain: one
    double share = 0;                  ///< of one device, to begin with
    Seconds stop_after = 0;            ///< seconds from now after which it is stopped
    double budget = 0;                 ///< profile: device-seconds of each stream; 0 = no limit
    std::optional<PlannedRetraining> retraining = {};  ///< retrain: what
};

/// How a job of a window has ended.
struct WindowJobEnd {
    WindowJob::Kind kind = WindowJob::Kind::label;
    std::vector<std::string> streams;           ///< as in the job
    std::map<std::string, std::string> failed;  ///< of them those without a result, and why
    bool stopped = false;                       ///< retrain: it was ended before it had a model
    std::string model = {};        ///< retrain: id of the model that it left; empty = none
    bool promoted = true;          ///< retrain: the model may serve
    std::string why = {};          ///< retrain: why it may not
    double granted = 0, used = 0;  ///< device-seconds
    /// Label: streams of whose labels people should know something, and what.
    std::map<std::string, std::string> notes = {};
};

/// The jobs of one window: real ones on a store (StoreJobs), simulated ones, or those of a journal.
/// Called by one thread.
class WindowJobs {
public:
    virtual ~WindowJobs() = default;
    virtual void start(const WindowJob& job) = 0;
    /// An order to a running retraining; has no effect on one that has ended.
    virtual void order(const std::string& stream, const JobOrder& order) = 0;
    /// Device-seconds that a running retraining has used so far; none = not known.
    [[nodiscard]] virtual std::optional<double> used(const std::string& stream) = 0;
    /// Waits until a job has ended, at most so long. @return those that have ended
    [[nodiscard]] virtual std::vector<WindowJobEnd> wait(Seconds limit) = 0;
    /// What labelling and profiling have told, for planning this window; of those streams.
    /// @throws DomainError naming a stream without one
    [[nodiscard]] virtual std::vector<PlanningInput> planning_inputs(
        const std::vector<std::string>& streams) = 0;
};

}  // namespace ekya

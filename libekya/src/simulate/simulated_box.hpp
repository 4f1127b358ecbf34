#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/plan.hpp"
#include "ekya/core/planning_input.hpp"
#include "ekya/schedule/plan/inference_curve.hpp"
#include "ekya/schedule/plan/score.hpp"
#include "ekya/schedule/plan/timeline.hpp"
#include "ekya/window/serving.hpp"
#include "ekya/window/window_jobs.hpp"

namespace ekya {

/// A window's clock, jobs and inference as they would be: time passes only while its runner waits,
/// every retraining takes the device-seconds that the truth says, and a model serves at once. One
/// that is ended early, or that the window's end finds at work, has the epochs that it got through:
/// the truth's configuration with so many epochs; if the truth knows none so short, no model comes.
/// All models serve that a training leaves: whether they would be promoted is not known. Inference
/// costs what its planning input says.
class SimulatedBox : public Clock, public WindowJobs, public Serving {
public:
    /// @param predicted what planning is told   @param truth the same streams, with all
    /// configurations of `predicted`   @param length of the window   @param labelling seconds that
    /// labelling takes
    SimulatedBox(std::vector<PlanningInput> predicted, std::vector<PlanningInput> truth,
                 double max_job_share, Seconds length, Seconds labelling,
                 std::shared_ptr<const InferenceCurve> curve = {});

    /// What all jobs held, and what was retrained when; its retrainings' start_seconds and
    /// expected_seconds are when they began and when their models served (infinite: never).
    [[nodiscard]] std::vector<StreamPlan> course() const;
    /// The truth, with the accuracies of models as they became.
    [[nodiscard]] const std::vector<PlanningInput>& truth() const { return truth_; }
    /// By stream: id of the configuration of fewer epochs that a retraining counts as; empty = its
    /// own.
    [[nodiscard]] const std::map<std::string, std::string>& counted_as() const {
        return counted_as_;
    }

    [[nodiscard]] Seconds now() const override { return timeline_.now(); }
    void sleep(Seconds duration) override;

    void start(const WindowJob& job) override;
    void order(const std::string& stream, const JobOrder& order) override;
    [[nodiscard]] std::optional<double> used(const std::string& stream) override;
    [[nodiscard]] std::vector<WindowJobEnd> wait(Seconds limit) override;
    [[nodiscard]] std::vector<PlanningInput> planning_inputs(
        const std::vector<std::string>& streams) override;

    [[nodiscard]] double reserve() override { return 0; }
    [[nodiscard]] std::optional<double> need(const std::string& stream) override;
    void hold(const std::string& stream, double share) override;
    void configure(const std::string& stream, const InferenceConfig& config) override;
    [[nodiscard]] std::optional<Frames> look(const std::string&) override { return std::nullopt; }
    [[nodiscard]] Seconds look_every() const override;
    void swap(const std::string& stream, const std::string& model, Seconds limit) override;
    [[nodiscard]] std::vector<SwapEnd> swapped() override { return std::move(swapped_); }

private:
    struct Job {
        WindowJob job;
        std::size_t stream = 0;                   ///< retrain: its place
        const RetrainingOption* truth = nullptr;  ///< retrain: what it really is
        double share = 0;
        Seconds ends_at = 0;  ///< of jobs that take a known time; infinite: timeline_ knows
        Seconds stop_at = 0;
        bool finish = false;
    };
    [[nodiscard]] std::size_t place_of(const std::string& stream) const;
    /// What a stream holds from now on.
    template <typename Change> void hold(std::size_t v, Change change);
    [[nodiscard]] Job* retraining_of(const std::string& stream);
    [[nodiscard]] double done(const Job& job) const;
    [[nodiscard]] Seconds ends(const Job& job) const;
    [[nodiscard]] WindowJobEnd end(const Job& job);
    void end_retraining(const Job& job, WindowJobEnd& end);

    std::vector<PlanningInput> predicted_, truth_;
    Timeline timeline_;
    Seconds labelling_;
    std::shared_ptr<const InferenceCurve> curve_;
    std::vector<StreamPlan> course_;
    std::vector<Job> jobs_;
    std::vector<SwapEnd> swapped_;
    std::map<std::string, std::string> counted_as_;
};

/// Scores of all streams of a course, in the order of problem.streams, which hold its truth.
/// @param on_whole_seconds as the published simulator scores
/// @throws DomainError as score_plan
[[nodiscard]] std::vector<StreamScore> score_course(const ScheduleProblem& problem,
                                                    const Plan& course, bool on_whole_seconds);

}  // namespace ekya

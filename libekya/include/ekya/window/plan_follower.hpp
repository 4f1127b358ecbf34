#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/window/retraining_event.hpp"

namespace ekya {

/// Follows a plan while its retrainings really run, which end earlier or later than planned: says
/// what starts, which shares change, and what is left out.
///
/// The plan's clock runs with the real one, but it never passes the planned end of a retraining
/// that still runs: what the plan puts after that end waits. It jumps ahead to the last planned end
/// before which nothing is left to wait for, and over a gap in which nothing would run. So a
/// retraining starts at its planned time, or as soon as everything that the plan lets end before it
/// has ended, if that is earlier; and the device is shared as planned in between.
///
/// One that has not started while there is time for nine tenths of it never does: estimates are not
/// exact to a tenth, but with less the time would be wasted on a model that cannot be finished.
///
/// Ours: the paper plans anew at every completion (§4.2). Here a plan holds for the window, or
/// until a new one for its rest takes its place: that one is followed by a follower of its own,
/// which is told what runs already.
class PlanFollower {
public:
    PlanFollower(const PlanFollower&) = delete;  // step_ points into plan_
    PlanFollower& operator=(const PlanFollower&) = delete;

    /// @param running streams whose retraining has begun under an earlier plan
    /// @throws DomainError if steps, shares or times of the plan make no sense
    explicit PlanFollower(Plan plan, std::vector<std::string> running = {});

    /// What inference of a stream holds from now on.
    struct ShareChange {
        std::string stream;
        double share = 0;  ///< of one device
        InferenceConfig inference;
    };
    struct Due {
        std::vector<RetrainingEvent>
            events;  ///< starts, skips, other shares and early finishes, in the order of the plan
        std::vector<ShareChange> changes;  ///< against what was said before; at first all
    };
    /// What is due.
    /// @param now seconds since the plan was made; must not fall from call to call
    [[nodiscard]] Due advance(Seconds now);

    /// A retraining that was started runs no longer, however it ended; advance() tells what follows
    /// from it.
    /// @throws InputError if it does not run
    void ended(const std::string& stream);

    /// The next moment at which something can be due though no retraining ends; none = only an end
    /// brings news.
    [[nodiscard]] std::optional<Seconds> next() const;

    /// Nothing will ever be due again, whatever is still reported.
    [[nodiscard]] bool done() const;
    /// What a stream's inference holds now, by its place in the plan.
    [[nodiscard]] const PlanStep& inference_now(std::size_t v) const { return *step_[v]; }
    /// What all running retrainings hold together.
    [[nodiscard]] double retraining_share() const;

private:
    enum class State { waiting, running, over };
    struct Job {
        std::size_t stream = 0;
        double share = 0;            ///< that it has, once it runs
        Seconds start = 0, end = 0;  ///< on the plan's clock
        Seconds latest_start = 0;    ///< on the real one
        State state = State::waiting;
        bool skipped = false;
    };

    void add_job(std::size_t v);
    void skip_late(Due& due);
    void move_clock(Seconds elapsed);
    void start_due(Due& due);
    void change_running(Due& due);
    void finish_unwanted(Due& due);
    void change_shares(Due& due);
    [[nodiscard]] Seconds tolerance() const { return plan_tolerance * plan_.horizon; }
    [[nodiscard]] const PlanStep& step_by_clock(std::size_t v) const;
    [[nodiscard]] const PlanStep& current_step(std::size_t v) const;
    /// The earliest planned end of what is not over; infinite if all is.
    [[nodiscard]] Seconds held_at() const;
    [[nodiscard]] bool passed(Seconds time) const;
    [[nodiscard]] double share_of_others(std::size_t v) const;
    [[nodiscard]] bool any(State state) const;
    /// The next moment of the plan that its clock has not passed; infinite if there is none.
    [[nodiscard]] Seconds next_moment() const;

    Plan plan_;
    std::vector<std::string> running_;
    bool finished_unwanted_ = false;
    std::vector<Job> jobs_;              ///< in the order of their planned starts
    std::vector<const PlanStep*> step_;  ///< per stream: the step that inference is in
    std::vector<bool> unsure_;           ///< per stream: whether that is what inference holds
    Seconds now_ = 0, clock_ = 0;
};

}  // namespace ekya

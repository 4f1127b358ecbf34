#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/plan.hpp"
#include "ekya/window/retraining_event.hpp"

namespace ekya {

/// What a follower may do, and what it finds.
struct FollowerOptions {
    bool shares_change =
        false;  ///< the share of a running retraining can be changed, and it can be paused
    std::vector<std::string> running =
        {};  ///< streams whose retraining has begun under an earlier plan; needs shares_change
    bool first_steps_are_news =
        false;  ///< what the plan gives inference at first has not been announced
};

/// Device-seconds that a plan gives to a stream's retraining until it ends.
[[nodiscard]] double planned_work(const StreamPlan& plan);

/// Follows a plan's time line while its retrainings really run, which end earlier or later than
/// planned.
///
/// The plan's clock runs with the real one, but it never passes the planned end of a retraining
/// that still runs: what the plan puts after that end waits. It jumps ahead to the last planned end
/// before which nothing is left to wait for, and over a gap in which nothing would run. So a
/// retraining starts at its planned time, or as soon as everything that the plan lets end before it
/// has ended, if that is earlier; and the device is shared as planned in between.
///
/// A running retraining keeps its share, unless the executor can change it. So where the plan
/// changes it, of the plan's moments the one counts as its start from which it ends soonest with
/// the share that it has then: a retraining that is planned to begin with what another one leaves
/// over, and to get all of it later, waits for the latter.
///
/// One that has not started while there is time for nine tenths of it never does: estimates are not
/// exact to a tenth, but with less the time would be wasted on a model that cannot be finished.
///
/// With FollowerOptions::shares_change a retraining starts when it is planned to, and is told each
/// of its shares.
///
/// Ours: the paper plans anew at every completion (§4.2). Here the plan holds for the window, or
/// until a new one for its rest takes its place: that one is followed by a follower of its own,
/// which is told what runs already.
class PlanFollower {
public:
    /// @throws DomainError if steps, shares or times of the plan make no sense
    explicit PlanFollower(Plan plan, FollowerOptions options = {});

    /// What inference of a stream holds from now on.
    struct ShareChange {
        std::string stream;
        double share = 0;  ///< of one device
        InferenceConfig inference;
    };
    struct Due {
        std::vector<RetrainingEvent>
            events;  ///< starts, skips, other shares and early finishes, in the order of the plan
        std::vector<ShareChange>
            changes;  ///< against what was announced; the plan's first steps count as announced
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
    [[nodiscard]] const PlanStep& inference_now(std::size_t v) const {
        return plan_.streams[v].steps[step_[v]];
    }
    /// What all running retrainings hold together.
    [[nodiscard]] double retraining_share() const;
    /// A retraining has not ended though it should have by now: what is left of the plan waits for
    /// it.
    [[nodiscard]] bool is_late() const;
    /// When that is the case next, if nothing ends before; infinite = never.
    [[nodiscard]] Seconds becomes_late() const;

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
    /// The earliest planned end of what is not over; infinite if all is.
    [[nodiscard]] Seconds held_at() const;
    [[nodiscard]] bool passed(Seconds time) const;
    [[nodiscard]] std::size_t current_step(std::size_t v) const;
    [[nodiscard]] std::size_t step_by_clock(std::size_t v) const;
    [[nodiscard]] double share_of_others(std::size_t v) const;
    [[nodiscard]] bool any(State state) const;
    /// The next moment of the plan that its clock has not passed; infinite if there is none.
    [[nodiscard]] Seconds next_moment() const;

    Plan plan_;
    FollowerOptions options_;
    bool finished_unwanted_ = false;
    std::vector<Job> jobs_;          ///< in the order of their planned starts
    std::vector<std::size_t> step_;  ///< per stream: the step that inference is in
    std::vector<bool> unsure_;       ///< per stream: whether that is what inference holds
    Seconds now_ = 0, clock_ = 0;
};

}  // namespace ekya

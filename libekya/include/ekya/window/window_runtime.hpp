#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/retraining_state.hpp"
#include "ekya/schedule/plan/timeline.hpp"
#include "ekya/window/plan_follower.hpp"

namespace ekya {

/// How far a window is when its rest is to be planned anew.
struct WindowState {
    Seconds elapsed = 0;                        ///< since the window's first plan began; >= 0
    std::vector<RetrainingState> retrainings;   ///< streams that are not named are waiting
    std::vector<InferenceCost> inference = {};  ///< of streams whose inference fell behind
};

/// A window as it runs: follows a plan, knows how far each retraining is, says when a new plan for
/// the rest is worth asking for, and goes over to it. Needs an executor that can change and pause
/// what runs. Source: Ekya §4.2: the scheduler "runs at the start of each window and whenever a
/// retraining ends". Ours: also when one takes longer than planned, since what waits for it may
/// then be worth more; and when inference falls behind, so that it gets the share back which a_MIN
/// or its worth asks for. What the plan leaves over goes to inference.
class WindowRuntime {
public:
    /// Device-seconds that a stream's retraining has used so far; none = not known: what it was
    /// granted counts.
    using UsedBy = std::function<std::optional<double>(const std::string& stream)>;

    /// Whether the rest of the window may be planned anew.
    enum class Plans { anew, kept };
    explicit WindowRuntime(Plan plan, Plans plans = Plans::anew);

    /// What is due. @param now seconds since the first plan was made; must not fall from call to
    /// call
    [[nodiscard]] PlanFollower::Due advance(Seconds now);
    /// A retraining runs no longer. @param swapped whether its model serves. @throws InputError if
    /// it does not run
    void ended(const std::string& stream, bool swapped);
    /// Inference answered so many frames since the last time and had to skip others though it was
    /// their turn: with the share it has it cannot keep up, so it costs more than estimated.
    /// @throws InputError for a stream without plan
    void inference_did(const std::string& stream, std::int64_t analysed, std::int64_t skipped);

    /// Something has happened that the plan did not foresee, or that it was made to be revised at.
    [[nodiscard]] bool wants_plan(Seconds now) const;
    /// What to ask for. Counts as asked: wants_plan() is false until something new happens.
    [[nodiscard]] WindowState request(Seconds now, const UsedBy& used_by);
    /// Goes over to a plan for the rest of the window, which begins now.
    void take(Plan rest, Seconds now);

    /// The next moment at which something can be due or a plan be wanted.
    [[nodiscard]] std::optional<Seconds> next() const;
    /// Nothing will be due again, or the window is over.
    [[nodiscard]] bool done() const;
    /// Once it is done: a skip for each retraining of the first plan that later plans left out
    /// before it began.
    [[nodiscard]] std::vector<RetrainingEvent> never_started() const;

private:
    struct Stream {
        RetrainingState state;
        bool was_planned = false;  ///< its retraining, at first
        double work = 0;           ///< device-seconds of its retraining, as estimated
        int times_late = 0;
        double inference_cost = 1;    ///< against the estimate
        double inference_share = -1;  ///< that was announced last; -1 = none
    };
    [[nodiscard]] std::optional<std::size_t> find(const std::string& stream) const;
    void note(const RetrainingEvent& event);
    [[nodiscard]] bool runs(std::size_t v) const {
        return streams_[v].state.kind == RetrainingState::Kind::running;
    }
    /// A retraining has not ended though its work should be done: what is planned behind it waits.
    [[nodiscard]] bool is_late() const;
    /// Of one device that is not split into several, what no job holds: for inference, which has
    /// use for it when it loads a model or has fallen behind. All get the same part.
    [[nodiscard]] double spare() const;
    void hand_out_spare(PlanFollower::Due& due);
    void move_to(Seconds now);
    [[nodiscard]] double left(std::size_t v, const UsedBy& used_by);

    std::vector<Stream> streams_;
    Plan plan_;
    std::unique_ptr<PlanFollower> follower_;
    Timeline timeline_;  ///< of the window: what retrainings were granted, and what they have left
    Plans plans_;
    Seconds begun_ = 0;       ///< when plan_ began
    Seconds look_again_ = 0;  ///< not before this is lateness a reason for a new plan
    bool news_ = false;       ///< a retraining ended, an inference fell behind
};

}  // namespace ekya

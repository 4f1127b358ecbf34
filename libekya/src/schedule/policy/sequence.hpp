#pragma once
#include <memory>
#include <vector>

#include "ekya/schedule/plan/problem.hpp"
#include "plan/finish_plan.hpp"

namespace ekya {

/// Which retrainings run, and in which order. Private to the module, like all of this header.
struct Sequence {
    std::vector<int> choice;  ///< per stream: index of a candidate; -1 = no retraining
    std::vector<int> order;   ///< the streams with a retraining, first to last
};

/// A retraining worth considering: none that costs less gives as much.
struct Candidate {
    const RetrainingOption* retraining = nullptr;
    double gain = 0;  ///< worth after minus before, at full inference
    double device_seconds = 0;
};

/// Runs retrainings in a given order on one pool of devices, inference on the rest. At every moment
/// the pool is as large as pays: with D the inference worth per second that is missing until all
/// retrainings are done, and l(p) what inference loses by a pool of p, a device-second of
/// retraining costs (D + l(p)) / p, and the pool is where that is smallest. The first jobs of the
/// order get as much as a job can use.
///
/// Worth is inference accuracy. The shares that hold a_MIN are reserved, for as many streams as the
/// devices can hold it for (those that need least); for the others what lies below a_MIN counts a
/// thousandfold.
class SequencePlanner {
public:
    explicit SequencePlanner(const ScheduleProblem& problem);

    [[nodiscard]] int streams() const { return static_cast<int>(candidates_.size()); }
    [[nodiscard]] const std::vector<Candidate>& candidates(int v) const { return candidates_[v]; }

    /// Streams in the order of gain per device-second (Smith's rule).
    [[nodiscard]] std::vector<int> smith_order(const std::vector<int>& choice) const;

    /// A moment of a sequence, and what a device-second of retraining cost then.
    struct Price {
        Seconds time = 0;
        double price = 0;
    };
    /// Total worth over the window, accuracy-seconds. @param prices filled if given
    [[nodiscard]] double worth(const Sequence& sequence,
                               std::vector<Price>* prices = nullptr) const;

    [[nodiscard]] std::vector<StreamDecision> decide(const Sequence& sequence) const;
    /// Whether a decision so far had to choose among steps: then worth() promises more than plans
    /// can give.
    [[nodiscard]] bool packed() const { return packed_; }

    /// Work done so far, in steps of about the same time: searches stop by it, so that equal
    /// problems give equal plans.
    [[nodiscard]] double work() const { return work_; }
    [[nodiscard]] Seconds length() const { return length_; }
    [[nodiscard]] double max_job_share() const { return cap_; }

private:
    /// A stretch of a stream's inference curve.
    struct Piece {
        double width = 0;  ///< share
        double slope = 0;  ///< worth per second and share
        int stream = 0;
    };
    /// What inference of one stream is worth with one model: stretches of falling slope above what
    /// is reserved.
    struct Level {
        std::vector<Piece> pieces;
        double full = 0;      ///< worth per second with all of them
        double share = 0;     ///< of all of them, and what is reserved
        double reserved = 0;  ///< share that holds a_MIN and is not for sale
    };
    class Course;

    [[nodiscard]] Level level_of(const InferenceCurve& curve, int v, double accuracy) const;
    [[nodiscard]] const Level& level(int v, int candidate) const {
        return levels_[v][candidate + 1];
    }

    [[nodiscard]] double model_accuracy(int v, int candidate) const;
    [[nodiscard]] std::vector<double> divide(const std::vector<int>& models, double capacity) const;
    [[nodiscard]] std::vector<double> fill(const std::vector<int>& models, double capacity) const;
    [[nodiscard]] std::vector<double> pack(const std::vector<int>& models, double capacity) const;
    [[nodiscard]] std::vector<bool> held_streams() const;
    [[nodiscard]] double floor_share(const InferenceCurve& curve, double accuracy) const;

    const ScheduleProblem& problem_;
    Seconds length_;
    double cap_;
    std::vector<std::shared_ptr<const InferenceCurve>> curves_;
    std::vector<bool> held_;  ///< per stream: whether a_MIN is reserved
    std::vector<std::vector<Candidate>> candidates_;
    std::vector<std::vector<Level>>
        levels_;  ///< per stream: the deployed model, then every candidate's
    mutable double work_ = 0;
    mutable bool packed_ = false;
};

/// The best sequence that a search of the given work finds: prices first, then changes of one and
/// of two streams.
[[nodiscard]] Sequence find_sequence(const SequencePlanner& planner, double work_limit);

}  // namespace ekya

#include "thief.hpp"

#include <cmath>

namespace ekya {
namespace {

/// One iteration: stealing, with the retrainings chosen. Jobs are the retrainings, then the
/// inference of all cameras.
class Robbery {
public:
    Robbery(ReferenceSimulator& simulator, const ReferenceWindow& window)
        : simulator_(simulator), window_(window) {
        for (std::size_t v = 0; v < window.cameras.size(); ++v)
            if (window.cameras[v].retraining) retrained_.push_back(v);
        const std::size_t jobs = retrained_.size() + window.cameras.size();
        best_.assign(jobs, window.gpus / static_cast<double>(jobs));
        best_score_ = score(best_);
    }

    void rob_all(double steal) {
        for (std::size_t thief = 0; thief < best_.size(); ++thief)
            for (std::size_t victim = 0; victim < best_.size(); ++victim)
                if (victim != thief) rob(thief, victim, steal);
    }

    ReferenceTimeline timeline() {
        make_timeline(best_);
        return timeline_;
    }

private:
    /// Tries all amounts, also after one without gain; the first, 0, would change nothing.
    void rob(std::size_t thief, std::size_t victim, double steal) {
        base_ = best_;
        const double all = base_[victim];
        const double amounts = std::ceil((all + steal) / steal);
        for (int i = 1; i < amounts; ++i) {
            const bool capped = all < i * steal;
            const double amount = capped ? all : i * steal;
            trial_ = base_;
            trial_[victim] -= amount;
            trial_[thief] += amount;
            const double trial_score = score(trial_);
            if (trial_score > best_score_) {
                best_score_ = trial_score;
                best_ = trial_;
            }
            if (capped) break;
        }
    }

    void make_timeline(const std::vector<double>& shares) {
        timeline_.restart(window_.cameras.size());
        for (std::size_t j = 0; j < retrained_.size(); ++j)
            timeline_.retraining_of(0, retrained_[j]) = shares[j];
        for (std::size_t v = 0; v < window_.cameras.size(); ++v)
            timeline_.inference_of(0, v) = shares[retrained_.size() + v];
        simulator_.redistribute(window_.cameras, timeline_);
    }

    double score(const std::vector<double>& shares) {
        make_timeline(shares);
        return simulator_.score(window_.cameras, timeline_, window_.horizon);
    }

    ReferenceSimulator& simulator_;
    const ReferenceWindow& window_;
    std::vector<std::size_t> retrained_;  ///< cameras with a retraining
    ReferenceTimeline timeline_;
    std::vector<double> best_, base_, trial_;
    double best_score_ = 0;
};

}  // namespace

const RetrainingOption* optimise_camera(ReferenceSimulator& simulator,
                                        const ReferenceWindow& window, std::size_t v,
                                        double inference_share, double retraining_share) {
    const RetrainingOption* best = nullptr;
    double best_score = 0;
    std::vector<ReferenceCamera> alone{window.cameras[v]};
    ReferenceTimeline timeline;
    for (const auto* candidate : window.candidates[v]) {
        alone[0].retraining = candidate;
        timeline.restart(1);
        timeline.inference_of(0, 0) = inference_share;
        timeline.retraining_of(0, 0) = retraining_share;
        simulator.redistribute(alone, timeline);
        const double score = simulator.score(alone, timeline, window.horizon);
        if (best && score <= best_score) continue;
        best = candidate;
        best_score = score;
    }
    return best;
}

ReferenceTimeline reference_thief(ReferenceWindow& window, const ReferenceOptions& options) {
    const std::size_t count = window.cameras.size();
    ReferenceSimulator simulator;
    ReferenceTimeline timeline;
    timeline.restart(count);
    const double start = window.gpus / static_cast<double>(count * 2);
    std::vector<double> inference(count, start), retraining(count, start);
    for (int iteration = 0; iteration < options.iterations; ++iteration) {
        for (std::size_t v = 0; v < count; ++v)
            window.cameras[v].retraining =
                optimise_camera(simulator, window, v, inference[v], retraining[v]);
        Robbery robbery(simulator, window);
        robbery.rob_all(options.steal);
        timeline = robbery.timeline();
        for (std::size_t v = 0; v < count; ++v) {
            inference[v] = timeline.inference_of(0, v);
            retraining[v] = timeline.retraining_of(0, v);
        }
    }
    return timeline;
}

}  // namespace ekya

#include "policy/sequence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ekya/schedule/plan/timeline.hpp"
#include "policy/knapsack.hpp"

namespace ekya {
namespace {

constexpr double floor_weight = 1000;  // what lies below a_MIN counts so much more
constexpr int refreshes =
    256;  // how often at most the pool is sized anew: bounds the cost of many streams
constexpr int most_packed = 64;     // streams; above, a step that is not used is worth little
constexpr double most_reserve = 2;  // inference gets at most so many times what keeps up
constexpr double tiny = 1e-12;      // of shares and times of the search, which plans do not show

/// Candidates by falling cost per gain: only those that no cheaper one equals.
std::vector<Candidate> pareto(std::vector<Candidate> all) {
    std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
        return a.device_seconds != b.device_seconds ? a.device_seconds < b.device_seconds
                                                    : a.gain > b.gain;
    });
    std::vector<Candidate> front;
    for (const auto& candidate : all)
        if (candidate.gain > (front.empty() ? tiny : front.back().gain + tiny))
            front.push_back(candidate);
    return front;
}

/// Stretches that rise more steeply than the one before are joined with it.
template <typename Pieces> void make_concave(Pieces& pieces) {
    for (std::size_t i = 1; i < pieces.size();) {
        if (pieces[i].slope <= pieces[i - 1].slope) {
            ++i;
            continue;
        }
        auto& before = pieces[i - 1];
        before.slope = (before.slope * before.width + pieces[i].slope * pieces[i].width) /
                       (before.width + pieces[i].width);
        before.width += pieces[i].width;
        pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(i));
        i = std::max<std::size_t>(1, i - 1);
    }
}

}  // namespace

SequencePlanner::SequencePlanner(const ScheduleProblem& problem)
    : problem_(problem),
      length_(problem.horizon),
      cap_(std::min(problem.max_job_share, problem.gpus)),
      curves_(inference_curves(problem)) {
    held_ = held_streams();
    for (int v = 0; v < static_cast<int>(problem.streams.size()); ++v) {
        const auto& stream = problem.streams[v];
        levels_.push_back({level_of(*curves_[v], v, stream.accuracy)});
        std::vector<Candidate> all;
        for (const auto& entry : stream.retraining)
            if (entry.accuracy > stream.accuracy && entry.device_seconds < length_ * cap_)
                all.push_back({&entry,
                               level_of(*curves_[v], v, entry.accuracy).full - levels_[v][0].full,
                               entry.device_seconds});
        candidates_.push_back(pareto(std::move(all)));
        for (const auto& candidate : candidates_.back())
            levels_[v].push_back(level_of(*curves_[v], v, candidate.retraining->accuracy));
    }
}

double SequencePlanner::floor_share(const InferenceCurve& curve, double accuracy) const {
    if (problem_.min_accuracy <= 0) return 0;
    return accuracy > 0 ? curve.share_for(problem_.min_accuracy / accuracy)
                        : std::numeric_limits<double>::infinity();
}

/// With the deployed models. Retraining only ever lowers what is needed: worse models are no
/// candidates.
std::vector<bool> SequencePlanner::held_streams() const {
    std::vector<std::pair<double, std::size_t>> needs;
    for (std::size_t v = 0; v < curves_.size() && problem_.min_accuracy > 0; ++v) {
        const double share = floor_share(*curves_[v], problem_.streams[v].accuracy);
        if (share <= cap_) needs.emplace_back(share, v);
    }
    std::sort(needs.begin(), needs.end());
    std::vector<bool> held(curves_.size(), false);
    double sum = 0;
    for (const auto& [share, v] : needs) {
        sum += share;
        if (sum > problem_.gpus * (1 + tiny)) break;
        held[v] = true;
    }
    return held;
}

SequencePlanner::Level SequencePlanner::level_of(const InferenceCurve& curve, int v,
                                                 double accuracy) const {
    Level level;
    InferenceCurve::Point last = curve.hull().front();
    level.full = accuracy * last.relative_accuracy;
    // The share that holds a_MIN comes first, whether it is on the hull or not.
    const double floor = floor_share(curve, accuracy);
    const bool holds = problem_.min_accuracy > 0 && floor <= cap_;
    const auto add = [&](const InferenceCurve::Point& point, double weight) {
        const double width = point.share - last.share;
        if (width <= tiny) return;
        level.pieces.push_back(
            {width, weight * accuracy * (point.relative_accuracy - last.relative_accuracy) / width,
             v});
        last = point;
    };
    if (holds && floor > last.share) {
        const InferenceCurve::Point held{floor, curve.relative_accuracy(floor)};
        if (held_[v]) {
            level.reserved = level.share = floor;
            level.full = accuracy * held.relative_accuracy;
            last = held;
        } else {
            add(held, 1 + floor_weight);
        }
    }
    const double weight = problem_.min_accuracy > 0 && !holds ? 1 + floor_weight : 1;
    for (const auto& point : curve.hull()) {
        if (point.share > cap_) {
            if (cap_ > last.share) add({cap_, curve.relative_accuracy(cap_)}, 1);
            break;
        }
        // From a floor off the hull the way goes on to the hull's next point that is worth it.
        if (point.relative_accuracy > last.relative_accuracy) add(point, weight);
    }
    make_concave(level.pieces);
    for (const auto& piece : level.pieces) {
        level.full += piece.width * piece.slope;
        level.share += piece.width;
    }
    return level;
}

std::vector<int> SequencePlanner::smith_order(const std::vector<int>& choice) const {
    std::vector<int> order;
    for (int v = 0; v < streams(); ++v)
        if (choice[v] >= 0) order.push_back(v);
    const auto ratio = [&](int v) {
        return candidates_[v][choice[v]].gain / candidates_[v][choice[v]].device_seconds;
    };
    std::sort(order.begin(), order.end(), [&](int a, int b) {
        const double x = ratio(a), y = ratio(b);
        return x != y ? x > y : a < b;
    });
    return order;
}

/// One run through the window.
class SequencePlanner::Course {
public:
    Course(const SequencePlanner& planner, const Sequence& sequence)
        : planner_(planner), sequence_(sequence), model_(planner.streams(), -1) {
        const int jobs = static_cast<int>(sequence.order.size());
        refresh_every_ = 1 + jobs / refreshes;
        for (const int v : sequence.order)
            left_.push_back(planner.candidates_[v][sequence.choice[v]].device_seconds);
        for (int v = 0; v < planner.streams(); ++v) add(planner.level(v, -1), 1);
        end_worth_ = full_;
        double end_share = share_;
        for (const int v : sequence.order) {
            end_worth_ += planner.level(v, sequence.choice[v]).full - planner.level(v, -1).full;
            end_share += planner.level(v, sequence.choice[v]).share - planner.level(v, -1).share;
        }
        if (end_share > planner.problem_.gpus + tiny) {
            gather(sequence.choice);
            end_worth_ -= lost(end_share - planner.problem_.gpus);
        }
    }

    /// Calls phase(start, seconds, *this) for each stretch of constant shares.
    template <typename Phase> double run(const Phase& phase) {
        double total = 0;
        const Seconds rounding = tiny * planner_.length_;
        while (now_ < planner_.length_ - rounding) {
            size_pool();
            assign();
            Seconds lasts = next_change();
            const bool ends = now_ + lasts <= planner_.length_ + rounding && !running_.empty();
            if (!ends) {
                // What cannot end any more would only take shares away.
                if (!running_.empty()) {
                    abandon();
                    continue;
                }
                lasts = planner_.length_ - now_;
            }
            total += worth_ * lasts;
            phase(now_, lasts, *this);
            advance(lasts);
        }
        return total;
    }

    struct Running {
        int position = 0;  ///< in the order
        double share = 0;
    };
    [[nodiscard]] const std::vector<Running>& running() const { return running_; }
    [[nodiscard]] const std::vector<int>& models() const { return model_; }
    [[nodiscard]] double pool() const { return used_; }
    [[nodiscard]] double price() const { return price_; }

private:
    void add(const Level& level, double sign) {
        full_ += sign * level.full;
        share_ += sign * level.share;
        reserved_ += sign * level.reserved;
    }

    /// All stretches of the streams' curves, the least valuable at hand first.
    void gather(const std::vector<int>& models) {
        heap_.clear();
        for (int v = 0; v < planner_.streams(); ++v) {
            const auto& pieces = planner_.level(v, models[v]).pieces;
            heap_.insert(heap_.end(), pieces.begin(), pieces.end());
        }
        std::make_heap(heap_.begin(), heap_.end(), more_valuable);
        planner_.work_ += static_cast<double>(heap_.size());
    }
    static bool more_valuable(const Piece& a, const Piece& b) {
        return a.slope != b.slope ? a.slope > b.slope : a.stream > b.stream;
    }

    /// Takes so much share away from inference where it is worth least; slivers that rounding
    /// leaves are not kept.
    /// @return worth per second that this costs
    double lost(double share) {
        double loss = 0;
        while (share > tiny && !heap_.empty()) {
            std::pop_heap(heap_.begin(), heap_.end(), more_valuable);
            const Piece piece = heap_.back();
            heap_.pop_back();
            const double taken = std::min(share, piece.width);
            loss += taken * piece.slope;
            share -= taken;
            if (piece.width - taken > tiny) {
                heap_.push_back({piece.width - taken, piece.slope, piece.stream});
                std::push_heap(heap_.begin(), heap_.end(), more_valuable);
            }
        }
        return loss;
    }

    void size_pool() {
        if (since_refresh_ > 0 && since_refresh_ < refresh_every_) return;
        since_refresh_ = 0;
        const double gpus = planner_.problem_.gpus;
        const double for_sale = std::max(gpus - reserved_, 0.0);
        const double most =
            std::min(for_sale, planner_.cap_ * static_cast<double>(left_.size() - first_));
        const double free = gpus - share_;
        double now_worth = full_;
        pool_ = std::clamp(free, 0.0, most);
        base_loss_ = pool_loss_ = 0;
        base_free_ = pool_;
        if (free >= most) {
            price_ = most > 0 ? (end_worth_ - now_worth) / most : 0;
            return;
        }
        gather(model_);
        if (free < 0) base_loss_ = lost(-free);
        now_worth -= base_loss_;
        const double missing = end_worth_ - now_worth;
        double loss = 0;
        while (most - pool_ > tiny && !heap_.empty()) {
            const Piece& piece = heap_.front();
            if (pool_ > 0 && piece.slope * pool_ >= missing + loss) break;
            const double taken = std::min(piece.width, most - pool_);
            if (pool_ == 0 && missing <= 0) break;
            pool_ += taken;
            loss += lost(taken);
        }
        pool_loss_ = loss;
        price_ = pool_ > 0 ? (missing + loss) / pool_ : 0;
        base_free_ = std::max(free, 0.0);
    }

    void assign() {
        running_.clear();
        used_ = 0;
        double left = pool_;
        for (int position = first_; position < static_cast<int>(left_.size()) && left > tiny;
             ++position) {
            if (left_[position] <= 0) continue;
            const double share = std::min(left, planner_.cap_);
            running_.push_back({position, share});
            left -= share;
            used_ += share;
        }
        const double gpus = planner_.problem_.gpus;
        worth_ = full_ - base_loss_;
        if (used_ > gpus - share_ && pool_ > base_free_) {
            // The pool's loss in proportion where not all of it is used.
            worth_ -=
                pool_loss_ * std::clamp((used_ - base_free_) / (pool_ - base_free_), 0.0, 1.0);
        }
        planner_.work_ += 2 + static_cast<double>(running_.size());
    }

    [[nodiscard]] Seconds next_change() const {
        Seconds next = std::numeric_limits<double>::infinity();
        for (const auto& job : running_) next = std::min(next, left_[job.position] / job.share);
        return next;
    }

    void advance(Seconds lasts) {
        now_ += lasts;
        for (const auto& job : running_) {
            double& left = left_[job.position];
            left -= job.share * lasts;
            if (left > plan_tolerance * 1e-3) continue;
            left = 0;
            const int v = sequence_.order[job.position];
            add(planner_.level(v, -1), -1);
            model_[v] = sequence_.choice[v];
            add(planner_.level(v, model_[v]), 1);
            ++since_refresh_;
        }
        while (first_ < static_cast<int>(left_.size()) && left_[first_] <= 0) ++first_;
        if (first_ == static_cast<int>(left_.size())) since_refresh_ = 0;
    }

    void abandon() {
        first_ = static_cast<int>(left_.size());
        end_worth_ = 0;
        since_refresh_ = 0;
    }

    const SequencePlanner& planner_;
    const Sequence& sequence_;
    std::vector<int> model_;    ///< per stream: the candidate that serves; -1 = the deployed model
    std::vector<double> left_;  ///< device-seconds of each job of the order
    std::vector<Running> running_;
    std::vector<Piece> heap_;
    int first_ = 0, since_refresh_ = 0, refresh_every_ = 1;
    Seconds now_ = 0;
    double full_ = 0, share_ = 0;  ///< worth and share of inference where it has all it can use
    double reserved_ = 0;          ///< part of the share that is not for sale
    double end_worth_ = 0;
    double pool_ = 0, pool_loss_ = 0, base_loss_ = 0, base_free_ = 0, used_ = 0, worth_ = 0,
           price_ = 0;
};

double SequencePlanner::worth(const Sequence& sequence, std::vector<Price>* prices) const {
    Course course(*this, sequence);
    work_ += static_cast<double>(streams());
    return course.run([&](Seconds start, Seconds, const Course& at) {
        if (prices) prices->push_back({start, at.running().empty() ? 0 : at.price()});
    });
}

double SequencePlanner::model_accuracy(int v, int candidate) const {
    return candidate < 0 ? problem_.streams[v].accuracy
                         : candidates_[v][candidate].retraining->accuracy;
}

/// What inference holds, with the models that serve.
std::vector<double> SequencePlanner::divide(const std::vector<int>& models, double capacity) const {
    double wanted = 0;
    for (int v = 0; v < streams(); ++v) wanted += level(v, models[v]).share;
    if (wanted > capacity)
        return problem_.curve || streams() > most_packed ? fill(models, capacity)
                                                         : pack(models, capacity);
    // What is left over is a reserve: the share that keeps up may have been underestimated.
    const double spare = wanted > 0 && capacity > wanted * (1 + plan_tolerance)
                             ? std::min(capacity / wanted, most_reserve)
                             : 1;
    std::vector<double> shares(streams());
    for (int v = 0; v < streams(); ++v) {
        const double share = level(v, models[v]).share;
        shares[v] = std::max(share, std::min(share * spare, cap_));
    }
    return shares;
}

/// What is reserved, and then stretch by stretch what is worth most.
std::vector<double> SequencePlanner::fill(const std::vector<int>& models, double capacity) const {
    std::vector<double> shares(streams());
    std::vector<Piece> pieces;
    for (int v = 0; v < streams(); ++v) {
        const Level& of = level(v, models[v]);
        shares[v] = of.reserved;
        capacity -= of.reserved;
        pieces.insert(pieces.end(), of.pieces.begin(), of.pieces.end());
    }
    std::stable_sort(pieces.begin(), pieces.end(),
                     [](const Piece& a, const Piece& b) { return a.slope > b.slope; });
    for (const auto& piece : pieces) {
        if (capacity <= 0) break;
        const double taken = std::min(piece.width, capacity);
        shares[piece.stream] += taken;
        capacity -= taken;
    }
    return shares;
}

/// Curves in steps: part of a step is worth nothing, so whole steps are chosen. What is left over
/// goes to streams that have not even the first step, whose accuracy rises with the share.
std::vector<double> SequencePlanner::pack(const std::vector<int>& models, double capacity) const {
    packed_ = true;
    std::vector<std::vector<KnapsackLevel>> jobs;
    for (int v = 0; v < streams(); ++v) {
        const double accuracy = model_accuracy(v, models[v]),
                     reserved = level(v, models[v]).reserved;
        const double weight = held_[v] ? 0 : floor_weight;
        const auto worth = [&](double relative) {
            return accuracy * relative +
                   weight * std::min(accuracy * relative, problem_.min_accuracy);
        };
        jobs.push_back({{reserved, worth(curves_[v]->relative_accuracy(reserved))}});
        for (const auto& point : curves_[v]->levels())
            if (point.share > reserved + tiny && point.share <= cap_ + tiny)
                jobs.back().push_back({point.share, worth(point.relative_accuracy)});
    }
    const auto chosen = choose_levels(jobs, capacity);
    std::vector<double> shares(streams());
    for (int v = 0; v < streams(); ++v) {
        shares[v] = jobs[v][chosen[v]].share;
        capacity -= shares[v];
    }
    for (int v = 0; v < streams() && capacity > tiny; ++v) {
        const double first = jobs[v].size() > 1 ? jobs[v][1].share : cap_;
        if (shares[v] > 0 || first <= capacity) continue;
        shares[v] = std::min(capacity, first);
        capacity -= shares[v];
    }
    return shares;
}

std::vector<StreamDecision> SequencePlanner::decide(const Sequence& sequence) const {
    Timeline timeline(static_cast<std::size_t>(streams()), length_, cap_);
    Course course(*this, sequence);
    std::vector<double> retraining(streams());
    (void)course.run([&](Seconds start, Seconds, const Course& at) {
        timeline.advance(start);
        std::fill(retraining.begin(), retraining.end(), 0.0);
        for (const auto& job : at.running()) retraining[sequence.order[job.position]] = job.share;
        const auto inference = divide(at.models(), std::max(problem_.gpus - at.pool(), 0.0));
        for (int v = 0; v < streams(); ++v) timeline.hold(v, {0, inference[v], retraining[v]});
    });
    std::vector<StreamDecision> decisions(streams());
    for (int v = 0; v < streams(); ++v) decisions[v].steps = timeline.steps(v);
    for (const int v : sequence.order)
        decisions[v].retraining = candidates_[v][sequence.choice[v]].retraining;
    return decisions;
}

}  // namespace ekya

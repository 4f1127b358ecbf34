#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "policy/sequence.hpp"

namespace ekya {
namespace {

constexpr int price_rounds = 12;
constexpr std::size_t price_points = 48;
constexpr double gain_needed = 1e-9;

class Search {
public:
    Search(const SequencePlanner& planner, double work_limit)
        : planner_(planner), limit_(work_limit) {
        best_.choice.assign(planner.streams(), -1);
        best_worth_ = planner.worth(best_);
    }

    Sequence run() {
        by_prices();
        climb();
        while (!spent() && change_two()) climb();
        return best_;
    }

private:
    /// Small changes as long as they gain.
    void climb() {
        for (bool gained = true; gained && !spent();) {
            gained = change_one();
            gained = reorder() || gained;
        }
    }

    [[nodiscard]] bool spent() const { return planner_.work() > limit_; }

    bool consider(Sequence sequence) {
        const double worth = planner_.worth(sequence);
        if (worth <= best_worth_ + gain_needed) return false;
        best_worth_ = worth;
        best_ = std::move(sequence);
        return true;
    }

    [[nodiscard]] Sequence with_smith_order(std::vector<int> choice) const {
        Sequence sequence{std::move(choice), {}};
        sequence.order = planner_.smith_order(sequence.choice);
        return sequence;
    }

    /// Every stream chooses what pays best at the prices that device-seconds have under the choices
    /// so far; half of the streams at a time, or all would rush to the same moment.
    void by_prices() {
        Sequence sequence = best_;
        for (int v = 0; v < planner_.streams(); ++v)
            if (!planner_.candidates(v).empty()) sequence.choice[v] = 0;
        sequence.order = planner_.smith_order(sequence.choice);
        std::vector<SequencePlanner::Price> prices;
        for (int round = 0; round < price_rounds; ++round) {
            prices.clear();
            const double worth = planner_.worth(sequence, &prices);
            if (worth > best_worth_ + gain_needed) {
                best_worth_ = worth;
                best_ = sequence;
            }
            thin(prices);
            for (int v = round % 2; v < planner_.streams(); v += 2)
                sequence.choice[v] = respond(v, prices);
            if (round == 0)
                for (int v = 1; v < planner_.streams(); v += 2)
                    sequence.choice[v] = respond(v, prices);
            sequence.order = planner_.smith_order(sequence.choice);
        }
    }

    static void thin(std::vector<SequencePlanner::Price>& prices) {
        if (prices.size() <= price_points) return;
        std::vector<SequencePlanner::Price> kept;
        for (std::size_t i = 0; i < price_points; ++i)
            kept.push_back(prices[i * (prices.size() - 1) / (price_points - 1)]);
        prices = std::move(kept);
    }

    [[nodiscard]] int respond(int v, const std::vector<SequencePlanner::Price>& prices) const {
        int choice = -1;
        double best = 0;
        const auto& candidates = planner_.candidates(v);
        for (int c = 0; c < static_cast<int>(candidates.size()); ++c)
            for (const auto& [time, price] : prices) {
                const Seconds end = time + candidates[c].device_seconds / planner_.max_job_share();
                const double profit = candidates[c].gain * (planner_.length() - end) -
                                      candidates[c].device_seconds * price;
                if (profit > best) std::tie(best, choice) = std::pair(profit, c);
            }
        return choice;
    }

    bool change_one() {
        bool gained = false;
        for (int v = 0; v < planner_.streams() && !spent(); ++v)
            for (int c = -1; c < static_cast<int>(planner_.candidates(v).size()); ++c) {
                if (c == best_.choice[v]) continue;
                auto choice = best_.choice;
                choice[v] = c;
                gained |= consider(with_smith_order(std::move(choice)));
            }
        return gained;
    }

    /// Smith's rule is exact for one pool of constant size only.
    bool reorder() {
        bool gained = false;
        for (std::size_t i = 0; i + 1 < best_.order.size() && !spent(); ++i)
            for (std::size_t j = i + 1; j < std::min(best_.order.size(), i + 4); ++j) {
                Sequence sequence = best_;
                std::rotate(sequence.order.begin() + static_cast<std::ptrdiff_t>(i),
                            sequence.order.begin() + static_cast<std::ptrdiff_t>(j),
                            sequence.order.begin() + static_cast<std::ptrdiff_t>(j) + 1);
                gained |= consider(std::move(sequence));
            }
        return gained;
    }

    bool change_two() {
        for (int a = 0; a < planner_.streams(); ++a)
            for (int b = a + 1; b < planner_.streams(); ++b)
                for (int c = -1; c < static_cast<int>(planner_.candidates(a).size()); ++c)
                    for (int d = -1; d < static_cast<int>(planner_.candidates(b).size()); ++d) {
                        if (spent()) return false;
                        if (c == best_.choice[a] || d == best_.choice[b]) continue;
                        auto choice = best_.choice;
                        choice[a] = c;
                        choice[b] = d;
                        if (consider(with_smith_order(std::move(choice)))) return true;
                    }
        return false;
    }

    const SequencePlanner& planner_;
    double limit_;
    Sequence best_;
    double best_worth_ = 0;
};

}  // namespace

Sequence find_sequence(const SequencePlanner& planner, double work_limit) {
    return Search(planner, work_limit).run();
}

}  // namespace ekya

#pragma once
#include <limits>
#include <utility>
#include <vector>

#include "market.hpp"

namespace ekya::bound {

/// When a retraining should be complete.
struct Completion {
    double net =
        -std::numeric_limits<double>::infinity();  ///< inference's gain less the retraining's price
    Seconds time = 0;
};

/// The best moment to complete a retraining. Before it inference earns `before`, after it `after`,
/// a second, each a value per slot; the retraining uses the cheapest device-seconds up to then.
/// Within a slot all that is concave and of straight stretches: later means more of the old model's
/// accuracy and cheaper devices instead of the dearest used.
class CompletionSearch {
public:
    /// @param share most that the retraining can use at an instant
    CompletionSearch(const Market& market, double share) : market_(market), share_(share) {}

    /// @param before, after after[k] >= before[k]; what inference earns a second, less what its
    /// devices cost
    /// @param device_seconds > 0
    /// @return net = -infinity if the window is too short
    [[nodiscard]] Completion best(const std::vector<double>& before,
                                  const std::vector<double>& after, double device_seconds);

private:
    void visit(int slot, double change);
    void consider(Seconds from, double cost_from, Seconds to, double cost_to);

    const Market& market_;
    double share_;
    Completion best_;
    std::vector<std::pair<double, double>> used_;  ///< price and device-seconds, the dearest on top
    double missing_ = 0, cost_ = 0;  ///< device-seconds yet to be found; price of those found
    double level_ = 0,
           change_ = 0;  ///< inference's gain for completion at the slot's start; a second later
    Seconds start_ = 0;  ///< of the slot
};

}  // namespace ekya::bound

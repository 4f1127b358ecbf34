#include "ekya/bound/upper_bound.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ekya/core/errors.hpp"
#include "market.hpp"
#include "master.hpp"
#include "stream_pricing.hpp"

namespace ekya {
namespace {

constexpr int uniform_prices =
    12;  ///< steps of the search for the best price that is the same all the time
constexpr double smoothing = 0.9;  ///< how much of the best prices so far is in the next ones

void validate(const BoundOptions& options) {
    require_in_range("slots", options.slots, 1, 100'000);
    require_in_range("iterations", options.iterations, 1, 1'000'000);
    require_in_range("tolerance", options.tolerance, 0, 1);
}

class BoundSearch {
public:
    BoundSearch(const ScheduleProblem& problem, const BoundOptions& options)
        : options_(options),
          gpus_(problem.gpus),
          grid_(bound::make_grid(problem.horizon, options.slots)),
          master_(grid_, static_cast<int>(problem.streams.size()), problem.gpus) {
        for (const auto& stream : problem.streams) streams_.emplace_back(problem, stream);
    }

    UpperBound run() {
        start_with_uniform_prices();
        while (result_.iterations < options_.iterations && master_.solve()) {
            const double low = master_.value();
            if (lowest_ - low <= options_.tolerance * lowest_) {
                result_.converged = true;
                break;
            }
            master_.forget();
            auto prices = master_.prices();
            for (std::size_t k = 0; k < prices.size(); ++k)
                prices[k] = smoothing * result_.prices[k] + (1 - smoothing) * prices[k];
            try_prices(std::move(prices));
        }
        result_.mean_accuracy = lowest_ / (grid_.end() * static_cast<double>(streams_.size()));
        result_.edges = grid_.edges;
        return std::move(result_);
    }

private:
    /// One price for all the window: with it devices are used up just about.
    void start_with_uniform_prices() {
        double low = 0, high = 0;
        for (const auto& stream : streams_)
            high = std::max(high, stream.prohibitive_price(grid_.end()));
        for (const double price : {low, high})
            try_prices(std::vector<double>(grid_.slots(), price));
        for (int i = 0; i < uniform_prices && result_.iterations < options_.iterations; ++i) {
            const double price = (low + high) / 2;
            const double used = try_prices(std::vector<double>(grid_.slots(), price));
            (used > gpus_ * grid_.end() ? low : high) = price;
        }
    }

    /// Bounds with these prices and adds what the streams would do. @return device-seconds that
    /// they would use
    double try_prices(std::vector<double> prices) {
        ++result_.iterations;
        const bound::Market market(grid_, prices);
        double value = 0, used = 0;
        for (int k = 0; k < grid_.slots(); ++k) value += gpus_ * grid_.length(k) * prices[k];
        for (std::size_t v = 0; v < streams_.size(); ++v) {
            const auto choice = streams_[v].best(market);
            value += choice.net;
            used += choice.device_seconds;
            master_.add(static_cast<int>(v), choice.column);
        }
        if (value < lowest_) {
            lowest_ = value;
            result_.prices = std::move(prices);
        }
        return used;
    }

    BoundOptions options_;
    double gpus_;
    bound::TimeGrid grid_;
    bound::Master master_;
    std::vector<bound::StreamPricing> streams_;
    double lowest_ = std::numeric_limits<double>::infinity();
    UpperBound result_;
};

}  // namespace

UpperBound upper_bound(const ScheduleProblem& problem, const BoundOptions& options) {
    validate(problem);
    validate(options);
    return BoundSearch(problem, options).run();
}

}  // namespace ekya

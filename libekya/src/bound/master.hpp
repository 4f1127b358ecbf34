#pragma once
#include <memory>
#include <vector>

#include "market.hpp"
#include "stream_pricing.hpp"

class ClpSimplex;

namespace ekya::bound {

/// The best mix of the streams' schedules found so far that the devices suffice for, slot by slot:
/// a linear program.
class Master {
public:
    Master(const TimeGrid& grid, int streams, double gpus);
    ~Master();
    Master(const Master&) = delete;
    Master& operator=(const Master&) = delete;

    void add(int stream, const Column& column);

    /// @return whether it is solved; else value and prices mean nothing
    [[nodiscard]] bool solve();
    [[nodiscard]] double value() const {
        return value_;
    }  ///< accuracy, integrated over the window, of all streams
    /// Of device-seconds, slot by slot; >= 0.
    [[nodiscard]] const std::vector<double>& prices() const { return prices_; }

    /// Once there are many schedules, drops those that are the farthest from use. To be called
    /// after solve() and before add(); prices() and value() stay as they are.
    void forget();

private:
    const TimeGrid& grid_;
    double value_ = 0;
    std::vector<double> prices_;
    std::unique_ptr<ClpSimplex> lp_;
};

}  // namespace ekya::bound

#include "master.hpp"

#include <ClpSimplex.hpp>
#include <algorithm>

namespace ekya::bound {
namespace {

constexpr int most_per_row = 6, kept_per_row = 3;  ///< schedules in the program

}  // namespace

// Rows: mean share used in each slot, at most the devices; then for each stream its parts of
// schedules, 1 together. A share below 1 of schedules leaves the rest of the stream idle, so there
// is always a solution.
Master::Master(const TimeGrid& grid, int streams, double gpus)
    : grid_(grid), lp_(std::make_unique<ClpSimplex>()) {
    lp_->setLogLevel(0);
    const int slots = grid.slots();
    lp_->resize(slots + streams, 0);
    for (int row = 0; row < slots + streams; ++row)
        lp_->setRowBounds(row, -COIN_DBL_MAX, row < slots ? gpus : 1);
}

Master::~Master() = default;

void Master::add(int stream, const Column& column) {
    std::vector<int> rows;
    std::vector<double> elements;
    for (int k = 0; k < grid_.slots(); ++k) {
        if (column.use[k] <= 0) continue;
        rows.push_back(k);
        elements.push_back(column.use[k] / grid_.length(k));
    }
    rows.push_back(grid_.slots() + stream);
    elements.push_back(1);
    lp_->addColumn(static_cast<int>(rows.size()), rows.data(), elements.data(), 0, COIN_DBL_MAX,
                   -column.value / grid_.end());
}

bool Master::solve() {
    if (lp_->primal(1) != 0 || lp_->status() != 0) return false;
    value_ = -lp_->objectiveValue() * grid_.end();
    prices_.resize(grid_.slots());
    for (int k = 0; k < grid_.slots(); ++k)
        prices_[k] = std::max(0.0, -lp_->getRowPrice()[k] * grid_.end() / grid_.length(k));
    return true;
}

void Master::forget() {
    const int count = lp_->numberColumns(), rows = lp_->numberRows();
    if (count < most_per_row * rows) return;
    const double* reduced = lp_->getReducedCost();
    std::vector<int> order;
    for (int j = 0; j < count; ++j)
        if (lp_->getColumnStatus(j) != ClpSimplex::basic) order.push_back(j);
    std::stable_sort(order.begin(), order.end(),
                     [reduced](int a, int b) { return reduced[a] > reduced[b]; });
    order.resize(std::min<std::size_t>(order.size(), count - kept_per_row * rows));
    lp_->deleteColumns(static_cast<int>(order.size()), order.data());
}

}  // namespace ekya::bound

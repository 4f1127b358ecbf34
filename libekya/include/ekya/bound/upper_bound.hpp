#pragma once
#include <vector>

#include "ekya/schedule/plan/problem.hpp"

namespace ekya {

struct BoundOptions {
    int slots =
        100;  ///< stretches of the window with one price each; more give a tighter bound; >= 1
    int iterations = 200;  ///< at most so many sets of prices are tried; >= 1
    double tolerance =
        1e-4;  ///< stops when no prices can lower the bound by more than this part of it; >= 0
};

struct UpperBound {
    double mean_accuracy =
        0;  ///< no schedule's mean accuracy exceeds this by more than rounding (1e-6)
    std::vector<double>
        prices;  ///< that prove it: accuracy-seconds of one stream per device-second, slot by slot
    std::vector<Seconds> edges;  ///< of the slots: one more than prices, from 0 to problem.horizon
    int iterations = 0;          ///< sets of prices tried
    bool converged = false;      ///< within the tolerance; the bound holds also if not
};

/// An upper bound on the mean inference accuracy over the window and the streams that any schedule
/// can reach if the problem's estimates are the truth: each stream retrained at most once, with
/// pauses and changing shares at will, inference with changing shares, all shares together at most
/// problem.gpus at every instant.
///
/// Every device-second has a price that depends on when it is used. The streams then no longer
/// compete: each one's best schedule at these prices is found exactly, in continuous time. What all
/// of them gain together, plus the price of all devices, is a bound, whatever the prices. They are
/// improved by column generation. Relaxed: a_MIN is ignored; inference may switch between
/// configurations in no time, so its curve is its concave hull.
/// @throws DomainError naming the stream, the field or the option
/// Source: Lagrangian relaxation of the capacity, its prices from the time-indexed LP by
/// Dantzig-Wolfe decomposition
///         (Dantzig and Wolfe 1960; van den Akker, Hurkens and Savelsbergh 2000), smoothed after
///         Wentges (1997).
[[nodiscard]] UpperBound upper_bound(const ScheduleProblem& problem,
                                     const BoundOptions& options = {});

}  // namespace ekya

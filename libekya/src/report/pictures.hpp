// The pictures of a report, one function each.
#pragma once
#include "ekya/report/picture.hpp"
#include "ekya/window/journal.hpp"

namespace ekya::report {

/// What every job held over time, stacked.
[[nodiscard]] Picture allocation_picture(const History& history, const RunHistory& run);
/// Accuracy, or agreement with the golden model, of each stream, with retrainings and swaps; other
/// runs in grey.
[[nodiscard]] Picture accuracy_picture(const History& history, const RunHistory& run);
/// Mean accuracy of each policy: all streams and windows, and window by window.
[[nodiscard]] Picture policies_picture(const History& history);
[[nodiscard]] Picture policies_over_time_picture(const History& history);
/// Accuracies that retrainings were expected to reach against those observed.
[[nodiscard]] Picture estimates_picture(const History& history, const RunHistory& run);
[[nodiscard]] Picture drift_picture(const History& history, const RunHistory& run);
[[nodiscard]] Picture classes_picture(const History& history, const RunHistory& run);
[[nodiscard]] Picture yield_picture(const History& history, const RunHistory& run);
/// Configurations of each stream's newest profile.
[[nodiscard]] Picture pareto_picture(const History& history, const RunHistory& run);
/// One window, job by job, from its journal.
[[nodiscard]] Picture window_picture(const RunHistory& run, int window,
                                     const std::vector<WindowEvent>& journal);

/// Mean share of a job in each of so many equal parts of [begin, end].
[[nodiscard]] std::vector<double> mean_shares(const JobHistory& job, Time begin, Time end,
                                              std::size_t parts);

}  // namespace ekya::report

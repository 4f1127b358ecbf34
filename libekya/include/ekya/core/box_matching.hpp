#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "ekya/core/box.hpp"
#include "ekya/core/grade.hpp"

namespace ekya {

/// A box that a detector answered.
struct ScoredBox {
    Box box;
    int label = 0;     ///< index of its class
    double score = 0;  ///< in [0, 1]
    friend bool operator==(const ScoredBox&, const ScoredBox&) = default;
};

/// An object that a frame holds, as annotations or a golden model say.
struct TargetBox {
    Box box;
    int label = 0;        ///< index of its class
    bool ignore = false;  ///< neither object nor background: answers on it do not count
    friend bool operator==(const TargetBox&, const TargetBox&) = default;
};

/// Boxes of one frame or many.
struct BoxCounts {
    std::int64_t answers = 0;  ///< that count
    std::int64_t objects = 0;  ///< ignored ones left out
    std::int64_t matched = 0;  ///< answers on an object of their own

    /// 2 matched / (answers + objects), the harmonic mean of precision and recall; 1 where there is
    /// neither.
    [[nodiscard]] double f1() const;
    BoxCounts& operator+=(const BoxCounts& other);
    friend bool operator==(const BoxCounts&, const BoxCounts&) = default;
};

inline constexpr int unmatched = -1, on_ignored = -2;
inline constexpr double least_box_overlap = 0.3;  ///< the paper's (Ekya, NSDI 2022, section 6.1)

/// For each answer the index of the object that it is on, `unmatched`, or `on_ignored` for one that
/// does not count. Answers choose by falling score (of equal ones the first), each the object of
/// its class with the largest IoU that no other has. One without any does not count if at least
/// half of it lies on an ignored object.
/// @param least_iou in (0, 1]
[[nodiscard]] std::vector<int> match_boxes(std::span<const ScoredBox> answers,
                                           std::span<const TargetBox> objects,
                                           double least_iou = least_box_overlap);

/// Of a frame: scores of several are F1.
[[nodiscard]] inline Grade grade_of(const BoxCounts& counts) {
    return {2 * static_cast<double>(counts.matched),
            static_cast<double>(counts.answers + counts.objects), static_cast<int>(counts.objects)};
}

/// The counts of match_boxes().
[[nodiscard]] BoxCounts count_matches(std::span<const ScoredBox> answers,
                                      std::span<const TargetBox> objects,
                                      double least_iou = least_box_overlap);

}  // namespace ekya

#pragma once
#include <cstdint>
#include <vector>

namespace ekya {

/// An answer among all of its class, of one frame or many.
struct RankedAnswer {
    double score = 0;      ///< in [0, 1]
    bool matched = false;  ///< it is on an object of its own
};

/// Mean of the precision at recall 0, 0.01, ..., 1 as answers are taken by falling score (equal
/// ones in the order given): at each recall the highest precision that is reached from there on, 0
/// beyond the recall that is reached.
/// @param objects of the class; > 0
/// @throws DomainError if there are none
/// Source: Lin et al., "Microsoft COCO", ECCV 2014; as pycocotools computes it, 101 points.
[[nodiscard]] double average_precision(std::vector<RankedAnswer> answers, std::int64_t objects);

}  // namespace ekya

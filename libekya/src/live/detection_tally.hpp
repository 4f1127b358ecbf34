#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "ekya/core/average_precision.hpp"
#include "ekya/core/box_matching.hpp"
#include "ekya/core/serving.hpp"
#include "ekya/core/window.hpp"

namespace ekya {

/// Counts over frames how well objects were found.
class DetectionTally {
public:
    /// One frame: what was answered, and what is in it.
    void add(std::span<const ClassifiedObject> answers, std::span<const Annotation> objects);
    [[nodiscard]] const BoxCounts& counts() const { return counts_; }
    [[nodiscard]] DetectionScore score() const;

private:
    struct Class {
        int label = 0;
        BoxCounts counts;
        std::vector<RankedAnswer> ranked;  // whether they match at the IoU of average precision
    };
    Class& of(const std::string& name);

    std::map<std::string, Class> classes_;
    BoxCounts counts_;
};

}  // namespace ekya

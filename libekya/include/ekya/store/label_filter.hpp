#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ekya/core/window.hpp"

namespace ekya {

/// The golden model's name for a class -> ours.
using ClassMap = std::map<std::string, std::string>;

/// From "teacher=ours" texts. @throws ConfigError for one that is not of this form, or that gives a
/// teacher's name a second meaning
[[nodiscard]] ClassMap class_map_from(const std::vector<std::string>& pairs);

/// @param known the teacher's names; empty = not known  @param classes ours, of all streams
/// @throws ConfigError naming an entry whose teacher's or own name does not exist, and those that
/// do
void check_class_map(const ClassMap& map, const std::vector<std::string>& known,
                     const std::vector<std::string>& classes);

/// Turns a golden model's answers into labels of a stream's classes, and counts what is lost.
class LabelFilter {
public:
    LabelFilter(std::vector<std::string> classes, ClassMap map, double min_score)
        : classes_(std::move(classes)), map_(std::move(map)), min_score_(min_score) {}

    /// @param answer class_name is the teacher's; empty = it found nothing
    /// @return the label, or none if it cannot be used
    [[nodiscard]] std::optional<Label> take(Label answer);
    [[nodiscard]] const LabelYield& yield() const { return yield_; }

private:
    std::vector<std::string> classes_;
    ClassMap map_;
    double min_score_;
    LabelYield yield_;
};

/// What people should know of a yield; empty if a tenth or more of the answers is of use.
[[nodiscard]] std::string warning_of(const LabelYield& yield);

}  // namespace ekya

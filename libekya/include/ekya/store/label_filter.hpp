#pragma once
#include <map>
#include <optional>
#include <set>
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
    LabelFilter(const std::vector<std::string>& classes, ClassMap map, double min_score)
        : classes_(classes.begin(), classes.end()), map_(std::move(map)), min_score_(min_score) {}

    /// @param answer class_name is the teacher's; empty = it found nothing
    /// @return the label, or none if it cannot be used
    [[nodiscard]] std::optional<Label> take(Label answer);
    [[nodiscard]] const LabelYield& yield() const { return yield_; }

private:
    std::set<std::string> classes_;
    ClassMap map_;
    double min_score_;
    LabelYield yield_;
};

/// The same for golden models that look at whole frames.
class BoxFilter {
public:
    /// @param min_score from it on a box is an object
    /// @param ignore_score from it on it is a region to ignore, where the golden model is unsure;
    /// what is below is background
    /// @throws DomainError unless 0 <= ignore_score <= min_score <= 1
    BoxFilter(const std::vector<std::string>& classes, ClassMap map, double min_score,
              double ignore_score);

    /// @param answers all boxes of a frame; class_name is the teacher's
    /// @return those of the stream's classes that are objects or to be ignored
    [[nodiscard]] std::vector<LabelledBox> take(std::vector<LabelledBox> answers);
    /// `asked` are the boxes that can matter: objects, regions to ignore (`below_score`), and what
    /// would be an object if it were of the stream's classes.
    [[nodiscard]] const LabelYield& yield() const { return yield_; }

private:
    std::set<std::string> classes_;
    ClassMap map_;
    double min_score_, ignore_score_;
    LabelYield yield_;
};

/// What people should know of a yield; empty if a tenth or more of the answers is of use.
[[nodiscard]] std::string warning_of(const LabelYield& yield);

/// The same of a window's labels; also that there are none, or no object in the labelled frames.
[[nodiscard]] std::string warning_of(const LabelSet& labels);

}  // namespace ekya

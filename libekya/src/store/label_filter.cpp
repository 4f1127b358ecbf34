#include "ekya/store/label_filter.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

constexpr int few_asked = 10;          // with fewer, nothing can be said of the yield
constexpr double least_yield = 0.1;    // of the objects asked for
constexpr std::size_t most_names = 5;  // in a message

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// The most frequent ones, e.g. "dog 5, cat 2".
std::string counted(const std::map<std::string, int>& names) {
    std::vector<std::pair<int, std::string>> all;
    for (const auto& [name, count] : names) all.emplace_back(-count, name);
    std::sort(all.begin(), all.end());
    std::vector<std::string> texts;
    for (const auto& [count, name] : all) {
        if (texts.size() == most_names) {
            texts.emplace_back("...");
            break;
        }
        texts.push_back(name + " " + std::to_string(-count));
    }
    return listed(texts);
}

/// Ours for a golden model's name, as far as the map has it.
const std::string& mapped(const ClassMap& map, const std::string& name) {
    const auto entry = map.find(name);
    return entry == map.end() ? name : entry->second;
}

}  // namespace

ClassMap class_map_from(const std::vector<std::string>& pairs) {
    ClassMap map;
    for (const auto& pair : pairs) {
        const auto at = pair.find('=');
        if (at == std::string::npos || at == 0 || at + 1 == pair.size())
            throw ConfigError("--class-map: \"" + pair + "\" is not of the form teacher=ours");
        const auto name = pair.substr(0, at), ours = pair.substr(at + 1);
        if (const auto [entry, added] = map.emplace(name, ours); !added && entry->second != ours)
            throw ConfigError("--class-map: " + name + " is mapped to " + entry->second +
                              " and to " + ours);
    }
    return map;
}

void check_class_map(const ClassMap& map, const std::vector<std::string>& known,
                     const std::vector<std::string>& classes) {
    const std::set<std::string> all_ours(classes.begin(), classes.end()),
        all_known(known.begin(), known.end());
    for (const auto& [name, ours] : map) {
        if (!all_ours.contains(ours))
            throw ConfigError("--class-map: " + name + "=" + ours +
                              ": no stream has this class; classes are " + listed(classes));
        if (!known.empty() && !all_known.contains(name))
            throw ConfigError("--class-map: " + name + "=" + ours +
                              ": the teacher has no such class; it knows " + listed(known));
    }
}

std::optional<Label> LabelFilter::take(Label answer) {
    ++yield_.asked;
    if (answer.class_name.empty()) return ++yield_.nothing, std::nullopt;
    answer.class_name = std::string(mapped(map_, answer.class_name));
    if (!classes_.contains(answer.class_name))
        return ++yield_.other_classes[answer.class_name], std::nullopt;
    if (!(answer.score >= min_score_)) return ++yield_.below_score, std::nullopt;
    ++yield_.given;
    return answer;
}

BoxFilter::BoxFilter(const std::vector<std::string>& classes, ClassMap map, double min_score,
                     double ignore_score)
    : classes_(classes.begin(), classes.end()),
      map_(std::move(map)),
      min_score_(min_score),
      ignore_score_(ignore_score) {
    require_in_range("min_score", min_score, 0, 1);
    require_in_range("ignore_score", ignore_score, 0, min_score);
}

std::vector<LabelledBox> BoxFilter::take(std::vector<LabelledBox> answers) {
    std::vector<LabelledBox> boxes;
    for (auto& answer : answers) {
        if (!(answer.score >= ignore_score_)) continue;
        answer.class_name = std::string(mapped(map_, answer.class_name));
        answer.ignore = answer.score < min_score_;
        if (!classes_.contains(answer.class_name)) {
            if (answer.ignore) continue;
            ++yield_.other_classes[answer.class_name];
        } else {
            ++(answer.ignore ? yield_.below_score : yield_.given);
            boxes.push_back(std::move(answer));
        }
        ++yield_.asked;
    }
    return boxes;
}

std::string warning_of(const LabelYield& yield) {
    if (yield.asked < few_asked || yield.given >= least_yield * yield.asked) return "";
    std::string text = "only " + std::to_string(yield.given) + " of " +
                       std::to_string(yield.asked) + " objects have a usable label";
    std::vector<std::string> why;
    if (yield.nothing > 0)
        why.push_back("the teacher sees nothing in " + std::to_string(yield.nothing));
    if (yield.below_score > 0)
        why.push_back(std::to_string(yield.below_score) + " are below --min-score");
    if (!yield.other_classes.empty())
        why.push_back("other classes: " + counted(yield.other_classes) + " (see --class-map)");
    return text + (why.empty() ? "" : ": " + listed(why));
}

std::string warning_of(const LabelSet& labels) {
    if (labels.yield)
        if (auto warning = warning_of(*labels.yield); !warning.empty()) return warning;
    if (labels.labels.empty() && labels.frames.empty()) return "no label";
    const bool any_object =
        std::any_of(labels.frames.begin(), labels.frames.end(), [](const FrameLabel& frame) {
            return std::any_of(frame.boxes.begin(), frame.boxes.end(),
                               [](const LabelledBox& box) { return !box.ignore; });
        });
    if (labels.frames.empty() || any_object) return "";
    return "no object in any of the " + std::to_string(labels.frames.size()) + " labelled frames";
}

}  // namespace ekya

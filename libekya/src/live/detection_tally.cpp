#include "detection_tally.hpp"

namespace ekya {
namespace {

constexpr double least_iou_of_average_precision = 0.5;

double ratio(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

DetectionTally::Class& DetectionTally::of(const std::string& name) {
    const int next = static_cast<int>(classes_.size());
    return classes_.try_emplace(name, Class{next, {}, {}}).first->second;
}

void DetectionTally::add(std::span<const ClassifiedObject> answers,
                         std::span<const Annotation> objects) {
    std::vector<ScoredBox> boxes;
    std::vector<TargetBox> targets;
    for (const auto& answer : answers)
        boxes.push_back({answer.box, of(answer.class_name).label, answer.score});
    for (const auto& object : objects) {
        auto& its = of(object.class_name);
        targets.push_back({object.box, its.label});
        ++its.counts.objects;
    }
    const auto matches = match_boxes(boxes, targets);
    const auto closely = match_boxes(boxes, targets, least_iou_of_average_precision);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        auto& its = of(answers[i].class_name);
        its.counts += {1, 0, matches[i] >= 0};
        counts_ += {1, 0, matches[i] >= 0};
        its.ranked.push_back({answers[i].score, closely[i] >= 0});
    }
    counts_.objects += static_cast<std::int64_t>(objects.size());
}

DetectionScore DetectionTally::score() const {
    DetectionScore score;
    score.answers = counts_.answers;
    score.matched = counts_.matched;
    double sum = 0;
    int measured = 0;
    for (const auto& [name, its] : classes_) {
        const auto& [answers, objects, matched] = its.counts;
        ClassDetection found{
            name, objects, answers, matched, ratio(matched, answers), ratio(matched, objects), {}};
        if (objects > 0) {
            found.average_precision = average_precision(its.ranked, objects);
            sum += *found.average_precision;
            ++measured;
        }
        score.classes.push_back(std::move(found));
    }
    if (measured > 0) score.mean_average_precision = sum / measured;
    return score;
}

}  // namespace ekya

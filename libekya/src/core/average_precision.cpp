#include "ekya/core/average_precision.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {

double average_precision(std::vector<RankedAnswer> answers, std::int64_t objects) {
    require_in_range("objects", static_cast<double>(objects), 1, 1e18);
    std::stable_sort(answers.begin(), answers.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    struct Point {
        double recall, precision;
    };
    std::vector<Point> curve;
    curve.reserve(answers.size());
    double matched = 0;
    for (const auto& answer : answers) {
        if (answer.matched) ++matched;
        curve.push_back({matched / static_cast<double>(objects),
                         matched / static_cast<double>(curve.size() + 1)});
    }
    for (std::size_t i = curve.size(); i-- > 1;)
        curve[i - 1].precision = std::max(curve[i - 1].precision, curve[i].precision);
    constexpr int points = 101;
    double sum = 0;
    auto reached = curve.begin();
    for (int i = 0; i < points; ++i) {
        // Multiplied, not divided: where a recall lies on a point, it rounds as in pycocotools.
        const double recall = i * 0.01;
        while (reached != curve.end() && reached->recall < recall) ++reached;
        if (reached == curve.end()) break;
        sum += reached->precision;
    }
    return sum / points;
}

}  // namespace ekya

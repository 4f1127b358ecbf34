#include <algorithm>
#include <array>
#include <cmath>

#include "ekya/core/errors.hpp"
#include "exemplar_choice.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<ExemplarChoice, const char*>, 3> choice_names{
    {{ExemplarChoice::random, "random"},
     {ExemplarChoice::herding, "herding"},
     {ExemplarChoice::recent, "recent"}}};

using Groups = std::map<int, std::vector<LabelledSample>>;  // by class, best first

std::size_t budget_of(const TrainingDataRequest& request, std::int64_t bytes) {
    const auto count = static_cast<std::int64_t>(std::max(0, request.exemplars));
    if (request.memory.bytes <= 0 || bytes == 0) return static_cast<std::size_t>(count);
    return static_cast<std::size_t>(std::min(count, request.memory.bytes / bytes));
}

void scale_to_length_one(std::vector<double>& row) {
    double square = 0;
    for (const double value : row) square += value * value;
    if (square > 0)
        for (double& value : row) value /= std::sqrt(square);
}

std::vector<LabelledSample> herded(const Task& task, WindowReader& reader,
                                   const TrainingDataRequest& request,
                                   std::vector<LabelledSample> group, std::size_t count) {
    std::sort(group.begin(), group.end());
    const auto rows = request.features(*task.read(reader, group, request.classes));
    if (rows.empty() || rows.size() % group.size() != 0)
        throw DomainError("features: " + std::to_string(rows.size()) + " numbers for " +
                          std::to_string(group.size()) + " samples");
    std::vector<LabelledSample> ordered;
    for (const auto index : herding_order(rows, rows.size() / group.size(), count))
        ordered.push_back(group[index]);
    return ordered;
}

}  // namespace

ExemplarChoice exemplar_choice_from(const std::string& name) {
    for (const auto& [value, text] : choice_names)
        if (name == text) return value;
    throw DomainError("exemplar choice: \"" + name + "\" is not one of random, herding, recent");
}

std::vector<std::size_t> herding_order(const std::vector<float>& rows, std::size_t columns,
                                       std::size_t count) {
    if (columns == 0) return {};
    const std::size_t all = rows.size() / columns;
    std::vector<std::vector<double>> features(all);
    std::vector<double> mean(columns, 0.0), taken_sum(columns, 0.0);
    for (std::size_t i = 0; i < all; ++i) {
        features[i].assign(rows.begin() + static_cast<std::ptrdiff_t>(i * columns),
                           rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * columns));
        scale_to_length_one(features[i]);
        for (std::size_t c = 0; c < columns; ++c)
            mean[c] += features[i][c] / static_cast<double>(all);
    }
    std::vector<std::size_t> order;
    std::vector<bool> taken(all, false);
    while (order.size() < std::min(count, all)) {
        std::size_t best = all;
        double least = 0;
        for (std::size_t i = 0; i < all; ++i) {
            if (taken[i]) continue;
            double distance = 0;
            for (std::size_t c = 0; c < columns; ++c) {
                const double off = mean[c] - (taken_sum[c] + features[i][c]) /
                                                 static_cast<double>(order.size() + 1);
                distance += off * off;
            }
            if (best == all || distance < least) {
                best = i;
                least = distance;
            }
        }
        taken[best] = true;
        order.push_back(best);
        for (std::size_t c = 0; c < columns; ++c) taken_sum[c] += features[best][c];
    }
    return order;
}

std::vector<LabelledSample> choose_exemplars(const Task& task, WindowReader& reader,
                                             const TrainingDataRequest& request,
                                             const std::vector<LabelledSample>& from,
                                             std::int64_t bytes) {
    const std::size_t budget = budget_of(request, bytes);
    std::mt19937_64 random(request.seed);
    Groups groups;
    for (const auto& reference : from) groups[reference.label].push_back(reference);
    for (auto& [label, group] : groups) {
        shuffle(group, random);
        if (request.memory.choice == ExemplarChoice::recent)
            std::stable_sort(group.begin(), group.end(),
                             [](const auto& a, const auto& b) { return a.window > b.window; });
        if (request.memory.choice == ExemplarChoice::herding && request.features && budget > 0)
            group = herded(task, reader, request, std::move(group), budget);
    }
    std::vector<LabelledSample> drawn;
    for (std::size_t round = 0, before = budget + 1; drawn.size() != before; ++round) {
        before = drawn.size();
        for (const auto& [label, group] : groups)
            if (round < group.size() && drawn.size() < budget) drawn.push_back(group[round]);
    }
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

}  // namespace ekya

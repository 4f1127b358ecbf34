#include "start_weights.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "ekya/core/class_names_file.hpp"
#include "ekya/core/errors.hpp"
#include "onnx_weights.hpp"
#include "state_dict.hpp"

namespace ekya {
namespace {

/// Start weights of fewer classes, otherwise alike, give the first rows of the head.
HeadPolicy head_policy(const TrainingJob& job) {
    const auto& start = job.start_architecture;
    const bool grows = start && start->head_width == job.architecture.head_width &&
                       start->classes < job.architecture.classes;
    return grows ? HeadPolicy::may_grow : HeadPolicy::may_be_other;
}

/// For each class of the job its row in a published network, -1 where that does not know it.
std::vector<std::int64_t> rows_by_name(const TrainingJob& job, std::int64_t published) {
    const auto classes = static_cast<std::size_t>(job.architecture.classes);
    if (job.class_names.empty()) {
        std::vector<std::int64_t> rows(classes, -1);
        if (published == job.architecture.classes)
            for (std::size_t i = 0; i < classes; ++i) rows[i] = static_cast<std::int64_t>(i);
        return rows;
    }
    if (job.class_names.size() != classes)
        throw DomainError("class_names: " + std::to_string(job.class_names.size()) + " for " +
                          std::to_string(classes) + " classes");
    const auto file = class_names_beside(*job.start_weights);
    const auto names = read_class_names(file);
    if (static_cast<std::int64_t>(names.size()) != published)
        throw InputError(file.string() + ": found " + std::to_string(names.size()) +
                         " class names, expected " + std::to_string(published));
    std::map<std::string, std::int64_t> row_of;
    for (std::size_t i = 0; i < names.size(); ++i)
        row_of.emplace(names[i], static_cast<std::int64_t>(i));
    std::vector<std::int64_t> rows;
    for (const auto& name : job.class_names) {
        const auto row = row_of.find(name);
        rows.push_back(row == row_of.end() ? -1 : row->second);
    }
    return rows;
}

/// Rows that a published network has for a class come from there, the others stay the network's.
bool load_published(Network& network, const TrainingJob& job) {
    const torch::NoGradGuard no_grad;
    auto tensors = onnx_tensors(*job.start_weights, network.program());
    bool all_known = true;
    for (const auto& entry : network.named_parameters()) {
        const auto& name = entry.key();
        if (!first_class_row(name)) continue;
        const auto published = tensors.at(name);
        auto rows = entry.value().detach().clone();
        const auto known = rows_by_name(job, published.size(0));
        for (std::size_t i = 0; i < known.size(); ++i) {
            all_known = all_known && known[i] >= 0;
            if (known[i] >= 0) rows[static_cast<std::int64_t>(i)].copy_(published[known[i]]);
        }
        tensors.insert_or_assign(name, rows);
    }
    load_state(network, tensors, *job.start_weights, HeadPolicy::exact);
    return all_known;
}

}  // namespace

bool load_start(Network& network, const TrainingJob& job) {
    return is_onnx(*job.start_weights) ? load_published(network, job)
                                       : load_state(network, *job.start_weights, head_policy(job));
}

}  // namespace ekya

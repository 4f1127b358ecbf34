#include "ekya/nn/head_rows.hpp"

#include <numeric>
#include <set>
#include <string>

#include "ekya/core/errors.hpp"
#include "network.hpp"
#include "state_dict.hpp"

namespace ekya {

Architecture keep_head_rows(const std::filesystem::path& from, const Architecture& architecture,
                            const std::vector<int>& outputs, const std::filesystem::path& to) {
    const bool detects = architecture.task == detection_task;
    require_in_range("outputs", static_cast<double>(outputs.size()), detects ? 1 : 2,
                     architecture.classes);
    for (const int output : outputs)
        require_in_range("output", output, 0, architecture.classes - 1);
    if (std::set(outputs.begin(), outputs.end()).size() != outputs.size())
        throw DomainError("outputs: one is named twice");
    Network old(architecture);
    load_state(old, from, HeadPolicy::exact);
    Architecture result = architecture;
    result.classes = static_cast<int>(outputs.size());
    Network network(result);
    const torch::NoGradGuard no_grad;
    const auto rows_of = [&](std::int64_t first) {
        std::vector<std::int64_t> rows(static_cast<std::size_t>(first));
        std::iota(rows.begin(), rows.end(), std::int64_t{0});  // of boxes, which all classes share
        for (const int output : outputs) rows.push_back(first + output);
        return torch::tensor(rows);
    };
    const auto take = [&](const auto& tensors, const auto& source) {
        for (const auto& entry : tensors) {
            const auto& value = source[entry.key()];
            torch::Tensor target = entry.value();
            const auto first = first_class_row(entry.key());
            target.copy_(first ? value.index_select(0, rows_of(*first)) : value);
        }
    };
    take(network.named_parameters(), old.named_parameters());
    take(network.named_buffers(), old.named_buffers());
    save_state(network, to);
    return result;
}

}  // namespace ekya

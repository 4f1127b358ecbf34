#include "training_set.hpp"

#include <algorithm>

#include "inference.hpp"
#include "sent.hpp"

namespace ekya {

TrainingSet::Rows TrainingSet::rows_of(const torch::Tensor& values) {
    Rows rows;
    if (!values.defined()) return rows;
    rows.picture = values.dim() == 4;
    rows.all = (rows.picture ? values.permute({0, 2, 3, 1}) : values).contiguous();
    return rows;
}

torch::Tensor TrainingSet::Rows::take(const torch::Tensor& index) {
    if (!all.defined()) return {};
    const auto size = index.size(0);
    if (!buffer.defined() || buffer.size(0) < size) {
        auto shape = all.sizes().vec();
        shape[0] = size;
        buffer = torch::empty(shape, all.options());
    }
    auto taken = buffer.narrow(0, 0, size);
    torch::index_select_out(taken, all, 0, index);
    return picture ? taken.permute({0, 3, 1, 2}) : taken;
}

TrainingSet::TrainingSet(const NetworkInput& inputs, const std::vector<int>& labels,
                         const torch::Device& device)
    : rows_(rows_of(inputs.values)),
      places_(inputs.places),
      boxes_(inputs.boxes),
      labels_(torch::tensor(std::vector<std::int64_t>(labels.begin(), labels.end())).to(device)),
      variants_(inputs.values.size(0) / static_cast<std::int64_t>(labels.size())) {
    for (std::size_t i = 0; i < levels_.size(); ++i) levels_[i] = rows_of(inputs.levels[i]);
}

TrainingSet::Batch TrainingSet::batch(const std::vector<std::int64_t>& indices, Random& random) {
    const torch::NoGradGuard no_grad;
    std::vector<std::int64_t> rows(indices);
    if (variants_ > 1)
        for (auto& row : rows) row += count() * random.below(variants_);
    const auto device = rows_.all.device();
    const auto index = sent_to(torch::tensor(rows), device);
    Batch batch{
        {rows_.take(index), places_.defined() ? places_.index_select(0, index) : places_},
        labels_.index_select(0, variants_ > 1 ? sent_to(torch::tensor(indices), device) : index)};
    for (std::size_t i = 0; i < levels_.size(); ++i)
        batch.inputs.levels[i] = levels_[i].take(index);
    if (!boxes_.empty())
        for (const auto row : rows)
            batch.inputs.boxes.push_back(boxes_[static_cast<std::size_t>(row)]);
    return batch;
}

std::vector<std::int64_t> batch_sizes(std::int64_t samples, std::int64_t batch_size) {
    const auto wanted = (samples + batch_size - 1) / batch_size;
    const auto batches = std::max<std::int64_t>(1, std::min(wanted, samples / 2));
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(batches), samples / batches);
    for (std::int64_t i = 0; i < samples % batches; ++i) ++sizes[static_cast<std::size_t>(i)];
    return sizes;
}

NetworkInput frozen_outputs(const FoldedNetwork& network, Cut cut, const NetworkInput& pictures,
                            int variants,
                            const std::function<NetworkInput(const NetworkInput&)>& augmented,
                            const std::function<void()>& between_batches) {
    const auto chunk = static_cast<std::int64_t>(
        inference_chunk(pictures.values.device(), !pictures.boxes.empty()));
    std::vector<NetworkInput> parts;
    for (int variant = 0; variant < variants; ++variant)
        for (std::int64_t first = 0; first < pictures.values.size(0); first += chunk) {
            if (between_batches) between_batches();
            auto batch = pictures.rows(first, std::min(chunk, pictures.values.size(0) - first));
            if (variant > 0) batch = augmented(batch);
            parts.push_back(network.before(cut, batch));
        }
    return concatenated(parts);
}

}  // namespace ekya

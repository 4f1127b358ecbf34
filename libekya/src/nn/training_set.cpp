#include "training_set.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"
#include "inference.hpp"
#include "sent.hpp"

namespace ekya {
namespace {

std::vector<std::size_t> part_of(const TrainingSamples* samples, const TrainingJob& job,
                                 std::uint64_t purpose) {
    if (samples == nullptr || samples->empty()) return {};
    validate(*samples, job.architecture.classes);
    return stratified_part(samples->labels, job.config.data_fraction, job.seed + purpose);
}

}  // namespace

Selection select_samples(const TrainingJob& job) {
    Selection selection;
    selection.fresh = part_of(job.fresh, job, 0);
    selection.exemplars = part_of(job.exemplars, job, 1);
    for (const auto index : selection.fresh) selection.labels.push_back(job.fresh->labels[index]);
    for (const auto index : selection.exemplars)
        selection.labels.push_back(job.exemplars->labels[index]);
    if (selection.labels.empty()) throw InputError("no labelled crop to train on");
    return selection;
}

TrainingSet::TrainingSet(const NetworkInput& inputs, const std::vector<int>& labels,
                         const torch::Device& device)
    : places_(inputs.places),
      labels_(torch::tensor(std::vector<std::int64_t>(labels.begin(), labels.end())).to(device)),
      variants_(inputs.values.size(0) / static_cast<std::int64_t>(labels.size())),
      image_(inputs.values.dim() == 4) {
    rows_ = (image_ ? inputs.values.permute({0, 2, 3, 1}) : inputs.values).contiguous();
}

TrainingSet::Batch TrainingSet::batch(const std::vector<std::int64_t>& indices, Random& random) {
    const torch::NoGradGuard no_grad;
    std::vector<std::int64_t> rows(indices);
    if (variants_ > 1)
        for (auto& row : rows) row += count() * random.below(variants_);
    const auto device = rows_.device();
    const auto size = static_cast<std::int64_t>(rows.size());
    if (!buffer_.defined() || buffer_.size(0) < size) {
        auto shape = rows_.sizes().vec();
        shape[0] = size;
        buffer_ = torch::empty(shape, rows_.options());
    }
    auto inputs = buffer_.narrow(0, 0, size);
    const auto index = sent_to(torch::tensor(rows), device);
    torch::index_select_out(inputs, rows_, 0, index);
    return {
        {image_ ? inputs.permute({0, 3, 1, 2}) : inputs,
         places_.defined() ? places_.index_select(0, index) : places_},
        labels_.index_select(0, variants_ > 1 ? sent_to(torch::tensor(indices), device) : index)};
}

std::vector<std::int64_t> batch_sizes(std::int64_t samples, std::int64_t batch_size) {
    const auto wanted = (samples + batch_size - 1) / batch_size;
    const auto batches = std::max<std::int64_t>(1, std::min(wanted, samples / 2));
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(batches), samples / batches);
    for (std::int64_t i = 0; i < samples % batches; ++i) ++sizes[static_cast<std::size_t>(i)];
    return sizes;
}

NetworkInput frozen_outputs(const FoldedNetwork& network, Cut cut, const NetworkInput& crops,
                            int variants, const Augmentation& amount, Random& random,
                            const std::function<void()>& between_batches) {
    const auto chunk = static_cast<std::int64_t>(inference_chunk(crops.values.device()));
    const auto part = [](const torch::Tensor& x, std::int64_t first, std::int64_t count) {
        return x.defined() ? x.narrow(0, first, count) : x;
    };
    std::vector<torch::Tensor> values, places;
    for (int variant = 0; variant < variants; ++variant)
        for (std::int64_t first = 0; first < crops.values.size(0); first += chunk) {
            if (between_batches) between_batches();
            const auto count = std::min(chunk, crops.values.size(0) - first);
            NetworkInput batch{part(crops.values, first, count), part(crops.places, first, count)};
            if (variant > 0) batch = augmented(batch, amount, random);
            values.push_back(network.before(cut, batch.values));
            if (batch.places.defined()) places.push_back(batch.places);
        }
    return {torch::cat(values), places.empty() ? torch::Tensor() : torch::cat(places)};
}

}  // namespace ekya

#include "ekya/task/training_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "ekya/core/errors.hpp"
#include "exemplar_choice.hpp"

namespace ekya {
namespace {

/// The same on every platform, and another for every window.
std::uint64_t seed_for(const TrainingDataRequest& request, int window) {
    std::uint64_t seed = request.seed ^ 14695981039346656037ULL;
    for (const char c : request.stream + "#" + std::to_string(window))
        seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return seed;
}

std::vector<LabelledSample> labelled(const Task& task, WindowReader& reader,
                                     const TrainingDataRequest& request, int window, int& unknown) {
    return task.labelled(reader.store(), reader.manifest(window), reader.labels(window),
                         request.classes, unknown);
}

/// The same part of every class of one window, so that the held-out labels look like the rest; a
/// class with one label is trained on. Labels that were chosen because they are hard would measure
/// too low, so only uniform ones are drawn, and they count alike.
std::set<LabelledSample> draw_held_out(const std::vector<LabelledSample>& from, double part,
                                       std::uint64_t seed) {
    std::map<int, std::vector<LabelledSample>> groups;
    std::map<int, std::size_t> sizes;
    for (const auto& reference : from) {
        ++sizes[reference.label];
        if (reference.uniform) groups[reference.label].push_back(reference);
    }
    std::mt19937_64 random(seed);
    std::set<LabelledSample> drawn;
    double owed = 0;  // rounding carried from class to class keeps the total right
    for (auto& [label, group] : groups) {
        shuffle(group, random);
        owed += part * static_cast<double>(group.size());
        const std::size_t most = std::min(group.size(), sizes[label] - 1);
        for (std::size_t i = 0; i < most && owed >= 0.5; ++i, owed -= 1) drawn.insert(group[i]);
    }
    return drawn;
}

/// Labelled windows that are memory, ascending.
std::vector<int> memory_windows(const Store& store, const TrainingDataRequest& request) {
    std::vector<int> windows;
    for (const int window : store.windows(request.stream)) {
        const auto& fresh = request.fresh_windows;
        if (window >= request.memory_before ||
            std::find(fresh.begin(), fresh.end(), window) != fresh.end())
            continue;
        if (store.has_labels(request.stream, window)) windows.push_back(window);
    }
    return windows;
}

/// What may be remembered goes to `memory`, what the newest windows hold out to `check`.
void divide_memory(const Task& task, WindowReader& reader, const TrainingDataRequest& request,
                   std::vector<LabelledSample>& memory, std::vector<LabelledSample>& check,
                   int& unknown) {
    const auto windows = memory_windows(reader.store(), request);
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const int window = windows[i];
        const bool checked =
            static_cast<std::ptrdiff_t>(windows.size() - i) <= request.check_windows;
        if (!checked && window < request.memory.from_window) continue;
        const auto part = labelled(task, reader, request, window, unknown);
        const auto held =
            draw_held_out(part, checked ? request.held_out : 0, seed_for(request, window));
        check.insert(check.end(), held.begin(), held.end());
        if (window >= request.memory.from_window)
            std::copy_if(part.begin(), part.end(), std::back_inserter(memory),
                         [&](const auto& r) { return !held.contains(r); });
    }
}

/// Of the windows that a training learns from; with none, of whatever the stream has.
const Task& task_for(WindowReader& reader, const TrainingDataRequest& request) {
    const auto stored = reader.store().windows(request.stream);
    if (!request.fresh_windows.empty())
        return task_of(reader.manifest(request.fresh_windows.back()));
    return stored.empty() ? task_named(classification_task)
                          : task_of(reader.manifest(stored.back()));
}

bool has_any(const LabelSet& labels) { return !labels.labels.empty() || !labels.frames.empty(); }

}  // namespace

const WindowManifest& WindowReader::manifest(int window) {
    const auto found = manifests_.find(window);
    return found != manifests_.end()
               ? found->second
               : manifests_.emplace(window, store_.window(stream_, window)).first->second;
}

const CropBatch& WindowReader::crops(int window) {
    if (window != window_) {
        window_ = -1;  // until they are there
        crops_ = store_.crops(manifest(window));
        window_ = window;
    }
    return crops_;
}

const LabelSet& WindowReader::labels(int window) {
    const auto found = labels_.find(window);
    return found != labels_.end()
               ? found->second
               : labels_.emplace(window, store_.labels(stream_, window)).first->second;
}

std::vector<int> windows_new_to(const ModelCard& model, const Store& store,
                                const std::string& stream, int before, int most) {
    require_in_range("fresh windows", most, 1, std::numeric_limits<int>::max());
    int first = std::max(0, before - most);
    for (const int known : model.data_windows) first = std::max(first, known + 1);
    std::vector<int> windows;
    for (int window = first; window < before - 1; ++window)
        if (store.has_window(stream, window) && store.has_labels(stream, window))
            windows.push_back(window);
    windows.push_back(before - 1);
    return windows;
}

std::vector<int> first_labelled_windows(const Store& store, const std::string& stream, int most) {
    std::vector<int> windows;
    for (const int window : store.windows(stream)) {
        if (static_cast<int>(windows.size()) >= most) break;
        if (store.has_labels(stream, window) && has_any(store.labels(stream, window)))
            windows.push_back(window);
    }
    return windows;
}

TrainingData load_training_data(const Store& store, const TrainingDataRequest& request) {
    TrainingData data;
    WindowReader reader(store, request.stream);
    const Task& task = task_for(reader, request);
    std::map<int, std::vector<LabelledSample>> fresh;  // by window
    std::size_t count = 0;
    for (const int window : request.fresh_windows) {
        const auto& references = fresh[window] =
            labelled(task, reader, request, window, data.unknown);
        count += static_cast<std::size_t>(std::count_if(references.begin(), references.end(),
                                                        [](const auto& r) { return r.uniform; }));
    }
    double part = request.held_out;
    if (request.held_out_most > 0)
        part = std::min(part, request.held_out_most / std::max(1.0, static_cast<double>(count)));
    std::set<LabelledSample> held_out;
    for (const auto& [window, references] : fresh)
        held_out.merge(draw_held_out(references, part, seed_for(request, window)));
    std::vector<LabelledSample> train, memory, check, exemplars;
    for (const auto& [window, references] : fresh)
        std::copy_if(references.begin(), references.end(), std::back_inserter(train),
                     [&](const auto& r) { return !held_out.contains(r); });
    if (request.exemplars > 0 || request.check_windows > 0)
        divide_memory(task, reader, request, memory, check, data.unknown);
    if (!memory.empty() && request.exemplars > 0)
        exemplars = choose_exemplars(task, reader, request, memory,
                                     task.bytes_per_sample(reader.manifest(memory.front().window)));

    const auto read = [&](const std::vector<LabelledSample>& samples) {
        return std::shared_ptr<Samples>(task.read(reader, samples, request.classes));
    };
    data.fresh = read(train);
    data.held_out = read({held_out.begin(), held_out.end()});
    data.exemplars = read(exemplars);
    data.check = read(check);
    for (std::size_t i = 0; i < train.size(); ++i) {
        if (train[i].uniform) data.uniform.push_back(i);
        data.measured.push_back({train[i].weight, train[i].moment});
    }
    for (const auto& reference : held_out)
        data.held_out_measured.push_back({reference.weight, reference.moment});
    std::set<int> windows;
    for (const auto* group : {&train, &exemplars})
        for (const auto& reference : *group) windows.insert(reference.window);
    data.windows.assign(windows.begin(), windows.end());
    return data;
}

std::shared_ptr<Samples> evaluation_sample(const TrainingData& data, std::size_t most) {
    std::shared_ptr<Samples> all = data.held_out->none();
    for (std::size_t i = 0; i < data.held_out->count(); ++i) all->append(*data.held_out, i);
    std::size_t wanted = data.uniform.size();
    if (most > 0) wanted = std::min(wanted, most - std::min(most, all->count()));
    for (std::size_t i = 0; i < wanted; ++i)  // spread over the window
        all->append(*data.fresh, data.uniform[i * data.uniform.size() / wanted]);
    return all;
}

WeightedSamples measuring_sample(const TrainingData& data, std::size_t most) {
    std::vector<std::pair<const Samples*, std::size_t>> all;
    std::vector<Measured> as;
    for (const auto& [samples, of] : {std::pair{data.held_out.get(), &data.held_out_measured},
                                      std::pair{data.fresh.get(), &data.measured}})
        for (std::size_t i = 0; i < of->size(); ++i) {
            if ((*of)[i].weight <= 0) continue;
            all.emplace_back(samples, i);
            as.push_back((*of)[i]);
        }
    const std::size_t wanted = most > 0 ? std::min(all.size(), most) : all.size();
    WeightedSamples sample;
    sample.samples = data.held_out->none();
    for (std::size_t i = 0; i < wanted; ++i) {
        const auto at = i * all.size() / wanted;  // spread over all
        const auto& [samples, index] = all[at];
        sample.samples->append(*samples, index);
        sample.as.push_back(as[at]);
    }
    return sample;
}

std::vector<double> WeightedSamples::weights(Emphasis emphasis) const {
    std::vector<double> weights;
    weights.reserve(as.size());
    for (const auto& one : as) weights.push_back(one.under(emphasis));
    return weights;
}

std::shared_ptr<Samples> objects_without_label(const Store& store, const Store& truth,
                                               const std::string& stream,
                                               const std::vector<std::string>& classes,
                                               int window) {
    const auto here = store.window(stream, window), there = truth.window(stream, window);
    if (std::tie(here.task, here.crops, here.crop_size, here.first_frame, here.end_frame) !=
        std::tie(there.task, there.crops, there.crop_size, there.first_frame, there.end_frame))
        throw InputError(truth.window_directory(stream, window).string() +
                         ": holds other objects than the window in " + store.root().string() +
                         "; both must be of one ingestion");
    const Task& task = task_of(here);
    WindowReader reader(truth, stream);
    int unknown = 0;
    std::set<int> known;
    for (const auto& label :
         task.labelled(store, here, store.labels(stream, window), classes, unknown)) {
        if (!label.uniform) return task.read(reader, {}, classes);
        known.insert(label.sample);
    }
    auto samples = task.labelled(truth, there, reader.labels(window), classes, unknown);
    std::erase_if(samples, [&](const LabelledSample& s) { return known.contains(s.sample); });
    return task.read(reader, samples, classes);
}

}  // namespace ekya

#include "ekya/store/training_data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "ekya/core/errors.hpp"
#include "labelled_reference.hpp"

namespace ekya {
namespace {

/// The same on every platform, and another for every window.
std::uint64_t seed_for(const TrainingDataRequest& request, int window) {
    std::uint64_t seed = request.seed ^ 14695981039346656037ULL;
    for (const char c : request.stream + "#" + std::to_string(window))
        seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return seed;
}

/// When in the window each stored crop was seen, in (0, 1].
std::vector<double> moments_of(const WindowManifest& manifest) {
    std::vector<double> moments(static_cast<std::size_t>(manifest.crops), 1);
    for (std::size_t frame = 0; frame < manifest.frames.size(); ++frame)
        for (const auto& object : manifest.frames[frame].objects)
            if (object.crop >= 0 && object.crop < manifest.crops)
                moments[static_cast<std::size_t>(object.crop)] =
                    static_cast<double>(frame + 1) / static_cast<double>(manifest.frames.size());
    return moments;
}

std::vector<Reference> labelled(WindowReader& reader, const TrainingDataRequest& request,
                                int window, int& unknown) {
    std::vector<Reference> references;
    const Store& store = reader.store();
    const int crops = reader.manifest(window).crops;
    const auto moments = moments_of(reader.manifest(window));
    for (const auto& label : store.labels(request.stream, window).labels) {
        if (label.crop >= crops)
            throw InputError(store.labels_file(request.stream, window).string() + ": crop " +
                             std::to_string(label.crop) + " is labelled, the window holds " +
                             std::to_string(crops));
        const auto found =
            std::find(request.classes.begin(), request.classes.end(), label.class_name);
        if (found == request.classes.end())
            ++unknown;
        else
            references.push_back({window, label.crop,
                                  static_cast<int>(found - request.classes.begin()), label.uniform,
                                  label.weight, moments[static_cast<std::size_t>(label.crop)]});
    }
    return references;
}

/// The same part of every class of one window, so that the held-out labels look like the rest; a
/// class with one label is trained on. Labels that were chosen because they are hard would measure
/// too low, so only uniform ones are drawn, and they count alike.
std::set<Reference> draw_held_out(const std::vector<Reference>& from, double part,
                                  std::uint64_t seed) {
    std::map<int, std::vector<Reference>> groups;
    std::map<int, std::size_t> sizes;
    for (const auto& reference : from) {
        ++sizes[reference.label];
        if (reference.uniform) groups[reference.label].push_back(reference);
    }
    std::mt19937_64 random(seed);
    std::set<Reference> drawn;
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
void divide_memory(WindowReader& reader, const TrainingDataRequest& request,
                   std::vector<Reference>& memory, std::vector<Reference>& check, int& unknown) {
    const auto windows = memory_windows(reader.store(), request);
    for (std::size_t i = 0; i < windows.size(); ++i) {
        const int window = windows[i];
        const bool checked =
            static_cast<std::ptrdiff_t>(windows.size() - i) <= request.check_windows;
        if (!checked && window < request.memory.from_window) continue;
        const auto part = labelled(reader, request, window, unknown);
        const auto held =
            draw_held_out(part, checked ? request.held_out : 0, seed_for(request, window));
        check.insert(check.end(), held.begin(), held.end());
        if (window >= request.memory.from_window)
            std::copy_if(part.begin(), part.end(), std::back_inserter(memory),
                         [&](const auto& r) { return !held.contains(r); });
    }
}

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

LabelledCrops read_crops(WindowReader& reader, const std::vector<Reference>& references) {
    LabelledCrops result;
    for (const auto& reference : references) {
        const auto& crops = reader.crops(reference.window);
        if (result.crops.count() > 0 && result.crops.size != crops.size) {
            const auto& manifest = reader.manifest(reference.window);
            throw InputError(
                reader.store().window_directory(manifest.stream, manifest.window).string() +
                ": crops of " + std::to_string(crops.size) + " pixels, other windows have " +
                std::to_string(result.crops.size));
        }
        result.crops.append(crops, static_cast<std::size_t>(reference.crop));
        result.labels.push_back(reference.label);
    }
    return result;
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
        if (store.has_labels(stream, window) && !store.labels(stream, window).labels.empty())
            windows.push_back(window);
    }
    return windows;
}

TrainingData load_training_data(const Store& store, const TrainingDataRequest& request) {
    TrainingData data;
    WindowReader reader(store, request.stream);
    std::map<int, std::vector<Reference>> fresh;  // by window
    std::size_t count = 0;
    for (const int window : request.fresh_windows) {
        const auto& references = fresh[window] = labelled(reader, request, window, data.unknown);
        count += static_cast<std::size_t>(std::count_if(references.begin(), references.end(),
                                                        [](const auto& r) { return r.uniform; }));
    }
    double part = request.held_out;
    if (request.held_out_most > 0)
        part = std::min(part, request.held_out_most / std::max(1.0, static_cast<double>(count)));
    std::set<Reference> held_out;
    for (const auto& [window, references] : fresh)
        held_out.merge(draw_held_out(references, part, seed_for(request, window)));
    std::vector<Reference> train, memory, check, exemplars;
    for (const auto& [window, references] : fresh)
        std::copy_if(references.begin(), references.end(), std::back_inserter(train),
                     [&](const auto& r) { return !held_out.contains(r); });
    if (request.exemplars > 0 || request.check_windows > 0)
        divide_memory(reader, request, memory, check, data.unknown);
    if (!memory.empty() && request.exemplars > 0)
        exemplars = choose_exemplars(reader, request, memory,
                                     reader.manifest(memory.front().window).crop_size);

    data.fresh = read_crops(reader, train);
    data.held_out = read_crops(reader, {held_out.begin(), held_out.end()});
    data.exemplars = read_crops(reader, exemplars);
    data.check = read_crops(reader, check);
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

LabelledCrops evaluation_sample(const TrainingData& data, std::size_t most) {
    LabelledCrops all = data.held_out;
    std::size_t wanted = data.uniform.size();
    if (most > 0) wanted = std::min(wanted, most - std::min(most, all.count()));
    for (std::size_t i = 0; i < wanted; ++i) {
        const auto index =
            data.uniform[i * data.uniform.size() / wanted];  // spread over the window
        all.crops.append(data.fresh.crops, index);
        all.labels.push_back(data.fresh.labels[index]);
    }
    return all;
}

WeightedCrops measuring_sample(const TrainingData& data, std::size_t most) {
    std::vector<std::pair<const LabelledCrops*, std::size_t>> all;
    std::vector<Measured> as;
    for (const auto& [crops, of] : {std::pair{&data.held_out, &data.held_out_measured},
                                    std::pair{&data.fresh, &data.measured}})
        for (std::size_t i = 0; i < of->size(); ++i) {
            if ((*of)[i].weight <= 0) continue;
            all.emplace_back(crops, i);
            as.push_back((*of)[i]);
        }
    const std::size_t wanted = most > 0 ? std::min(all.size(), most) : all.size();
    WeightedCrops sample;
    for (std::size_t i = 0; i < wanted; ++i) {
        const auto at = i * all.size() / wanted;  // spread over all
        const auto& [crops, index] = all[at];
        sample.crops.crops.append(crops->crops, index);
        sample.crops.labels.push_back(crops->labels[index]);
        sample.as.push_back(as[at]);
    }
    return sample;
}

int WeightedCrops::effective_count() const {
    double sum = 0, squares = 0;
    for (const auto& one : as) {
        sum += one.weight;
        squares += one.weight * one.weight;
    }
    return squares > 0 ? static_cast<int>(std::lround(sum * sum / squares)) : 0;
}

double WeightedCrops::share_right(const std::vector<int>& answers, Emphasis emphasis) const {
    if (answers.size() != as.size())
        throw DomainError("answers: " + std::to_string(answers.size()) + " for " +
                          std::to_string(as.size()) + " crops");
    double sum = 0, right = 0;
    for (std::size_t i = 0; i < as.size(); ++i) {
        const double weight = as[i].under(emphasis);
        sum += weight;
        if (answers[i] == crops.labels[i]) right += weight;
    }
    return sum > 0 ? right / sum : 0;
}

LabelledCrops objects_without_label(const Store& store, const Store& truth,
                                    const std::string& stream,
                                    const std::vector<std::string>& classes, int window) {
    TrainingDataRequest request;
    request.stream = stream;
    request.classes = classes;
    const auto here = store.window(stream, window), there = truth.window(stream, window);
    if (std::tie(here.crops, here.crop_size, here.first_frame, here.end_frame) !=
        std::tie(there.crops, there.crop_size, there.first_frame, there.end_frame))
        throw InputError(truth.window_directory(stream, window).string() +
                         ": holds other objects than the window in " + store.root().string() +
                         "; both must be of one ingestion");
    std::set<int> known;
    for (const auto& label : store.labels(stream, window).labels) {
        if (!label.uniform) return {};
        known.insert(label.crop);
    }
    int unknown = 0;
    WindowReader reader(truth, stream);
    auto references = labelled(reader, request, window, unknown);
    std::erase_if(references,
                  [&](const auto& reference) { return known.contains(reference.crop); });
    return read_crops(reader, references);
}

}  // namespace ekya

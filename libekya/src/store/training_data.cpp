#include "ekya/store/training_data.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

/// A labelled crop by reference; pixels are read once it is known which are needed.
struct Reference {
    int window;
    int crop;
    int label;
    friend auto operator<=>(const Reference&, const Reference&) = default;
};

/// std::shuffle may differ between standard libraries; results must not.
template <typename T>
void shuffle(std::vector<T>& items, std::mt19937_64& random) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random() % i]);
}

std::vector<Reference> labelled(const Store& store, const TrainingDataRequest& request, int window, int& unknown) {
    std::vector<Reference> references;
    const int crops = store.window(request.stream, window).crops;
    for (const auto& label : store.labels(request.stream, window).labels) {
        if (label.crop >= crops)
            throw InputError(store.labels_file(request.stream, window).string() + ": crop " + std::to_string(label.crop) +
                             " is labelled, the window holds " + std::to_string(crops));
        const auto found = std::find(request.classes.begin(), request.classes.end(), label.class_name);
        if (found == request.classes.end()) ++unknown;
        else references.push_back({window, label.crop, static_cast<int>(found - request.classes.begin())});
    }
    return references;
}

std::map<int, std::vector<Reference>> by_class(const std::vector<Reference>& references, std::mt19937_64& random) {
    std::map<int, std::vector<Reference>> groups;
    for (const auto& reference : references) groups[reference.label].push_back(reference);
    for (auto& [label, group] : groups) shuffle(group, random);
    return groups;
}

/// One of each class in turn until `count` are drawn or none is left.
std::vector<Reference> draw_balanced(const std::vector<Reference>& from, std::size_t count, std::mt19937_64& random) {
    auto groups = by_class(from, random);
    std::vector<Reference> drawn;
    for (bool any = true; any && drawn.size() < count;) {
        any = false;
        for (auto& [label, group] : groups) {
            if (group.empty() || drawn.size() >= count) continue;
            drawn.push_back(group.back());
            group.pop_back();
            any = true;
        }
    }
    std::sort(drawn.begin(), drawn.end());
    return drawn;
}

/// The same part of every class, so that the held-out labels look like the rest; a class with one label is trained on.
std::set<Reference> draw_stratified(const std::vector<Reference>& from, double part, std::mt19937_64& random) {
    std::set<Reference> drawn;
    double owed = 0;   // rounding carried from class to class keeps the total right
    for (const auto& [label, group] : by_class(from, random)) {
        owed += part * static_cast<double>(group.size());
        for (std::size_t i = 0; i + 1 < group.size() && owed >= 0.5; ++i, owed -= 1) drawn.insert(group[i]);
    }
    return drawn;
}

LabelledCrops read_crops(const Store& store, const std::string& stream, const std::vector<Reference>& references) {
    LabelledCrops result;
    int window = -1;
    CropBatch crops;
    for (const auto& reference : references) {
        if (reference.window != window) {
            window = reference.window;
            crops = store.crops(store.window(stream, window));
            if (result.crops.count() > 0 && result.crops.size != crops.size)
                throw InputError(store.window_directory(stream, window).string() + ": crops of " + std::to_string(crops.size) +
                                 " pixels, other windows have " + std::to_string(result.crops.size));
        }
        result.crops.append(crops, static_cast<std::size_t>(reference.crop));
        result.labels.push_back(reference.label);
    }
    return result;
}

std::vector<Reference> memory(const Store& store, const TrainingDataRequest& request, int& unknown) {
    std::vector<Reference> references;
    for (const int window : store.windows(request.stream)) {
        const auto& fresh = request.fresh_windows;
        if (window >= request.memory_before || std::find(fresh.begin(), fresh.end(), window) != fresh.end()) continue;
        if (!store.has_labels(request.stream, window)) continue;
        const auto part = labelled(store, request, window, unknown);
        references.insert(references.end(), part.begin(), part.end());
    }
    return references;
}

}  // namespace

TrainingData load_training_data(const Store& store, const TrainingDataRequest& request) {
    TrainingData data;
    std::mt19937_64 random(request.seed);
    std::vector<Reference> fresh;
    for (const int window : request.fresh_windows) {
        const auto part = labelled(store, request, window, data.unknown);
        fresh.insert(fresh.end(), part.begin(), part.end());
    }
    double part = request.held_out;
    if (request.held_out_most > 0) part = std::min(part, request.held_out_most / std::max(1.0, static_cast<double>(fresh.size())));
    const auto held_out = draw_stratified(fresh, part, random);
    std::vector<Reference> train;
    std::copy_if(fresh.begin(), fresh.end(), std::back_inserter(train), [&](const auto& r) { return !held_out.contains(r); });
    std::vector<Reference> exemplars;
    if (request.exemplars > 0)
        exemplars = draw_balanced(memory(store, request, data.unknown), static_cast<std::size_t>(request.exemplars), random);

    data.fresh = read_crops(store, request.stream, train);
    data.held_out = read_crops(store, request.stream, {held_out.begin(), held_out.end()});
    data.exemplars = read_crops(store, request.stream, exemplars);
    std::set<int> windows;
    for (const auto* group : {&train, &exemplars})
        for (const auto& reference : *group) windows.insert(reference.window);
    data.windows.assign(windows.begin(), windows.end());
    return data;
}

}  // namespace ekya

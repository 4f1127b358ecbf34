// Windows whose crops a small network tells apart in a few epochs, stored and labelled.
#pragma once
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ekya/learn/retraining.hpp"
#include "support/scratch.hpp"

namespace ekya::test {

inline const std::vector<std::string> striped_classes{"red", "rows", "columns"};

/// Noisy crops: reddish ones, ones with horizontal stripes, ones with vertical stripes.
inline CropBatch striped_crops(const std::vector<int>& labels, std::uint64_t seed, int size = 32) {
    std::mt19937_64 random(seed);
    const auto below = [&](int count) {
        return static_cast<int>(random() % static_cast<std::uint64_t>(count));
    };
    CropBatch crops{size, {}};
    for (const int label : labels) {
        const int period = 4 + below(4), phase = below(8);
        for (int y = 0; y < size; ++y)
            for (int x = 0; x < size; ++x)
                for (int channel = 0; channel < 3; ++channel) {
                    int value = 50 + below(120);
                    if (label == 0)
                        value += channel == 0 ? 50 : -30;
                    else if (((label == 1 ? y : x) + phase) / period % 2 == 0)
                        value += 60;
                    crops.rgb.push_back(static_cast<std::uint8_t>(std::clamp(value, 0, 255)));
                }
    }
    return crops;
}

/// Labels 0, 1, 2, 0, 1, ...
inline std::vector<int> in_turn(int count) {
    std::vector<int> labels;
    for (int i = 0; i < count; ++i) labels.push_back(i % 3);
    return labels;
}

/// Another class for each.
inline std::vector<int> all_wrong(std::vector<int> labels) {
    for (int& label : labels) label = (label + 1) % 3;
    return labels;
}

/// A window of one object a frame. The labels said may differ from what the crops show; -1 = not
/// labelled.
inline void store_window(const Store& store, const std::string& stream, int window,
                         const std::vector<int>& shown, std::vector<int> said = {},
                         const std::vector<std::string>& classes = striped_classes) {
    if (said.empty()) said = shown;
    WindowManifest m;
    m.stream = stream;
    m.window = window;
    m.start = 10.0 * window;
    m.end = 10.0 * (window + 1);
    m.width = m.height = 64;
    m.crop_size = 32;
    m.crops = static_cast<int>(shown.size());
    m.objects_from = "annotations";
    m.first_frame = 100 * window;
    m.end_frame = m.first_frame + m.crops;
    LabelSet set;
    set.stream = stream;
    set.window = window;
    set.teacher = "annotations";
    for (int i = 0; i < m.crops; ++i) {
        m.frames.push_back({m.first_frame + i, m.start + 0.1 * i, "", {{{0, 0, 8, 8}, i}}});
        if (const int label = said[static_cast<std::size_t>(i)]; label >= 0)
            set.labels.push_back({i, classes[static_cast<std::size_t>(label)], 1});
    }
    store.write_window(m, striped_crops(shown, static_cast<std::uint64_t>(window) + 1));
    store.write_labels(set);
}

/// A retraining in window `window`, or the base model on windows 0 and 1 (-1).
inline RetrainingRequest request_for(const std::string& stream, int window, int epochs = 6) {
    RetrainingRequest request;
    request.stream = stream;
    request.classes = striped_classes;
    request.window = window;
    request.fresh_windows = window < 0 ? std::vector<int>{0, 1} : std::vector<int>{window - 1};
    request.config.epochs = epochs;
    request.config.batch_size = 16;
    request.config.learning_rate = 0.05;
    request.architecture.width = 0.125;
    request.architecture.classes = 3;
    return request;
}

/// Labelled windows 0 to 2, and a model "base" that has learned from the first two and serves.
inline void store_trained(const Store& store, int epochs = 8) {
    for (int window = 0; window < 3; ++window) store_window(store, "a", window, in_turn(60));
    (void)retrain(store, request_for("a", -1, epochs));
    store.set_serving("a", "base");
}

}  // namespace ekya::test

// Windows, labels and models for store tests; every crop can be told by its pixels.
#pragma once
#include "ekya/store/store.hpp"

namespace ekya::test {

constexpr int crop_side = 4;

/// What the bytes of a crop are filled with.
inline std::uint8_t mark(int window, int crop) {
    return static_cast<std::uint8_t>(window * 64 + crop);
}

inline CropBatch crops_of(int count, int window = 0, int side = crop_side) {
    CropBatch crops;
    crops.size = side;
    for (int i = 0; i < count; ++i)
        crops.rgb.insert(crops.rgb.end(), crops.bytes_per_crop(), mark(window, i));
    return crops;
}

/// A window with one object in each frame, all of them stored crops.
inline WindowManifest manifest_of(const std::string& stream, int window, int crops) {
    WindowManifest m;
    m.stream = stream;
    m.window = window;
    m.start = 10.0 * window;
    m.end = 10.0 * (window + 1);
    m.width = 64;
    m.height = 48;
    m.crop_size = crop_side;
    m.crops = crops;
    m.objects_from = "annotations";
    m.first_frame = std::int64_t{100} * window;
    m.end_frame = m.first_frame + crops;
    for (int i = 0; i < crops; ++i)
        m.frames.push_back({m.first_frame + i, m.start + 0.1 * i, "", {{{0, 0, 8, 8}, i}}});
    return m;
}

inline LabelSet labels_of(const std::string& stream, int window,
                          const std::vector<std::string>& classes) {
    LabelSet set;
    set.stream = stream;
    set.window = window;
    set.teacher = "annotations";
    for (std::size_t i = 0; i < classes.size(); ++i)
        set.labels.push_back({static_cast<int>(i), classes[i], 1});
    return set;
}

/// Stores a window whose crop i has the class classes[i].
inline void store_window(const Store& store, const std::string& stream, int window,
                         const std::vector<std::string>& classes) {
    const int crops = static_cast<int>(classes.size());
    store.write_window(manifest_of(stream, window, crops), crops_of(crops, window));
    store.write_labels(labels_of(stream, window, classes));
}

inline ModelCard card_of(const std::string& stream, const std::string& id) {
    ModelCard card;
    card.id = id;
    card.stream = stream;
    card.architecture.classes = 2;
    card.classes = {"car", "pedestrian"};
    card.accuracy = 0.75;
    return card;
}

}  // namespace ekya::test

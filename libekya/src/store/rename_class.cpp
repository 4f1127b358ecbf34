#include "ekya/store/rename_class.hpp"

#include <algorithm>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/store/quarantine.hpp"

namespace ekya {
namespace {

bool knows(const ModelCard& card, const std::string& name) {
    return std::find(card.classes.begin(), card.classes.end(), name) != card.classes.end();
}

/// @return whether any label had that name
bool rename(LabelSet& labels, const std::string& old_name, const std::string& new_name) {
    bool renamed = false;
    const auto look = [&](std::string& name) {
        if (name != old_name) return;
        name = new_name;
        renamed = true;
    };
    for (auto& label : labels.labels) look(label.class_name);
    for (auto& frame : labels.frames)
        for (auto& box : frame.boxes) look(box.class_name);
    return renamed;
}

}  // namespace

RenamedClass rename_class(const Store& store, const std::string& stream,
                          const std::string& old_name, const std::string& new_name) {
    auto cards = store.model_cards(stream);
    for (const auto& card : cards)
        if (knows(card, old_name) && knows(card, new_name))
            throw ConfigError("stream " + stream + ": model " + card.id + " knows both " +
                              old_name + " and " + new_name);
    RenamedClass result;
    result.set_aside = set_aside_damaged_windows(store, stream);
    // Nothing is changed before all of it is known to be readable.
    for (const int window : store.windows(stream))
        if (store.has_labels(stream, window)) (void)store.labels(stream, window);
    for (const int window : store.windows(stream)) {
        if (!store.has_labels(stream, window)) continue;
        auto labels = store.labels(stream, window);
        if (!rename(labels, old_name, new_name)) continue;
        store.write_labels(labels);
        ++result.records;
    }
    for (auto& card : cards) {
        if (!knows(card, old_name)) continue;
        std::replace(card.classes.begin(), card.classes.end(), old_name, new_name);
        write_atomically(store.model_directory(stream, card.id) / "card.json",
                         to_line(encode(card)) + "\n");
        ++result.records;
    }
    return result;
}

}  // namespace ekya

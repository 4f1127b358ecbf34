#include "ekya/store/rename_class.hpp"

#include <algorithm>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {
namespace {

bool knows(const ModelCard& card, const std::string& name) {
    return std::find(card.classes.begin(), card.classes.end(), name) != card.classes.end();
}

}  // namespace

int rename_class(const Store& store, const std::string& stream, const std::string& old_name,
                 const std::string& new_name) {
    auto cards = store.model_cards(stream);
    for (const auto& card : cards)
        if (knows(card, old_name) && knows(card, new_name))
            throw ConfigError("stream " + stream + ": model " + card.id + " knows both " +
                              old_name + " and " + new_name);
    int changed = 0;
    for (const int window : store.windows(stream)) {
        if (!store.has_labels(stream, window)) continue;
        auto labels = store.labels(stream, window);
        int renamed = 0;
        for (auto& label : labels.labels)
            if (label.class_name == old_name) {
                label.class_name = new_name;
                ++renamed;
            }
        if (renamed == 0) continue;
        store.write_labels(labels);
        ++changed;
    }
    for (auto& card : cards) {
        if (!knows(card, old_name)) continue;
        std::replace(card.classes.begin(), card.classes.end(), old_name, new_name);
        write_atomically(store.model_directory(stream, card.id) / "card.json",
                         to_line(encode(card)) + "\n");
        ++changed;
    }
    return changed;
}

}  // namespace ekya

#include "ekya/learn/fit_classes.hpp"

#include "ekya/core/errors.hpp"
#include "ekya/nn/head_rows.hpp"
#include "ekya/nn/weights.hpp"
#include "ekya/store/class_list.hpp"

namespace ekya {
namespace {

/// The id says how many classes are left: "base-c2", and again "base-c2-c3" where that is taken.
std::string free_id(const Store& store, const ModelCard& card, std::size_t classes) {
    std::string id = card.id;
    do id += "-c" + std::to_string(classes);
    while (store.has_model(card.stream, id));
    return id;
}

}  // namespace

std::optional<ModelCard> fit_classes(const Store& store, const std::string& stream,
                                     const std::vector<std::string>& classes) {
    const auto serving = store.serving(stream);
    if (!serving) return std::nullopt;
    return with_context("stream " + stream, [&]() -> std::optional<ModelCard> {
        const ModelCard old = store.model(stream, *serving);
        if (continues(old.classes, classes)) return std::nullopt;
        const auto outputs = outputs_left(old.classes, classes);
        ModelCard card = old;
        card.id = free_id(store, old, outputs.size());
        card.classes.clear();
        for (const int output : outputs)
            card.classes.push_back(old.classes[static_cast<std::size_t>(output)]);
        card.architecture.classes = static_cast<int>(outputs.size());
        card.parent = old.id;
        card.parent_stream.clear();
        card.promotion.reset();
        card.accuracy.reset();  // was measured on labels of all classes
        card.bfloat16_accuracy.reset();
        card.parent_accuracy.reset();
        card.device_seconds = card.seconds = 0;
        card.parameters = parameter_count(card.architecture);
        card.macs = multiply_accumulates(card.architecture);
        card = store.write_model(card, [&](const auto& file) {
            (void)keep_head_rows(store.weights_file(stream, old.id), old.architecture, outputs,
                                 file);
        });
        store.set_serving(stream, card.id);
        return card;
    });
}

}  // namespace ekya

#include "ekya/learn/start_choice.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "ekya/core/errors.hpp"
#include "ekya/profile/drift.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<WarmStart, const char*>, 3> names{
    {{WarmStart::off, "off"}, {WarmStart::own, "own"}, {WarmStart::all, "all"}}};

bool may_start(const ModelCard& card, const ModelCard& serving, const StartRequest& request) {
    return card.window < request.window && card.architecture == serving.architecture &&
           card.classes == request.classes && !(card.promotion && !card.promotion->promoted);
}

/// The stream's own, most accurate first; of equals the newest.
std::vector<ModelCard> earlier_models(const Store& store, const StartRequest& request,
                                      const ModelCard& serving) {
    auto cards = store.model_cards(request.stream);
    std::erase_if(cards, [&](const auto& card) {
        const bool learned = std::find(card.data_windows.begin(), card.data_windows.end(),
                                       request.window - 1) != card.data_windows.end();
        return card.id == serving.id || learned || !may_start(card, serving, request);
    });
    const auto merit = [](const ModelCard& card) {
        return std::tuple(card.accuracy.value_or(-1), card.window);
    };
    std::sort(cards.begin(), cards.end(),
              [&](const auto& a, const auto& b) { return merit(a) > merit(b); });
    if (cards.size() > static_cast<std::size_t>(std::max(0, request.earlier)))
        cards.resize(static_cast<std::size_t>(std::max(0, request.earlier)));
    std::sort(cards.begin(), cards.end(), [](const auto& a, const auto& b) {
        return std::tie(a.window, a.id) < std::tie(b.window, b.id);
    });
    return cards;
}

/// Of a stream's newest labelled window before `window`; empty without one, and if it is damaged:
/// what is wrong with another stream must not stop this one.
ClassShares newest_shares(const Store& store, const std::string& stream, int window) {
    const auto windows = store.windows(stream);
    const auto found = std::find_if(windows.rbegin(), windows.rend(), [&](int w) {
        return w < window && store.has_labels(stream, w);
    });
    if (found == windows.rend()) return {};
    try {
        return class_shares(
            task_of(store.window(stream, *found)).uniform_classes(store.labels(stream, *found)));
    } catch (const InputError&) {
        return {};
    }
}

/// The newest of each other stream, those with the nearest class distribution first.
std::vector<ModelCard> other_models(const Store& store, const StartRequest& request,
                                    const ModelCard& serving) {
    const auto shares = newest_shares(store, request.stream, request.window);
    std::vector<std::pair<double, ModelCard>> found;
    for (const auto& stream : store.streams()) {
        if (stream == request.stream) continue;
        auto cards = store.model_cards(stream);
        std::erase_if(cards, [&](const auto& card) { return !may_start(card, serving, request); });
        const auto newest =
            std::max_element(cards.begin(), cards.end(), [](const auto& a, const auto& b) {
                return std::tie(a.window, a.id) < std::tie(b.window, b.id);
            });
        if (newest != cards.end())
            found.emplace_back(
                total_variation(shares, newest_shares(store, stream, request.window)),
                std::move(*newest));
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (found.size() > static_cast<std::size_t>(std::max(0, request.others)))
        found.resize(static_cast<std::size_t>(std::max(0, request.others)));
    std::vector<ModelCard> cards;
    for (auto& [distance, card] : found) cards.push_back(std::move(card));
    return cards;
}

}  // namespace

WarmStart warm_start_from(const std::string& name) {
    for (const auto& [value, text] : names)
        if (name == text) return value;
    throw DomainError("warm start: \"" + name + "\" is not one of off, own, all");
}

StartChoice choose_start(const Store& store, const StartRequest& request, TaskModel& serving,
                         const Samples& sample) {
    StartChoice choice{request.stream, request.serving, {}};
    if (sample.empty()) return choice;
    const ModelCard card = store.model(request.stream, request.serving);
    auto models = earlier_models(store, request, card);
    if (request.warm_start == WarmStart::all)
        for (auto& other : other_models(store, request, card)) models.push_back(std::move(other));
    const auto grades = serving.grades(sample);
    for (const auto& model : models) {
        try {
            const auto candidate = task_of(model).load(
                model, store.weights_file(model.stream, model.id), request.device);
            choice.candidates.push_back(
                {model.stream, model.id, model.window, compare(grades, candidate->grades(sample))});
        } catch (const InputError&) {
            continue;  // damaged weights of a model that nobody needs are no reason to stop
        }
    }
    double best = 0;
    for (const auto& candidate : choice.candidates) {
        if (request.warm_start == WarmStart::off) break;
        const auto& c = candidate.comparison;
        const bool significant =
            c.chance_of_gain() <= request.chance / static_cast<double>(choice.candidates.size());
        if (!significant || -c.fall() <= best) continue;
        best = -c.fall();
        choice.stream = candidate.stream;
        choice.model = candidate.model;
    }
    return choice;
}

}  // namespace ekya

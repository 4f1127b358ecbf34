#include "ekya/simulate/sweep.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include "ekya/core/errors.hpp"
#include "parallel.hpp"

namespace ekya {
namespace {

struct Case {
    SimulationOptions options;
    const ProfileSet* set = nullptr;
    const std::vector<PreparedWindow>* windows =
        nullptr;  ///< none where each window starts from the one before
};

std::string name_of(const Case& one) {
    std::ostringstream text;
    text << "policy " << one.options.policy.text << ", " << one.set->cameras.size() << " streams, "
         << one.options.gpus << " GPUs";
    return text.str();
}

using Sets = std::map<std::size_t, const ProfileSet*>;
/// By number of streams, noise and whether estimates are pooled: what the predictions depend on.
using Prepared = std::map<std::tuple<std::size_t, double, bool>, std::vector<PreparedWindow>>;

void prepare(std::vector<Case>& cases, bool oracle, Prepared& prepared) {
    for (auto& one : cases) {
        if (one.options.keep_models) continue;
        const auto key = std::tuple(one.set->cameras.size(), one.options.noise,
                                    pools_estimates(one.options, oracle));
        auto found = prepared.find(key);
        if (found == prepared.end())
            found = prepared.emplace(key, prepare_windows(*one.set, one.options, oracle)).first;
        one.windows = &found->second;
    }
}

std::vector<Case> cases_of(const Sweep& sweep, const Sets& sets) {
    std::vector<Case> cases;
    for (const auto& policy : sweep.policies)
        for (const std::size_t streams : sweep.streams)
            for (const double gpus : sweep.gpus)
                for (const double noise : sweep.noise)
                    for (const double delay : sweep.delay)
                        for (const double window : sweep.window_seconds)
                            for (const double quantum : sweep.quantum) {
                                Case one{sweep.common, sets.at(streams), nullptr};
                                one.options.policy = policy;
                                one.options.gpus = gpus;
                                one.options.noise = noise;
                                one.options.delay = delay;
                                one.options.window_seconds = window;
                                one.options.policy.setting.options.thief.quantum = quantum;
                                // Fewer devices than a quantum are one unit.
                                one.options.policy.setting.options.thief.unit =
                                    gpus > 0 ? std::min(quantum, gpus) : quantum;
                                cases.push_back(std::move(one));
                            }
    return cases;
}

/// What bounds depend on, apart from what does not vary. Not so where each window starts from the
/// one before.
auto bound_key(const Case& one) {
    return std::tuple(one.set, one.options.gpus, one.options.window_seconds);
}

/// The first case of equal bounds computes them, the others take them over: they can take longer
/// than all planning.
std::vector<std::size_t> share_bounds(std::vector<Case>& cases) {
    std::map<decltype(bound_key(cases[0])), std::size_t> first;
    std::vector<std::size_t> from(cases.size());
    for (std::size_t c = 0; c < cases.size(); ++c) {
        from[c] =
            cases[c].options.keep_models ? c : first.emplace(bound_key(cases[c]), c).first->second;
        if (from[c] != c) cases[c].options.bound = {};
    }
    return from;
}

/// What runs on its own: one window, or all of a case where each starts from the one before.
struct Piece {
    std::size_t of = 0;
    std::size_t window = 0;
};

std::vector<Piece> pieces_of(const std::vector<Case>& cases) {
    std::vector<Piece> pieces;
    for (std::size_t c = 0; c < cases.size(); ++c) {
        const std::size_t count = cases[c].options.keep_models ? 1 : cases[c].set->windows.size();
        for (std::size_t w = 0; w < count; ++w) pieces.push_back({c, w});
    }
    return pieces;
}

void run_piece(const Case& one, const Piece& piece, Simulation& simulation) {
    with_context(name_of(one), [&] {
        if (one.options.keep_models)
            simulation = simulate(*one.set, one.options, simulation.oracle);
        else
            simulation.windows[piece.window] =
                simulate_window((*one.windows)[piece.window], *one.set, one.options);
    });
}

auto key_without_streams(const SimulationOptions& o) {
    return std::tuple(o.policy.text, o.gpus, o.noise, o.delay, o.window_seconds,
                      o.policy.setting.options.thief.quantum);
}

}  // namespace

std::vector<Simulation> run_sweep(const ProfileSet& set, bool oracle, const Sweep& sweep,
                                  const std::function<void(double)>& progress) {
    Sets sets;
    std::list<ProfileSet> parts;
    for (const std::size_t streams : sweep.streams) {
        if (sets.count(streams)) continue;
        sets[streams] = streams == 0 || streams == set.cameras.size()
                            ? &set
                            : &parts.emplace_back(first_streams(set, streams));
    }
    auto cases = cases_of(sweep, sets);
    Prepared prepared;
    prepare(cases, oracle, prepared);
    std::vector<Simulation> simulations;
    for (const auto& one : cases) {
        simulations.push_back({one.options, oracle, one.set->cameras.size(), 0, 0, {}, {}});
        simulations.back().windows.resize(one.set->windows.size());
    }
    const auto bounds_from = share_bounds(cases);
    const auto pieces = pieces_of(cases);
    parallel_for(
        pieces.size(), sweep.jobs,
        [&](std::size_t i) {
            run_piece(cases[pieces[i].of], pieces[i], simulations[pieces[i].of]);
        },
        [&](std::size_t done) {
            if (progress) progress(static_cast<double>(done) / static_cast<double>(pieces.size()));
        });
    for (std::size_t c = 0; c < simulations.size(); ++c) {
        auto& windows = simulations[c].windows;
        for (std::size_t w = 0; w < windows.size(); ++w)
            windows[w].bound = simulations[bounds_from[c]].windows[w].bound;
        summarise(simulations[c]);
    }
    return simulations;
}

std::vector<Capacity> capacities(const std::vector<Simulation>& simulations, double target) {
    std::vector<Capacity> found;
    for (const auto& simulation : simulations) {
        const auto same = [&](const Capacity& c) {
            return key_without_streams(c.options) == key_without_streams(simulation.options);
        };
        auto entry = std::find_if(found.begin(), found.end(), same);
        if (entry == found.end())
            entry =
                found.insert(found.end(), {simulation.options, simulation.oracle, target, 0, 0});
        if (simulation.mean_accuracy < target || simulation.streams < entry->streams) continue;
        entry->streams = simulation.streams;
        entry->mean_accuracy = simulation.mean_accuracy;
    }
    return found;
}

}  // namespace ekya

#include <algorithm>
#include <random>

#include "ekya/simulate/simulation.hpp"

namespace ekya {
namespace {

/// FNV-1a: the same with every compiler, which std::hash is not.
std::uint64_t hash_of(const std::string& text, std::uint64_t start) {
    std::uint64_t hash = start;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return (hash ^ 0xff) * 1099511628211ULL;
}

}  // namespace

void add_noise(std::vector<PlanningInput>& predicted, const std::string& window,
               double standard_deviation, std::uint64_t seed) {
    for (auto& stream : predicted)
        for (auto& entry : stream.retraining) {
            const std::uint64_t hash =
                hash_of(entry.id(),
                        hash_of(stream.stream, hash_of(window, 14695981039346656037ULL ^ seed)));
            std::mt19937_64 random(hash);
            std::normal_distribution<double> gaussian(0, standard_deviation);
            entry.accuracy = std::clamp(entry.accuracy + gaussian(random), 0.0, 1.0);
        }
}

}  // namespace ekya

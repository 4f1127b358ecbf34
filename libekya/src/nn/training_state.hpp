#pragma once
#include <filesystem>
#include <vector>

#include "ekya/nn/training.hpp"
#include "network.hpp"
#include "optimiser.hpp"
#include "random.hpp"

namespace ekya {

/// The state of a training that one process hands to another: everything that has changed since it
/// was set up.
struct TrainingState {
    Network& network;
    Optimiser& optimiser;
    std::vector<Random*> random;
    TrainingOutcome& outcome;
    std::vector<std::int64_t>& order;    ///< of the samples in the epoch under way
    std::vector<torch::Tensor>& losses;  ///< of its batches so far
    std::int64_t& step;
    std::int64_t& steps;

    /// @throws SystemError
    void write(const std::filesystem::path& file) const;
    /// @throws InputError for a file that is not of this training
    void read(const std::filesystem::path& file, const torch::Device& device);
};

}  // namespace ekya

#pragma once
#include <array>
#include <string>

#include "program.hpp"

namespace ekya {

/// What a convolution makes of its input.
struct Convolution {
    std::int64_t out;
    std::int64_t kernel = 1, stride = 1;
    Activation activation = Activation::relu;
    bool depthwise = false;  ///< one filter per channel
};

/// Writes a network down, operation by operation, and keeps count of the channels.
class ProgramBuilder {
public:
    explicit ProgramBuilder(const Architecture& architecture) : architecture_(architecture) {}

    /// Channels of the main path; the image has 3.
    [[nodiscard]] std::int64_t channels() const { return channels_[0]; }
    void convolve(const std::string& name, const std::string& norm, const Convolution& convolution,
                  Path from = Path::main, Path to = Path::main);
    void max_pool() { append({.kind = Operation::Kind::max_pool}); }
    void add(Activation activation) {
        append({.kind = Operation::Kind::add, .activation = activation});
    }
    void split();
    void deal();
    void interleave();
    void average_pool(Path from, Path to);
    void enlarge(Path like) { append({.kind = Operation::Kind::enlarge, .from = like}); }
    void concatenate(const std::vector<Path>& parts, Path to);
    /// What follows belongs to the last stage.
    void begin_last_stage() { program_.last_stage = program_.operations.size(); }
    /// The main path has the last value of this resolution: a detector keeps it.
    void end_level(Path level);
    /// A classifier: mean over the image, then the head: the hidden layer, if one is asked for, and
    /// the layer of that name. A detector: the neck and its head (zoo.hpp).
    [[nodiscard]] Program finish(const std::string& classifier);
    /// What follows belongs to the head.
    void begin_head() { program_.head = program_.operations.size(); }
    /// A detector whose head is written down already.
    [[nodiscard]] Program finish(Outputs outputs, FrameInput frames);

private:
    [[nodiscard]] bool detects() const { return architecture_.task == detection_task; }
    void add_neck();
    void append(Operation operation) { program_.operations.push_back(std::move(operation)); }
    std::int64_t& channels(Path path) { return channels_[static_cast<std::size_t>(path)]; }

    const Architecture& architecture_;
    Program program_;
    std::array<std::int64_t, path_count> channels_{3};
};

}  // namespace ekya

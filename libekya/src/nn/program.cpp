#include "program.hpp"

#include <array>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/nn/weights.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

using Kind = Operation::Kind;

struct Entry {
    const char* name;
    Program (*make)(const Architecture&);
    bool classifies = true;  ///< all of them detect
};
constexpr Entry zoo[] = {{"resnet18", resnet18},
                         {"mobilenet_v2", mobilenet_v2},
                         {"shufflenet_v2", shufflenet_v2},
                         {"fastestdet", fastestdet, /*classifies=*/false}};

const Entry* find(const std::string& network) {
    for (const auto& entry : zoo)
        if (network == entry.name) return &entry;
    return nullptr;
}

}  // namespace

std::vector<std::string> network_names(const std::string& task) {
    std::vector<std::string> names;
    for (const auto& entry : zoo)
        if (entry.classifies || task == detection_task) names.emplace_back(entry.name);
    return names;
}

void validate(const Architecture& architecture) {
    const bool detects = architecture.task == detection_task;
    const Entry* const entry = find(architecture.network);
    if (entry == nullptr || !(entry->classifies || detects)) {
        std::string message = "network: \"" + architecture.network + "\" is none of";
        for (const auto& name : network_names(architecture.task)) message += " " + name;
        throw DomainError(message);
    }
    require_in_range("width", architecture.width, 0.01, 4);
    if (!detects && architecture.task != classification_task)
        throw DomainError("task: \"" + architecture.task +
                          "\" is neither classification nor detection");
    require_in_range("input_size", architecture.input_size, detects ? 64 : 16,
                     detects ? 2048 : 224);
    require_in_range("input_height", architecture.input_height, 0, detects ? 2048 : 0);
    require_in_range("head_width", architecture.head_width, 0, detects ? 0 : limits::head_width);
    require_in_range("place_width", architecture.place_width, 0, detects ? 0 : limits::head_width);
    require_in_range("classes", architecture.classes, detects ? 1 : 2, detects ? 1000 : 1000000);
}

Cut cut_for(TrainedLayers layers) {
    switch (layers) {
        case TrainedLayers::head:
            return Cut::head;
        case TrainedLayers::last_stage:
            return Cut::last_stage;
        case TrainedLayers::all:
            break;
    }
    return Cut::image;
}

Program program_for(const Architecture& architecture) {
    validate(architecture);
    return find(architecture.network)->make(architecture);
}

std::int64_t parameter_count(const Program& program) {
    std::int64_t count = 0;
    for (const auto& o : program.operations) {
        if (o.kind == Kind::convolution)
            count +=
                o.in / o.groups * o.out * o.kernel * o.kernel + (o.norm.empty() ? 1 : 2) * o.out;
        if (o.kind == Kind::linear || o.kind == Kind::place) count += (o.in + 1) * o.out;
    }
    return count;
}

std::int64_t multiply_accumulates(const Program& program, int width, int height) {
    struct Size {
        std::int64_t width, height;
    };
    std::int64_t count = 0;
    std::array<Size, path_count> sizes{};
    sizes.fill({width, height});
    auto& main = sizes[0];
    const auto& branch = sizes[1];
    for (const auto& o : program.operations) {
        const auto& from = sizes[static_cast<std::size_t>(o.from)];
        auto& to = sizes[static_cast<std::size_t>(o.to)];
        const auto after = [&](std::int64_t side) {
            return (side + 2 * o.padding() - o.kernel) / o.stride + 1;
        };
        if (o.kind == Kind::convolution) {
            to = {after(from.width), after(from.height)};
            count += o.in / o.groups * o.out * o.kernel * o.kernel * to.width * to.height;
        }
        if (o.kind == Kind::max_pool || o.kind == Kind::average_pool)
            to = {(from.width + 1) / 2, (from.height + 1) / 2};
        if (o.kind == Kind::split || o.kind == Kind::deal) sizes[1] = main;
        if (o.kind == Kind::concatenate) to = sizes[static_cast<std::size_t>(o.parts.front())];
        if (o.kind == Kind::enlarge) main = from;
        if (o.kind == Kind::keep) to = main;
        if (o.kind == Kind::merge) main = branch;
        if (o.kind == Kind::linear || o.kind == Kind::place) count += o.in * o.out;
    }
    return count;
}

bool is_head(const std::string& tensor_name) {
    return first_class_row(tensor_name) || tensor_name.starts_with("hidden.") ||
           tensor_name.starts_with("place.") || tensor_name.starts_with("neck.") ||
           tensor_name.starts_with("head.") || tensor_name.starts_with("detect_head.");
}

std::optional<std::int64_t> first_class_row(const std::string& tensor_name) {
    if (tensor_name.starts_with("head.out.")) return box_outputs;
    for (const auto* const layer : {"fc.", "classifier.", fastestdet_class_layer})
        if (tensor_name.starts_with(layer)) return 0;
    return std::nullopt;
}

}  // namespace ekya

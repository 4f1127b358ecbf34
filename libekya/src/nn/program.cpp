#include "program.hpp"

#include "ekya/core/errors.hpp"
#include "ekya/nn/weights.hpp"
#include "zoo.hpp"

namespace ekya {
namespace {

using Kind = Operation::Kind;

struct Entry {
    const char* name;
    Program (*make)(const Architecture&);
};
constexpr Entry zoo[] = {
    {"resnet18", resnet18}, {"mobilenet_v2", mobilenet_v2}, {"shufflenet_v2", shufflenet_v2}};

const Entry* find(const std::string& network) {
    for (const auto& entry : zoo)
        if (network == entry.name) return &entry;
    return nullptr;
}

}  // namespace

const std::vector<std::string>& network_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> result;
        for (const auto& entry : zoo) result.emplace_back(entry.name);
        return result;
    }();
    return names;
}

void validate(const Architecture& architecture) {
    if (find(architecture.network) == nullptr) {
        std::string message = "network: \"" + architecture.network + "\" is none of";
        for (const auto& name : network_names()) message += " " + name;
        throw DomainError(message);
    }
    require_in_range("width", architecture.width, 0.01, 4);
    require_in_range("input_size", architecture.input_size, 16, 224);
    require_in_range("head_width", architecture.head_width, 0, 65536);
    require_in_range("place_width", architecture.place_width, 0, 65536);
    require_in_range("classes", architecture.classes, 2, 1000000);
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
            count += o.in / o.groups * o.out * o.kernel * o.kernel + 2 * o.out;
        if (o.kind == Kind::linear || o.kind == Kind::place) count += (o.in + 1) * o.out;
    }
    return count;
}

std::int64_t multiply_accumulates(const Program& program, int side) {
    std::int64_t count = 0;
    std::int64_t sides[2] = {side, side};  // of the main path and the branch
    for (const auto& o : program.operations) {
        auto& from = sides[static_cast<std::size_t>(o.from)];
        auto& to = sides[static_cast<std::size_t>(o.to)];
        if (o.kind == Kind::convolution) {
            to = (from + 2 * o.padding() - o.kernel) / o.stride + 1;
            count += o.in / o.groups * o.out * o.kernel * o.kernel * to * to;
        }
        if (o.kind == Kind::max_pool) to = (from + 1) / 2;
        if (o.kind == Kind::split) sides[1] = sides[0];
        if (o.kind == Kind::linear || o.kind == Kind::place) count += o.in * o.out;
    }
    return count;
}

bool is_head(const std::string& tensor_name) {
    return tensor_name.starts_with("fc.") || tensor_name.starts_with("classifier.") ||
           tensor_name.starts_with("hidden.") || tensor_name.starts_with("place.");
}

}  // namespace ekya

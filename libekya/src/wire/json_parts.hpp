#pragma once
#include <optional>

#include "ekya/core/box.hpp"
#include "ekya/core/config.hpp"
#include "ekya/wire/json.hpp"

namespace ekya {

inline Json box_json(const Box& box) { return Json::array({box.x0, box.y0, box.x1, box.y1}); }
inline Box box_from(const Json& json) { return {json.at(0), json.at(1), json.at(2), json.at(3)}; }

inline Json inference_json(const InferenceConfig& config) {
    return {{"frame_stride", config.frame_stride}, {"input_size", config.input_size}};
}
inline InferenceConfig inference_from(const Json& json) {
    return {json.at("frame_stride"), json.at("input_size")};
}

inline Json optional_json(const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
}
inline std::optional<double> optional_from(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional<double>(json.get<double>());
}

}  // namespace ekya

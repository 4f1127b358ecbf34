#include "ekya/video/teacher_effort.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "ekya/core/errors.hpp"
#include "ekya/video/box_fusion.hpp"

namespace ekya {
namespace {

constexpr std::array<std::pair<TeacherEffort, const char*>, 4> names{
    {{TeacherEffort::once, "once"},
     {TeacherEffort::flip, "flip"},
     {TeacherEffort::tiles, "tiles"},
     {TeacherEffort::full, "full"}}};

constexpr double tile_share = 4.0 / 7, large_tile_share = 3.0 / 4;  // of the frame's sides
constexpr int least_tile = 32;                                      // pixels
constexpr double cut_margin = 0.04;  // of a tile's side: a detector's boxes are not exact

/// One in each corner of the frame.
void add_tiles(std::vector<Look>& looks, double share, int width, int height) {
    const int tile_width = static_cast<int>(std::lround(share * width));
    const int tile_height = static_cast<int>(std::lround(share * height));
    if (std::min(tile_width, tile_height) < least_tile) return;
    for (const int y : {0, height - tile_height})
        for (const int x : {0, width - tile_width})
            looks.push_back({x, y, x + tile_width, y + tile_height});
}

FrameImage part_of(const FrameImage& image, const Look& look) {
    FrameImage part{look.x1 - look.x0, look.y1 - look.y0, {}};
    part.bgr.reserve(static_cast<std::size_t>(part.width) * part.height * 3);
    for (int y = look.y0; y < look.y1; ++y)
        for (int x = look.x0; x < look.x1; ++x) {
            const int from = look.mirrored ? look.x0 + look.x1 - 1 - x : x;
            const auto* pixel = &image.bgr[(static_cast<std::size_t>(y) * image.width + from) * 3];
            part.bgr.insert(part.bgr.end(), pixel, pixel + 3);
        }
    return part;
}

Box in_frame(const Box& box, const Look& look) {
    const double width = look.x1 - look.x0;
    const double x0 = look.mirrored ? width - box.x1 : box.x0;
    return {look.x0 + x0, look.y0 + box.y0, look.x0 + x0 + box.width(), look.y0 + box.y1};
}

/// The part of the frame in which it sees objects whole.
Box seen_by(const Look& look, const FrameImage& image) {
    const double x = cut_margin * (look.x1 - look.x0), y = cut_margin * (look.y1 - look.y0);
    return {look.x0 > 0 ? look.x0 + x : 0, look.y0 > 0 ? look.y0 + y : 0,
            look.x1 < image.width ? look.x1 - x : image.width,
            look.y1 < image.height ? look.y1 - y : image.height};
}

bool is_inside(const Box& box, const Box& outer) {
    return box.x0 >= outer.x0 && box.y0 >= outer.y0 && box.x1 <= outer.x1 && box.y1 <= outer.y1;
}

}  // namespace

TeacherEffort teacher_effort_from(const std::string& name) {
    for (const auto& [value, text] : names)
        if (name == text) return value;
    throw DomainError("teacher effort: \"" + name + "\" is not one of once, flip, tiles, full");
}

std::vector<Look> looks_of(TeacherEffort effort, int width, int height) {
    std::vector<Look> looks{{0, 0, width, height}};
    if (effort == TeacherEffort::tiles || effort == TeacherEffort::full)
        add_tiles(looks, tile_share, width, height);
    if (effort == TeacherEffort::full) add_tiles(looks, large_tile_share, width, height);
    if (effort == TeacherEffort::flip || effort == TeacherEffort::full)
        for (std::size_t i = 0, count = looks.size(); i < count; ++i) {
            looks.push_back(looks[i]);
            looks.back().mirrored = true;
        }
    return looks;
}

std::vector<Detection> detect_with_effort(const Detect& detect, const FrameImage& image,
                                          TeacherEffort effort, double max_overlap) {
    if (effort == TeacherEffort::once) return detect(image);
    std::vector<LookResult> results;
    for (const auto& look : looks_of(effort, image.width, image.height)) {
        auto& result = results.emplace_back();
        result.sees = seen_by(look, image);
        for (auto& detection : detect(part_of(image, look))) {
            detection.box = clip(in_frame(detection.box, look), image.width, image.height);
            if (is_inside(detection.box, result.sees))
                result.detections.push_back(std::move(detection));
        }
    }
    auto fused = fuse_boxes(results);
    for (auto& detection : fused)  // means are rounded
        detection.box = clip(detection.box, image.width, image.height);
    return without_doubles(std::move(fused), max_overlap);
}

}  // namespace ekya

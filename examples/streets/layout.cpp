#include "layout.hpp"

#include <array>

namespace ekya::streets {
namespace {

/// Traffic keeps to the right: two lanes, two cycleways at their edges, a pavement on each side.
void add_road(Layout& layout, Road road) {
    const auto along = unit(road.to - road.from);
    const auto right = right_of(along);
    const auto line = [&](double offset, bool back) {
        const Path path{road.from + right * offset, road.to + right * offset};
        return back ? Path{path.to, path.from} : path;
    };
    layout.lanes.push_back(line(road.width * 0.23, false));
    layout.lanes.push_back(line(-road.width * 0.23, true));
    layout.cycleways.push_back(line(road.width * 0.45, false));
    layout.cycleways.push_back(line(-road.width * 0.45, true));
    layout.walks.push_back(line(road.width * 0.5 + road.pavement * 0.55, false));
    layout.walks.push_back(line(-road.width * 0.5 - road.pavement * 0.55, true));

    const double size = length(road.to - road.from);
    for (double at = 1.5; at < size; at += 4.5) {
        for (const double side : {1.0, -1.0}) {
            const auto spot = road.from + along * at + right * (side * (road.width * 0.5 + 0.6));
            if (layout.camera.sees(spot) && spot.z < 38) layout.sign_spots.push_back(spot);
        }
    }
    for (const double at : road.crossings) {
        const auto middle = road.from + along * at;
        const double reach = road.width * 0.5 + road.pavement;
        layout.walks.push_back({middle + right * reach, middle - right * reach});
    }
    layout.roads.push_back(std::move(road));
}

Layout crossing(cv::Size frame, double move) {
    Layout layout{.camera = Camera(frame, 0.86, 6.8, 0.22)};
    add_road(layout,
             {.from = {-48, 25 + move}, .to = {48, 25 - move}, .width = 9, .crossings = {40, 57}});
    add_road(layout, {.from = {5.5, 12}, .to = {11 + move, 85}, .width = 7});
    layout.facades = {
        {{-45, 36}, {1.0, 36}}, {{1.0, 36}, {4, 95}}, {{19, 95}, {15, 36}}, {{15, 36}, {48, 36}}};
    layout.lamps = {{-12, 19.3}, {-2, 31}, {14, 31}, {12.5, 19}};
    layout.trees = {{-16, 33}, {-7, 33}, {19, 33}};
    return layout;
}

Layout main_street(cv::Size frame, double move) {
    Layout layout{.camera = Camera(frame, 0.92, 6.2, 0.24)};
    add_road(layout, {.from = {-11 + move, 11},
                      .to = {15, 85},
                      .width = 11,
                      .pavement = 3.5,
                      .crossings = {11, 34}});
    add_road(layout, {.from = {-2, 27 + move}, .to = {45, 19}, .width = 7, .pavement = 2.5});
    layout.facades = {{{-19, 11}, {9, 95}}, {{30, 95}, {14, 42}}, {{14, 42}, {48, 37}}};
    layout.lamps = {{-10.5, 22}, {-3.5, 42}, {10, 38}, {8, 17}};
    layout.trees = {{-9.5, 31}, {15, 38}, {24, 35}};
    return layout;
}

Layout market(cv::Size frame, double move) {
    Layout layout{.camera = Camera(frame, 0.86, 5.8, 0.25)};
    add_road(layout, {.from = {-45, 31 + move},
                      .to = {45, 27 - move},
                      .width = 8,
                      .pavement = 3.5,
                      .crossings = {38, 52}});
    add_road(layout, {.from = {-9, 12}, .to = {-17 - move, 80}, .width = 6.5, .pavement = 2.5});
    layout.walks.push_back({{-9, 15.5}, {12, 16.5}});
    layout.walks.push_back({{12, 19.5}, {-10, 18.5}});
    layout.walks.push_back({{-2, 15}, {8, 24}});
    layout.walks.push_back({{9, 15}, {1, 24}});
    layout.cycleways.push_back({{-16, 20.5}, {18, 19}});
    layout.cycleways.push_back({{16, 17.5}, {-14, 16.2}});
    layout.facades = {{{-48, 44}, {-24, 42}},
                      {{-24, 42}, {-29, 92}},
                      {{-11, 92}, {-6, 39}},
                      {{-6, 39}, {46, 37}}};
    layout.lamps = {{-4, 23}, {9, 23}, {2.5, 35}, {16, 34}};
    layout.stalls = {{3, 36.2}, {8, 36}, {13, 35.8}, {18.5, 35.5}, {11, 21.8}};
    layout.trees = {{-4, 37}, {22, 35}};
    return layout;
}

}  // namespace

std::string street_name(int camera) {
    static constexpr std::array names{"crossing", "main-street", "market",
                                      "station",  "bridge-road", "harbour",
                                      "school",   "parkway",     "hill-street"};
    const auto index = static_cast<std::size_t>(camera);
    if (index < names.size()) return names[index];
    return "street-" + std::to_string(camera + 1);
}

Layout make_layout(int camera, cv::Size frame, Random& random) {
    const double move = random.uniform(-1.2, 1.2);
    switch (camera % 3) {
        case 0:
            return crossing(frame, move);
        case 1:
            return main_street(frame, move);
        default:
            return market(frame, move);
    }
}

}  // namespace ekya::streets

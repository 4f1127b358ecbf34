#include "vehicle_shapes.hpp"

namespace ekya::streets {
namespace {

using enum Material;

BodyShape sedan() {
    return {.profile = {{2.2, .35},
                        {2.2, .75},
                        {1.1, .95},
                        {.45, 1.42},
                        {-1, 1.42},
                        {-1.6, 1},
                        {-2.2, .95},
                        {-2.2, .35}},
            .edges = {body, body, glass, body, glass, body, body, belly},
            .windows = {{{.95, .97}, {.4, 1.34}, {-.25, 1.34}, {-.25, .97}},
                        {{-.32, .97}, {-.32, 1.34}, {-.95, 1.34}, {-1.45, .98}}},
            .load = {},
            .wheels = {{1.35, .33}, {-1.35, .33}}};
}

BodyShape hatchback() {
    return {.profile = {{1.95, .35},
                        {1.95, .75},
                        {1.05, .98},
                        {.5, 1.48},
                        {-1.5, 1.48},
                        {-1.9, 1},
                        {-1.95, .35}},
            .edges = {body, body, glass, body, glass, body, belly},
            .windows = {{{.9, 1}, {.45, 1.4}, {-.3, 1.4}, {-.3, 1}},
                        {{-.38, 1}, {-.38, 1.4}, {-1.35, 1.4}, {-1.65, 1}}},
            .load = {},
            .wheels = {{1.2, .32}, {-1.25, .32}}};
}

BodyShape estate() {
    return {.profile = {{2.25, .35},
                        {2.25, .78},
                        {1.2, .96},
                        {.6, 1.46},
                        {-1.95, 1.44},
                        {-2.2, .95},
                        {-2.25, .35}},
            .edges = {body, body, glass, body, glass, body, belly},
            .windows = {{{1.05, .98}, {.55, 1.38}, {-.2, 1.38}, {-.2, .98}},
                        {{-.28, .98}, {-.28, 1.38}, {-1.75, 1.36}, {-1.95, .98}}},
            .load = {},
            .wheels = {{1.4, .33}, {-1.4, .33}}};
}

BodyShape suv() {
    return {.profile = {{2.3, .45},
                        {2.3, 1},
                        {1.2, 1.12},
                        {.65, 1.75},
                        {-1.9, 1.75},
                        {-2.25, 1.1},
                        {-2.3, .45}},
            .edges = {body, body, glass, body, glass, body, belly},
            .windows = {{{1, 1.15}, {.6, 1.65}, {-.3, 1.65}, {-.3, 1.15}},
                        {{-.4, 1.15}, {-.4, 1.65}, {-1.8, 1.65}, {-2, 1.15}}},
            .load = {},
            .wheels = {{1.45, .4}, {-1.45, .4}},
            .half_width = 0.97};
}

BodyShape coupe() {
    return {.profile =
                {{2.2, .28}, {2.2, .6}, {.9, .85}, {.1, 1.2}, {-.8, 1.18}, {-2, .9}, {-2.1, .28}},
            .edges = {body, body, glass, body, glass, body, belly},
            .windows = {{{.7, .86}, {.05, 1.13}, {-.7, 1.12}, {-1.1, .88}}},
            .load = {},
            .wheels = {{1.35, .34}, {-1.35, .34}}};
}

BodyShape microcar() {
    return {.profile = {{1.25, .35}, {1.3, .85}, {.8, 1.5}, {-1, 1.6}, {-1.35, .9}, {-1.35, .35}},
            .edges = {body, glass, body, glass, body, belly},
            .windows = {{{1.1, .92}, {.7, 1.42}, {-.9, 1.5}, {-1.1, .92}}},
            .load = {},
            .wheels = {{.9, .3}, {-.9, .3}},
            .half_width = 0.78};
}

BodyShape people_carrier() {
    return {.profile = {{2.2, .4},
                        {2.2, .95},
                        {1.55, 1.15},
                        {.8, 1.82},
                        {-2.1, 1.85},
                        {-2.35, 1.1},
                        {-2.35, .4}},
            .edges = {body, body, glass, body, glass, body, belly},
            .windows = {{{1.3, 1.15}, {.75, 1.7}, {-.4, 1.72}, {-.4, 1.15}},
                        {{-.5, 1.15}, {-.5, 1.72}, {-2, 1.74}, {-2.15, 1.15}}},
            .load = {},
            .wheels = {{1.45, .35}, {-1.4, .35}},
            .half_width = 0.95};
}

BodyShape van() {
    return {.profile = {{2.7, .4}, {2.7, 1.1}, {2.1, 1.3}, {1.5, 2.2}, {-2.7, 2.3}, {-2.7, .4}},
            .edges = {body, body, glass, body, body, belly},
            .windows = {{{1.95, 1.35}, {1.45, 2.05}, {.8, 2.05}, {.8, 1.35}}},
            .load = {{.7, .7}, {.7, 2.1}, {-2.6, 2.2}, {-2.6, .7}},
            .wheels = {{1.75, .38}, {-1.7, .38}},
            .half_width = 1.0};
}

BodyShape box_truck() {
    return {
        .profile =
            {{3.7, .5}, {3.7, 1.3}, {3.5, 2.5}, {2.1, 2.5}, {2.1, 3.3}, {-3.7, 3.3}, {-3.7, .7}},
        .edges = {body, glass, body, load, load, load, belly},
        .windows = {{{3.5, 1.4}, {3.35, 2.3}, {2.5, 2.3}, {2.5, 1.4}}},
        .load = {{2.05, .95}, {2.05, 3.3}, {-3.7, 3.3}, {-3.7, .95}},
        .wheels = {{2.6, .48}, {-1.6, .48}, {-2.6, .48}},
        .half_width = 1.2};
}

BodyShape bus() {
    return {.profile = {{4.8, .4}, {4.8, 1.1}, {4.7, 2.8}, {-4.8, 2.9}, {-4.8, .4}},
            .edges = {body, glass, body, body, belly},
            .windows = {{{4.5, 1.3}, {4.5, 2.4}, {2.4, 2.4}, {2.4, 1.3}},
                        {{2.2, 1.3}, {2.2, 2.4}, {0, 2.4}, {0, 1.3}},
                        {{-.2, 1.3}, {-.2, 2.4}, {-2.3, 2.4}, {-2.3, 1.3}},
                        {{-2.5, 1.3}, {-2.5, 2.4}, {-4.5, 2.4}, {-4.5, 1.3}}},
            .load = {},
            .wheels = {{3.1, .5}, {-2.9, .5}},
            .half_width = 1.22};
}

BodyShape tipper() {
    return {
        .profile =
            {{3.2, .5}, {3.2, 1.4}, {2.9, 2.5}, {1.5, 2.5}, {1.4, 1.9}, {-3.2, 1.9}, {-3.2, .8}},
        .edges = {body, glass, body, body, dark, load, belly},
        .windows = {{{3, 1.45}, {2.75, 2.3}, {1.9, 2.3}, {1.9, 1.45}}},
        .load = {{1.35, 1.0}, {1.35, 1.9}, {-3.2, 1.9}, {-3, 1.0}},
        .wheels = {{2.2, .48}, {-1.3, .48}, {-2.3, .48}},
        .half_width = 1.15};
}

BodyShape pickup() {
    return {.profile = {{2.6, .45},
                        {2.6, 1},
                        {1.4, 1.12},
                        {.8, 1.75},
                        {-.5, 1.75},
                        {-.75, 1.1},
                        {-2.6, 1.1},
                        {-2.6, .45}},
            .edges = {body, body, glass, body, glass, dark, body, belly},
            .windows = {{{1.2, 1.15}, {.75, 1.65}, {-.45, 1.65}, {-.6, 1.15}}},
            .load = {},
            .wheels = {{1.65, .4}, {-1.65, .4}},
            .half_width = 0.97};
}

BodyShape delivery_van() {
    return {.profile = {{2, .38}, {2, .95}, {1.5, 1.1}, {1, 1.78}, {-2.05, 1.85}, {-2.1, .38}},
            .edges = {body, body, glass, body, body, belly},
            .windows = {{{1.35, 1.12}, {.95, 1.65}, {.25, 1.65}, {.25, 1.12}}},
            .load = {{.15, .6}, {.15, 1.7}, {-2, 1.72}, {-2, .6}},
            .wheels = {{1.3, .33}, {-1.3, .33}},
            .half_width = 0.9};
}

BodyShape minibus() {
    return {.profile = {{2.8, .4}, {2.8, 1.05}, {2.3, 1.25}, {1.75, 2.1}, {-2.8, 2.15}, {-2.8, .4}},
            .edges = {body, body, glass, body, glass, belly},
            .windows = {{{2.1, 1.25}, {1.65, 1.95}, {.6, 1.95}, {.6, 1.25}},
                        {{.45, 1.25}, {.45, 1.95}, {-1.1, 1.98}, {-1.1, 1.25}},
                        {{-1.25, 1.25}, {-1.25, 1.98}, {-2.6, 1.98}, {-2.6, 1.25}}},
            .load = {},
            .wheels = {{1.8, .38}, {-1.8, .38}},
            .half_width = 1.0};
}

}  // namespace

const std::vector<BodyShape>& car_shapes() {
    static const std::vector<BodyShape> shapes{sedan(), hatchback(), estate(),        suv(),
                                               coupe(), microcar(),  people_carrier()};
    return shapes;
}

const std::vector<BodyShape>& truck_shapes() {
    static const std::vector<BodyShape> shapes{van(),    box_truck(),    bus(),    tipper(),
                                               pickup(), delivery_van(), minibus()};
    return shapes;
}

}  // namespace ekya::streets

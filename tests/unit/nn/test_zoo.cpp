#include <doctest/doctest.h>

#include "ekya/core/errors.hpp"
#include "ekya/nn/weights.hpp"
#include "network.hpp"
#include "small_network.hpp"
#include "zoo.hpp"

using namespace ekya;

namespace {

Architecture published(const std::string& network, double width = 1) {
    return {network, width, 224, 0, 1000};
}

double giga_macs(const std::string& network, double width = 1) {
    return static_cast<double>(multiply_accumulates(published(network, width))) / 1e9;
}

/// Side of what the last convolution puts out, from what it adds to the count.
std::int64_t last_side(const std::string& network, int input_size) {
    const Program program = program_for({network, 1, input_size, 0, 10});
    const Program without_head{
        {program.operations.begin(),
         program.operations.begin() + static_cast<std::ptrdiff_t>(program.head)},
        0,
        0};
    auto until_last = without_head;
    while (until_last.operations.back().kind != Operation::Kind::convolution)
        until_last.operations.pop_back();
    auto before_last = until_last;
    const Operation last = before_last.operations.back();
    before_last.operations.pop_back();
    const auto cost = multiply_accumulates(until_last, input_size, input_size) -
                      multiply_accumulates(before_last, input_size, input_size);
    const auto per_pixel = last.in / last.groups * last.out * last.kernel * last.kernel;
    std::int64_t side = 1;
    while (side * side * per_pixel < cost) ++side;
    CHECK(side * side * per_pixel == cost);
    return side;
}

}  // namespace

TEST_CASE("zoo: parameters of the published networks, 1000 classes") {
    CHECK(parameter_count(published("resnet18")) == 11'689'512);
    CHECK(parameter_count(published("mobilenet_v2")) == 3'504'872);
    CHECK(parameter_count(published("shufflenet_v2", 0.5)) == 1'366'792);
    CHECK(parameter_count(published("shufflenet_v2", 1.0)) == 2'278'604);
    CHECK(parameter_count(published("shufflenet_v2", 1.5)) == 3'503'624);
    CHECK(parameter_count(published("shufflenet_v2", 2.0)) == 7'393'996);
}

TEST_CASE("zoo: multiply-accumulates of the published networks at 224 pixels") {
    CHECK(giga_macs("resnet18") == doctest::Approx(1.81).epsilon(0.005));
    CHECK(giga_macs("mobilenet_v2") == doctest::Approx(0.30).epsilon(0.005));
    CHECK(giga_macs("shufflenet_v2", 1) == doctest::Approx(0.146).epsilon(0.01));
    CHECK(giga_macs("shufflenet_v2", 0.5) == doctest::Approx(0.041).epsilon(0.02));
}

TEST_CASE("zoo: what is counted is what is built") {
    for (const auto& name : network_names())
        for (const double width : {0.25, 0.6, 1.3}) {
            const Architecture architecture{name, width, 32, 24, 5};
            std::int64_t count = 0;
            for (const auto& parameter : make_network(architecture, 1)->parameters())
                count += parameter.numel();
            CHECK(parameter_count(architecture) == count);
        }
}

TEST_CASE("zoo: small inputs keep a picture to look at in the last stage") {
    for (const auto& name : network_names()) {
        CAPTURE(name);
        CHECK(last_side(name, 224) == 7);
        CHECK(last_side(name, 128) == 4);
        CHECK(last_side(name, 64) == 2);
        CHECK(last_side(name, 49) == 2);
        CHECK(last_side(name, 48) == 3);
        CHECK(last_side(name, 32) == 2);
        CHECK(last_side(name, 16) == 1);
    }
}

TEST_CASE("scaled_channels: multiples of 8, at least 8") {
    CHECK(scaled_channels(64, 1.0) == 64);
    CHECK(scaled_channels(64, 0.25) == 16);
    CHECK(scaled_channels(64, 0.3) == 16);
    CHECK(scaled_channels(64, 0.02) == 8);
    CHECK(scaled_channels(512, 0.5) == 256);
}

TEST_CASE("zoo: a wider network costs more, a narrower one less") {
    for (const auto& name : network_names())
        for (const auto& [narrow, wide] : {std::pair{0.125, 0.5},
                                           {0.5, 0.75},
                                           {0.75, 1.0},
                                           {1.0, 1.25},
                                           {1.5, 1.75},
                                           {2.0, 3.0}}) {
            CHECK(parameter_count(published(name, narrow)) <
                  parameter_count(published(name, wide)));
            CHECK(multiply_accumulates(published(name, narrow)) <
                  multiply_accumulates(published(name, wide)));
        }
}

TEST_CASE("validate architecture: names the field") {
    const auto complaint = [](auto change) -> std::string {
        auto architecture = test::small_architecture();
        change(architecture);
        try {
            validate(architecture);
        } catch (const DomainError& error) {
            return error.what();
        }
        return "";
    };
    CHECK(complaint([](Architecture& a) { a.network = "vgg"; }) ==
          "network: \"vgg\" is none of resnet18 mobilenet_v2 shufflenet_v2");
    CHECK(complaint([](Architecture& a) { a.width = 0; }).starts_with("width"));
    CHECK(complaint([](Architecture& a) { a.input_size = 15; }).starts_with("input_size"));
    CHECK(complaint([](Architecture& a) { a.input_size = 225; }).starts_with("input_size"));
    CHECK(complaint([](Architecture& a) { a.head_width = -1; }).starts_with("head_width"));
    CHECK(complaint([](Architecture& a) { a.classes = 1; }).starts_with("classes"));
    CHECK_NOTHROW(validate(test::small_architecture()));
}

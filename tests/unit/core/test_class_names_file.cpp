#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "ekya/core/class_names_file.hpp"
#include "ekya/core/errors.hpp"

using namespace ekya;

TEST_CASE("class names: one a line, from the only file beside the model") {
    const auto directory = std::filesystem::temp_directory_path() / "ekya-class-names-file";
    std::filesystem::create_directory(directory);
    std::ofstream(directory / "a.names") << "person\r\ntraffic light  \n\ncar";
    CHECK(class_names_beside(directory / "a.onnx") == directory / "a.names");
    CHECK(read_class_names(directory / "a.names") ==
          std::vector<std::string>{"person", "traffic light", "car"});
    std::ofstream(directory / "b.names") << "dog\n";
    CHECK_THROWS_AS(static_cast<void>(class_names_beside(directory / "a.onnx")), InputError);
    CHECK_THROWS_AS(static_cast<void>(read_class_names(directory / "none")), InputError);
    std::filesystem::remove_all(directory);
}

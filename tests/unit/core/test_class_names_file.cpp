#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "ekya/core/class_names_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"

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

TEST_CASE("class names: control characters, blanks in front, long and too many ones are refused") {
    const auto file = std::filesystem::temp_directory_path() / "ekya-hostile.names";
    const auto complaint = [&](const std::string& content) {
        std::ofstream(file, std::ios::binary) << content;
        try {
            (void)read_class_names(file);
            return std::string("read");
        } catch (const InputError& e) {
            return std::string(e.what());
        }
    };
    const std::string place = file.string() + ":2: ";
    for (const std::string& name :
         {std::string(" car"), std::string("\x1b[31mcar"), std::string("a\tb"), std::string("\xff"),
          std::string("a\0b", 3), std::string("\xc2\x9b") + "31m", std::string("a\rb"),
          std::string(limits::class_bytes + 1, 'c'), std::string(10'000'000, 'c')}) {
        const auto message = complaint("car\n" + name + "\nbus\n");
        CHECK(message.substr(0, place.size()) == place);
        CHECK(message.find("is not the name of a class") != std::string::npos);
        CHECK(is_plain_text(message));
        CHECK(message.size() < 1000);
    }
    std::string many;
    for (std::size_t i = 0; i <= limits::classes; ++i) many += "c" + std::to_string(i) + "\n";
    CHECK(complaint(many).find("more than 65536 classes") != std::string::npos);
    CHECK(complaint("car, red\nStra\xc3\x9f"
                    "e\n") == "read");
    std::filesystem::remove(file);
}

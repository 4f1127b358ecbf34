#include <doctest/doctest.h>

#include <chrono>

#include "ekya/core/errors.hpp"
#include "ekya/video/annotations.hpp"
#include "scratch.hpp"

using namespace ekya;
using namespace ekya::test;

namespace {

const std::vector<std::string> classes = {"car", "pedestrian"};
const std::string header = "frame,class,x0,y0,x1,y1\n";

AnnotationTable table_of(const std::string& content) {
    const Scratch scratch;
    write(scratch.file("boxes.csv"), content);
    return read_annotations(scratch.file("boxes.csv"), classes);
}

std::string complaint(const std::string& content) {
    return message_of<InputError>([&] { (void)table_of(content); });
}

}  // namespace

TEST_CASE("read_annotations: rows by frame, in any order of the file") {
    const auto table =
        table_of(header + "3,car,1,2,3,4\n0,pedestrian,0,0,10,20\n3,pedestrian,5.5,6,7.5,8\n");
    CHECK(table.size() == 3);
    CHECK(table.of(0).size() == 1);
    CHECK(table.of(1).empty());
    REQUIRE(table.of(3).size() == 2);
    CHECK(table.of(3)[0].class_name == "car");
    CHECK(table.of(3)[1].box == Box{5.5, 6, 7.5, 8});
    CHECK(table.of(-1).empty());
    CHECK(contains(table.place(0), "boxes.csv:3"));
}

TEST_CASE("read_annotations: CRLF, spaces, blank lines, byte order mark, no newline at the end") {
    const auto table = table_of(
        "\xEF\xBB\xBF frame , class,x0,y0,x1,y1 \r\n\r\n 0 , car , 1 ,2, 3,4 \r\n\n1,car,1,2,3,4");
    CHECK(table.size() == 2);
    CHECK(table.of(0)[0].box == Box{1, 2, 3, 4});
}

TEST_CASE("read_annotations: messages name file, line, what was found and what was expected") {
    CHECK(contains(complaint(""),
                   "boxes.csv: the file is empty, expected the header frame,class,x0,y0,x1,y1"));
    CHECK(contains(complaint("\xEF\xBB\xBF\n \n"), "the file is empty"));
    CHECK(contains(complaint("0,car,1,2,3,4\n"),
                   "boxes.csv:1: found \"0,car,1,2,3,4\", expected the header"));
    CHECK(contains(complaint(header), "boxes.csv: no boxes after the header"));
    CHECK(contains(complaint(header + "0,car,1,2,3,4\n0,car,1,2,3\n"),
                   "boxes.csv:3: found 5 fields, expected 6"));
    CHECK(contains(complaint(header + "0,car,1,2,3,4,5\n"),
                   "boxes.csv:2: found 7 fields, expected 6"));
    CHECK(contains(complaint(header + "0,car,one,2,3,4\n"),
                   "boxes.csv:2: x0: \"one\" is not a number"));
    CHECK(contains(complaint(header + "0,car,1,nan,3,4\n"),
                   "boxes.csv:2: y0: \"nan\" is not a number"));
    CHECK(contains(complaint(header + "0,car,1,2,inf,4\n"), "x1: \"inf\" is not a number"));
    CHECK(contains(complaint(header + "0,car,1,2,3,\n"), "y1: \"\" is not a number"));
    CHECK(contains(complaint(header + "0,car,1,2,3,4px\n"), "y1: \"4px\" is not a number"));
    CHECK(contains(complaint(header + "-1,car,1,2,3,4\n"), "boxes.csv:2: frame: -1 is negative"));
    CHECK(
        contains(complaint(header + "1.5,car,1,2,3,4\n"), "frame: \"1.5\" is not a whole number"));
    CHECK(contains(complaint(header + "0,car,3,2,3,4\n"),
                   "boxes.csv:2: x1: 3 is not greater than x0 (3)"));
    CHECK(contains(complaint(header + "0,car,1,9,3,4\n"),
                   "boxes.csv:2: y1: 4 is not greater than y0 (9)"));
    CHECK(contains(
        complaint(header + "0,lorry,1,2,3,4\n"),
        "boxes.csv:2: class: \"lorry\" is not one of the stream's classes: car, pedestrian"));
}

TEST_CASE("read_annotations: a missing file is an InputError that names it") {
    CHECK(contains(
        message_of<InputError>([] { (void)read_annotations("/no/such/boxes.csv", classes); }),
        "/no/such/boxes.csv"));
}

TEST_CASE("check_inside: clips boxes over the border, refuses one outside and says where it is") {
    auto table = table_of(header + "0,car,-5,2,30,40\n1,car,1,2,3,4\n1,car,90,40,101,51\n");
    CHECK(check_inside(table, 100, 50) == 2);
    CHECK(table.of(0)[0].box == Box{0, 2, 30, 40});
    CHECK(table.of(1)[1].box == Box{90, 40, 100, 50});
    CHECK(check_inside(table, 100, 50) == 0);

    auto outside = table_of(header + "5,car,-5,2,30,40\n\n0,car,100,2,110,4\n");
    const auto message = message_of<InputError>([&] { check_inside(outside, 100, 50); });
    CHECK(contains(message, "boxes.csv:4: the box lies completely outside the frame of 100 x 50"));
    CHECK(outside.of(5)[0].box.x0 == -5);
}

TEST_CASE("read_annotations: the CamVid sequences") {
    const std::vector<std::string> names = {"car", "pedestrian", "bicyclist", "sign"};
    for (const auto& [name, boxes] :
         {std::pair{"camvid/0001TP.csv", 905U}, {"camvid/day-dusk.csv", 3339U}}) {
        if (const auto file = shared_data(name)) {
            auto table = read_annotations(*file, names);
            CHECK(table.size() == boxes);
            CHECK(check_inside(table, 480, 360) == 0);
        }
    }
}

TEST_CASE("read_annotations: hostile numbers and names are refused in words that are harmless") {
    for (const char* row :
         {"0,car,nan,0,1,1", "0,car,0,0,inf,1", "0,car,0,0,1e999,1", "0,car,-inf,0,1,1",
          "0,car,0,0,0,1", "0,car,0,0,-1,1", "-1,car,0,0,1,1", "9223372036854775808,car,0,0,1,1",
          "1e3,car,0,0,1,1", "0x1,car,0,0,1,1", "0,,0,0,1,1", "0,car,0,0,1", "0,car,0,0,1,1,1",
          "0,car,0x10,0,1,1", "0,car,0;0,0,1,1", "0,\x1b[2Jcar,0,0,1,1", ",,,,,", "0,car,0,0,1,"}) {
        CAPTURE(row);
        CHECK(contains(complaint(header + row + "\n"), "boxes.csv:2: "));
    }
    const auto table = table_of(header + "9223372036854775807,car,-1e300,-1e300,1e300,1e300\n");
    CHECK(table.of(9223372036854775807).size() == 1);
    auto clipped = table;
    CHECK(check_inside(clipped, 320, 180) == 1);
    CHECK(clipped.rows()[0].box == Box{0, 0, 320, 180});
}

TEST_CASE("read_annotations: very many classes and rows take no time that grows with both") {
    std::vector<std::string> many;
    for (int i = 0; i < 40000; ++i) many.push_back("class-" + std::to_string(i));
    std::string content = header;
    for (int i = 0; i < 200000; ++i) content += std::to_string(i) + ",class-39999,0,0,1,1\n";
    const Scratch scratch;
    write(scratch.file("boxes.csv"), content);
    const auto start = std::chrono::steady_clock::now();
    CHECK(read_annotations(scratch.file("boxes.csv"), many).size() == 200000);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    write(scratch.file("boxes.csv"), header + "0,other,0,0,1,1\n");
    CHECK(message_of<InputError>([&] {
              (void)read_annotations(scratch.file("boxes.csv"), many);
          }).size() < 700);
}

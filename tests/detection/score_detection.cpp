// score-detection ANSWERS TRUTH FRAMES last|track: the score of a window of FRAMES frames.
//   in: ekya.inference/1, JSON Lines: what was answered, and what there is      out:
//   ekya.accuracy/1
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "ekya/live/answer_file.hpp"
#include "ekya/live/window_score.hpp"
#include "ekya/wire/records.hpp"

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: score-detection ANSWERS TRUTH FRAMES last|track\n";
        return 2;
    }
    try {
        std::map<std::int64_t, std::vector<ekya::Annotation>> truth;
        for (const auto& frame : ekya::read_answers(argv[2], false))
            for (const auto& object : frame.objects)
                truth[frame.frame].push_back({frame.frame, object.class_name, object.box});
        const ekya::WindowAnswers window{
            0, std::atoll(argv[3]), ekya::read_answers(argv[1], false), {}};
        auto result = ekya::score_detection_window(
            window,
            [&](std::int64_t frame) { return std::span<const ekya::Annotation>(truth[frame]); },
            ekya::carry_from(argv[4]));
        result.stream = "scored";
        std::cout << ekya::to_line(ekya::encode(result)) << "\n";
    } catch (const std::exception& e) {
        std::cerr << "score-detection: error: " << e.what() << "\n";
        return 1;
    }
    return 0;
}

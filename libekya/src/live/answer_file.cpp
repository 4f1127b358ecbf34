#include "ekya/live/answer_file.hpp"

#include <fstream>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/wire/records.hpp"

namespace ekya {

std::vector<FrameAnswer> read_answers(const std::filesystem::path& file, bool tolerate_cut) {
    std::ifstream in(file, std::ios::binary);
    std::vector<FrameAnswer> answers;
    JsonLines lines(in, file.string());
    try {
        while (const auto json = lines.next())
            answers.push_back(decode<FrameAnswer>(*json, lines.place()));
    } catch (const InputError&) {
        if (!tolerate_cut || in.peek() != std::ifstream::traits_type::eof()) throw;
    }
    return answers;
}

std::vector<FrameAnswer> answers_to_resume(const std::filesystem::path& file,
                                           std::optional<int> newest) {
    auto answers = read_answers(file, true);
    if (newest)
        std::erase_if(answers, [&](const auto& answer) {
            return answer.window > *newest + limits::window_leap;
        });
    if (answers.empty()) return answers;
    const int window = answers.back().window;
    std::erase_if(answers, [&](const auto& answer) { return answer.window < window - 1; });
    return answers;
}

void mend_cut_line(const std::filesystem::path& file) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(file, none))) return;
    std::ifstream in(file, std::ios::binary);
    if (!in) return;
    std::string line;
    std::uintmax_t whole = 0;  // bytes
    while (std::getline(in, line) && !in.eof()) whole += line.size() + 1;
    in.close();
    std::error_code code;
    if (std::filesystem::file_size(file, code) != whole) std::filesystem::resize_file(file, whole);
}

}  // namespace ekya

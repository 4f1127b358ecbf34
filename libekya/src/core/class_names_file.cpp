#include "ekya/core/class_names_file.hpp"

#include <sstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"

namespace ekya {

std::vector<std::string> read_class_names(const std::filesystem::path& file) {
    std::istringstream lines(read_file(file));
    std::vector<std::string> names;
    long number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        line.erase(line.find_last_not_of(" \t\r") + 1);
        if (line.empty()) continue;
        const std::string place = file.string() + ":" + std::to_string(number);
        if (!is_class_name(line))
            throw InputError(place + ": \"" + printable(line, limits::quoted_bytes) +
                             "\" is not the name of a class: 1 to " +
                             std::to_string(limits::class_bytes) +
                             " bytes, no control characters, no blanks at its ends");
        if (names.size() == limits::classes)
            throw InputError(place + ": more than " + std::to_string(limits::classes) + " classes");
        names.push_back(line);
    }
    return names;
}

std::filesystem::path class_names_beside(const std::filesystem::path& model) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    const auto directory =
        model.parent_path().empty() ? std::filesystem::path(".") : model.parent_path();
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().extension() == ".names") found.push_back(entry->path());
    if (found.size() != 1)
        throw InputError(
            model.string() + ": found " + std::to_string(found.size()) +
            " *.names files beside the model, expected one; name the file of class names");
    return found.front();
}

}  // namespace ekya

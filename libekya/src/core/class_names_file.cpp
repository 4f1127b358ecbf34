#include "ekya/core/class_names_file.hpp"

#include <sstream>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"

namespace ekya {

std::vector<std::string> read_class_names(const std::filesystem::path& file) {
    std::istringstream lines(read_file(file));
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        line.erase(line.find_last_not_of(" \t\r") + 1);
        if (!line.empty()) names.push_back(line);
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

#include "ekya/store/class_list.hpp"

#include <algorithm>
#include <map>

#include "ekya/core/errors.hpp"

namespace ekya {

bool continues(const std::vector<std::string>& found, const std::vector<std::string>& wanted) {
    return found.size() <= wanted.size() && std::equal(found.begin(), found.end(), wanted.begin());
}

std::vector<int> outputs_left(const std::vector<std::string>& found,
                              const std::vector<std::string>& wanted) {
    std::map<std::string, int> output_of;
    for (const auto& name : found)
        output_of.emplace(name, static_cast<int>(output_of.size()));  // names differ
    std::vector<int> outputs;
    std::string fresh;  // the first new class
    for (const auto& name : wanted) {
        const auto known = output_of.find(name);
        if (known == output_of.end()) {
            if (fresh.empty()) fresh = name;
            continue;
        }
        if (!fresh.empty())
            throw InputError("class " + fresh + " is new and stands before " + name +
                             "; new classes come at the end of the list");
        outputs.push_back(known->second);
    }
    if (outputs.size() < 2)
        throw InputError("of the model's classes fewer than two are left; it needs a new store");
    return outputs;
}

}  // namespace ekya

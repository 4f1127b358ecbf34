#include "ekya/store/class_list.hpp"

#include <algorithm>

#include "ekya/core/errors.hpp"

namespace ekya {

bool continues(const std::vector<std::string>& found, const std::vector<std::string>& wanted) {
    return found.size() <= wanted.size() && std::equal(found.begin(), found.end(), wanted.begin());
}

std::vector<int> outputs_left(const std::vector<std::string>& found,
                              const std::vector<std::string>& wanted) {
    std::vector<int> outputs;
    std::string fresh;  // the first new class
    for (const auto& name : wanted) {
        const auto known = std::find(found.begin(), found.end(), name);
        if (known == found.end()) {
            if (fresh.empty()) fresh = name;
            continue;
        }
        if (!fresh.empty())
            throw InputError("class " + fresh + " is new and stands before " + name +
                             "; new classes come at the end of the list");
        outputs.push_back(static_cast<int>(known - found.begin()));
    }
    if (outputs.size() < 2)
        throw InputError("of the model's classes fewer than two are left; it needs a new store");
    return outputs;
}

}  // namespace ekya

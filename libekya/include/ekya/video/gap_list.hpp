#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ekya/core/limits.hpp"

namespace ekya {

/// What happened to a stream, in words. The first limits::told_gaps are kept, the others counted:
/// a damaged source has one at every frame.
class GapList {
public:
    void add(std::string gap) {
        if (gaps_.size() < limits::told_gaps)
            gaps_.push_back(std::move(gap));
        else
            ++untold_;
    }
    /// All since the call before; the last one says how many are left out.
    [[nodiscard]] std::vector<std::string> take() {
        if (untold_ > 0) gaps_.push_back("and " + std::to_string(untold_) + " more");
        untold_ = 0;
        return std::exchange(gaps_, {});
    }

private:
    std::vector<std::string> gaps_;
    std::size_t untold_ = 0;
};

}  // namespace ekya

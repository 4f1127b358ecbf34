#pragma once
#include <string>
#include <vector>

#include "ekya/store/store.hpp"

namespace ekya {

struct RenamedClass {
    int records = 0;                     ///< that were changed
    std::vector<std::string> set_aside;  ///< what was damaged, for people; it has the old name
};

/// Gives a class another name in everything that a stream has learned: its labels, of crops and of
/// boxes in frames, and its models' cards. Damaged windows and label sets are set aside first.
/// Done again after it was interrupted, it does what is left.
/// @throws ConfigError if the stream knows the new name already; InputError if a label set cannot
/// be read and is not set aside. Nothing is changed then
RenamedClass rename_class(const Store& store, const std::string& stream,
                          const std::string& old_name, const std::string& new_name);

}  // namespace ekya

#pragma once
#include <string>

#include "ekya/store/store.hpp"

namespace ekya {

/// Gives a class another name in everything that a stream has learned: its labels and its models'
/// cards. Done again after it was interrupted, it does what is left.
/// @return records changed   @throws ConfigError if the stream knows the new name already
int rename_class(const Store& store, const std::string& stream, const std::string& old_name,
                 const std::string& new_name);

}  // namespace ekya

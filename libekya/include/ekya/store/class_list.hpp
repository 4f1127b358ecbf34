#pragma once
#include <string>
#include <vector>

namespace ekya {

/// Whether a model of the classes `found` can go on as it is with a list that says `wanted`: these
/// are all of the list, or its first ones.
[[nodiscard]] bool continues(const std::vector<std::string>& found,
                             const std::vector<std::string>& wanted);

/// The outputs of a model of the classes `found` that a list of `wanted` leaves it, as indices into
/// `found`, in the list's order. New classes are not among them: the next training adds them.
/// @throws InputError if the model cannot go on with them: fewer than two are left, or new classes
/// do not stand at the end of the list
[[nodiscard]] std::vector<int> outputs_left(const std::vector<std::string>& found,
                                            const std::vector<std::string>& wanted);

}  // namespace ekya

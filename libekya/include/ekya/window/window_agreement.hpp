#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ekya/store/store.hpp"

namespace ekya {

/// Agreement of the model that served when the window was labelled with the golden model, on its
/// labels; none if annotations labelled it, if it has no labels, or none that can be read.
[[nodiscard]] std::optional<Agreement> golden_agreement(const Store& store,
                                                        const std::string& stream, int window);

/// For a line on the screen: "84 %" where the window was scored with annotations, "agrees 84 %
/// (72-92, n 41)" where it was not, "-" if neither is known.
[[nodiscard]] std::string score_text(const Store& store, const std::string& stream, int window);

/// "window 3:  gate 84 %  yard agrees 91 % (80-96, n 50)", in further lines what does not fit.
[[nodiscard]] std::vector<std::string> score_lines(const Store& store,
                                                   const std::vector<std::string>& streams,
                                                   int window);

}  // namespace ekya

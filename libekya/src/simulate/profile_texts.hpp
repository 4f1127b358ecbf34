#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ekya/simulate/reference_profiles.hpp"

namespace ekya {

// The published profile format, read from texts; where they come from is up to the caller. `place`
// is the file's name in messages. Private to the module; errors as in reference_profiles.hpp.

/// The cameras that a manifest.json names, in its order.
[[nodiscard]] std::vector<std::string> manifest_cameras(std::string_view text,
                                                        const std::string& place);

/// Adds a camera and its estimates from the text of its <camera>.json. The first one decides which
/// windows there are.
void add_camera(ProfileSet& set, const std::string& camera, std::string_view text,
                const std::string& place, const std::vector<InferenceEstimate>& inference,
                bool oracle);

/// read_inference_profile() and read_inference_estimates() from the text of the CSV file.
[[nodiscard]] InferenceCurve inference_profile(const std::string& text, const std::string& place,
                                               double full_share);
[[nodiscard]] std::vector<InferenceEstimate> inference_estimates(const std::string& text,
                                                                 const std::string& place,
                                                                 double full_share);

}  // namespace ekya

#include "ekya/profile/trial.hpp"

#include <algorithm>
#include <sstream>

namespace ekya {

std::string TrialRequest::name() const {
    std::ostringstream text;
    text << to_string(layers) << "-b" << batch_size << "-h" << head_width << "-lr" << learning_rate;
    return text.str();
}

bool has_stalled(std::span<const double> accuracy_per_epoch, int patience) {
    const auto best = std::max_element(accuracy_per_epoch.begin(),
                                       accuracy_per_epoch.end());  // the first of equals
    return accuracy_per_epoch.end() - best > patience;
}

}  // namespace ekya

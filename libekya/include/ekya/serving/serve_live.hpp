#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "ekya/serving/stream_server.hpp"

namespace ekya {

/// Serves streams until all are done or `interrupted` says so: frames of different streams that
/// wait at the same moment are classified together, no frame waits for another stream's. CPU time
/// is booked to streams by their objects.
void serve_live(const std::vector<std::unique_ptr<StreamServer>>& servers, const Clock& clock,
                const std::function<bool()>& interrupted);

}  // namespace ekya

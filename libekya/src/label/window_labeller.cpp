#include "ekya/label/window_labeller.hpp"

#include <filesystem>

#include "ekya/core/clock.hpp"
#include "ekya/task/task.hpp"
#include "golden_watch.hpp"
#include "labellers.hpp"

namespace ekya {

std::unique_ptr<WindowLabeller> window_labeller(const LabelRequest& request) {
    auto manifest = request.store.window(request.stream.id, request.window);
    return task_of(manifest).finds_objects() ? frame_labeller(request, std::move(manifest))
                                             : crop_labeller(request, std::move(manifest));
}

LabelSet label_window(const LabelRequest& request) {
    const SystemClock clock;
    const auto start = clock.now();
    const auto& options = request.options;
    LabelSet set;
    set.stream = request.stream.id;
    set.window = request.window;
    set.teacher = std::filesystem::path(options.golden.teacher).filename().string();
    set.fraction = options.fraction;
    GoldenWatch watch(request);
    const auto labeller = window_labeller(request);
    watch.answered(set);
    const std::size_t count = labeller->choose(), step = labeller->step();
    for (std::size_t first = 0; first < count && set.complete; first += step) {
        request.check_interrupted();
        labeller->label(first, std::min(step, count - first), set);
        watch.answered(set);
        if (request.progress) request.progress(std::min(first + step, count), count);
        set.complete = options.max_seconds <= 0 || clock.now() - start < options.max_seconds ||
                       first + step >= count;
    }
    labeller->conclude(set);
    set.seconds = clock.now() - start;
    return set;
}

}  // namespace ekya

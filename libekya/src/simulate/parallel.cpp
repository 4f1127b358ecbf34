#include "parallel.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace ekya {

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work,
                  const std::function<void(std::size_t)>& progress) {
    std::mutex mutex;
    std::size_t next = 0, done = 0;
    std::exception_ptr failure;
    const auto run = [&] {
        for (;;) {
            std::size_t index = 0;
            {
                const std::lock_guard lock(mutex);
                if (failure || next == count) return;
                index = next++;
            }
            try {
                work(index);
                const std::lock_guard lock(mutex);
                ++done;
                if (progress && !failure) progress(done);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure) failure = std::current_exception();
            }
        }
    };
    std::vector<std::jthread> others;
    const auto wanted = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    try {
        for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(run);
    } catch (const std::system_error&) {  // there cannot be more; these do all the work
    }
    run();
    others.clear();  // waits for them
    if (failure) std::rethrow_exception(failure);
}

}  // namespace ekya

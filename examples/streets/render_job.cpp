#include "render_job.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "errors.hpp"
#include "outputs.hpp"
#include "stream_renderer.hpp"
#include "video_writer.hpp"

namespace ekya::streets {
namespace {

std::atomic<int> signal_seen = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler writes it");

/// One camera with its files; works in slices, so that cameras can take turns on the threads.
class Job {
public:
    Job(const Settings& settings, int camera, const Outputs& outputs, long frames)
        : renderer_(settings, camera),
          video_(outputs.aside(street_name(camera) + ".mp4"), {settings.width, settings.height},
                 settings.fps),
          annotations_(outputs.aside(street_name(camera) + ".csv")),
          frames_(frames) {}

    void work(long count) {
        for (const long end = std::min(done_ + count, frames_); done_ < end && signal_seen == 0;
             ++done_) {
            video_.write(renderer_.next());
            annotations_.write(done_, renderer_.annotations());
        }
        if (done_ < frames_) return;
        video_.finish();
        annotations_.finish();
    }
    [[nodiscard]] long done() const { return done_; }
    [[nodiscard]] bool finished() const { return done_ >= frames_; }

private:
    StreamRenderer renderer_;
    VideoWriter video_;
    AnnotationWriter annotations_;
    long frames_;
    long done_ = 0;
};

/// What the threads share: a camera is with one thread at a time, the one that is furthest behind
/// goes first.
class Queue {
public:
    Queue(const Settings& settings, const Outputs& outputs)
        : settings_(settings),
          outputs_(outputs),
          frames_(std::max(1L, std::lround(settings.seconds * settings.fps))),
          cameras_(static_cast<std::size_t>(settings.cameras)) {}

    void work() {
        try {
            for (Slot* slot = take(); slot != nullptr; slot = take()) {
                const int camera = static_cast<int>(slot - cameras_.data());
                if (!slot->job)
                    slot->job = std::make_unique<Job>(settings_, camera, outputs_, frames_);
                slot->job->work(settings_.fps);
                give_back(*slot);
            }
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!failure_) failure_ = std::current_exception();
            changed_.notify_all();
        }
    }
    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    struct Slot {
        std::unique_ptr<Job> job;
        long done = 0;
        bool busy = false;
        bool finished = false;
    };

    Slot* take() {
        std::unique_lock lock(mutex_);
        for (;;) {
            if (failure_ || signal_seen != 0) return nullptr;
            Slot* next = nullptr;
            bool open = false;
            for (auto& slot : cameras_) {
                open = open || !slot.finished;
                if (slot.busy || slot.finished) continue;
                if (next == nullptr || slot.done < next->done) next = &slot;
            }
            if (next != nullptr) {
                next->busy = true;
                return next;
            }
            if (!open) return nullptr;
            changed_.wait(lock);
        }
    }
    void give_back(Slot& slot) {
        const std::scoped_lock lock(mutex_);
        slot.done = slot.job->done();
        slot.finished = slot.job->finished();
        slot.busy = false;
        if (slot.finished) slot.job.reset();
        changed_.notify_all();
        show_progress();
    }
    void show_progress() const {
        if (isatty(STDERR_FILENO) == 0) return;
        long done = 0;
        for (const auto& slot : cameras_) done += slot.done;
        const long all = frames_ * static_cast<long>(cameras_.size());
        std::fprintf(stderr, "\rekya-example-streets: %ld of %ld frames%s", done, all,
                     done == all ? "\n" : "");
    }

    const Settings& settings_;
    const Outputs& outputs_;
    long frames_;
    std::vector<Slot> cameras_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::exception_ptr failure_;
};

}  // namespace

int stop_signal() { return signal_seen; }

void stop_on_signals() {
    const auto note = [](int number) { signal_seen = number; };
    std::signal(SIGINT, note);
    std::signal(SIGTERM, note);
}

void render_streets(const Settings& settings) {
    std::vector<std::string> streams;
    for (int camera = 0; camera < settings.cameras; ++camera)
        streams.push_back(street_name(camera));
    Outputs outputs(settings.output, streams, settings.overwrite);
    cv::setNumThreads(1);  // the cameras are what runs side by side

    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int threads = std::min(settings.threads > 0 ? settings.threads : cores, settings.cameras);
    Queue queue(settings, outputs);
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < threads; ++i) workers.emplace_back([&queue] { queue.work(); });
    }
    queue.rethrow();
    if (signal_seen == 0) outputs.commit();
}

}  // namespace ekya::streets

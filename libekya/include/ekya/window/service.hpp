#pragma once
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ekya/core/clock.hpp"
#include "ekya/core/run_clock.hpp"
#include "ekya/store/retention.hpp"
#include "ekya/store/store.hpp"
#include "ekya/window/base_models.hpp"
#include "ekya/window/boxes.hpp"
#include "ekya/window/event_watch.hpp"
#include "ekya/window/run_state_file.hpp"
#include "ekya/window/stream_programs.hpp"
#include "ekya/window/supervisor.hpp"
#include "ekya/window/window_runner.hpp"

namespace ekya {

/// Cameras that are served for years.
struct ServiceOptions {
    std::filesystem::path list;  ///< ekya.streams/1; read again when it has changed
    ProgramOptions programs;
    BaseModelOptions base;  ///< its streams are the list's
    WindowOptions window;   ///< what all windows have in common
    bool on_cpu = true;     ///< networks run on the CPU here, which decoding takes time of
    RetentionRule retention;
    double least_free_gigabytes = 1;  ///< of the disk; with less nothing is recorded
};

/// Records all cameras of a list, trains a base model for each that has none, and from then on
/// serves them live while retraining windows run one after the other, for ever. A camera that is
/// away, a program that fails, a disk that is full stop nothing but themselves, and are tried
/// again. Started anew, it goes on with what the store holds; at most the running window is lost.
///
/// Windows are the same for all cameras and by the clock: window w begins when window w - 1 ends,
/// and learns from it. A camera without a model takes the one of another camera with the same
/// classes if there is one when it is new; else its base model is trained on its first windows.
class Service {
public:
    struct Hooks {
        std::function<void()> check;   ///< often; throws to end the service
        std::function<bool()> reload;  ///< the list shall be read again
        std::function<void(const std::string&)> say;
        std::function<void(const Event&)> event = [](const Event&) {};
    };
    /// @throws InputError, ConfigError if the list cannot be read
    Service(ServiceOptions options, Boxes& boxes, Clock& clock, Hooks hooks);

    /// Runs until hooks.check throws.
    [[noreturn]] void run();

private:
    struct Camera {
        StreamSource source;
        bool recorded = false;  ///< ingestion was started for this source
        bool ended = false;     ///< its video has
        int late = 0;           ///< windows in a row that were not stored in time
        bool renewed = false;  ///< its programs are to be started again with what the list says now
        std::string base_job;  ///< that runs for its base model; empty = none
        std::vector<int> base_windows;  ///< still to label for it
        int base_tried = -1;            ///< window at which that was tried last
        bool check_classes = true;      ///< whether the serving model has those of the list
        bool unfit = false;             ///< it has not, and is not retrained until it has
        std::string fit_job;            ///< that mends it; empty = none
        std::string fit_problem;        ///< why that could not; empty = it could
    };
    void read_list(bool first);
    void take(std::vector<StreamSource> sources);
    void keep_list(const std::vector<StreamSource>& sources);
    void add(const StreamSource& source);
    void adopt_model(const StreamSource& source);
    [[nodiscard]] bool list_changed();

    void pump(Seconds limit);
    void look_aside();
    void take_ends(Executor& executor, Seconds limit);
    void announce() const;
    [[nodiscard]] std::string base_windows_text() const;
    void take_turn(int window);
    void wait_until(double time);
    void ended(const JobEnd& end);
    void look_after_cameras();
    void guarded(const char* what, const std::function<void()>& work);
    void look_after(const std::string& id, Camera& camera);
    void keep_ingestion(const std::string& id);
    void keep_inference(const std::string& id);
    void look_at_disk();
    void note_state();
    void look_for_events();

    [[nodiscard]] double begin_of(int window) const {
        return start_ + (window - first_) * o_.programs.seconds;
    }
    [[nodiscard]] int window_at(double time) const;
    /// run_time(), by this service's clock.
    [[nodiscard]] double now() const { return start_ + (clock_.now() - started_); }
    /// That a window may be stored late.
    [[nodiscard]] Seconds lateness() const { return std::min(5.0, 0.1 * o_.programs.seconds); }
    [[nodiscard]] std::vector<std::string> wait_for_windows(int window);
    void look_at_inference(const std::string& id);
    [[nodiscard]] bool serves(const std::string& id) const;
    [[nodiscard]] bool lacks_model(const std::string& id) const;
    void run_window(int window, std::vector<std::string> streams);
    void begin_base_models(int window);
    void look_at_classes(const std::string& id, Camera& camera);
    [[nodiscard]] bool fitted(const JobEnd& end, const std::string& id, Camera& camera);
    void next_base_job(const std::string& id, Camera& camera);
    void report(int window) const;
    void apply_retention();

    ServiceOptions o_;
    Store store_;
    Boxes& boxes_;
    Clock& clock_;
    Hooks hooks_;
    StreamPrograms programs_;
    BaseModelJobs base_jobs_;
    Supervisor supervisor_;
    EventWatch events_;
    StampClock stamps_;  ///< for the age of what the store holds
    std::map<std::string, Camera> cameras_;
    std::set<std::string> leaving_;  ///< names of programs that are to end
    std::filesystem::file_time_type list_time_;
    std::string retention_problem_;  ///< told of last
    bool uncounted_told_ = false;
    Seconds next_look_ = 0, next_trouble_ = 0, next_retention_ = 0;
    bool recording_ = true;  ///< the disk has room
    RunStateFile state_;
    std::optional<int> window_;  ///< that runs
    int first_ = 0;              ///< window that began at start_
    double start_ = 0;           ///< run_time()
    Seconds started_ = 0;        ///< the same moment on the clock
};

}  // namespace ekya

#include "ekya/store/retention.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "ekya/core/errors.hpp"
#include "inside.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr double hour = 3600, gigabyte = 1e9;
constexpr int remembered_profiles = 51;  // windows whose profiles planning draws together

double modified(const fs::path& path) {
    std::error_code code;
    const auto time = fs::last_write_time(path, code);
    if (code) return 0;
    const auto system = std::chrono::file_clock::to_sys(time);
    return std::chrono::duration<double>(system.time_since_epoch()).count();
}

/// Of the disk: the size of a file with holes says nothing. What a link leads to is not the
/// store's.
std::uintmax_t size_of(const fs::path& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return 0;
    if (S_ISREG(found.st_mode)) return static_cast<std::uintmax_t>(found.st_blocks) * 512;
    if (!S_ISDIR(found.st_mode)) return 0;
    std::error_code code;
    std::uintmax_t sum = 0;
    for (fs::recursive_directory_iterator entry(path, code), end; !code && entry != end;
         entry.increment(code)) {
        std::error_code ignored;
        if (!entry->is_directory(ignored)) sum += size_of(entry->path());
    }
    return sum;
}

/// Something that may go.
struct Item {
    fs::path path;
    int Pruned::*kind = nullptr;  ///< where it is counted
    std::string stream;           ///< empty = of no stream
    double time = 0;              ///< Unix time of its last change
    std::uintmax_t bytes = 0;
};

std::vector<fs::path> entries(const fs::path& directory) {
    std::vector<fs::path> found;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(directory, code))
        if (entry.path().filename().string().front() != '.') found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

class Pruning {
public:
    Pruning(const Store& store, const RetentionRule& rule, double now,
            std::function<void(const fs::path&)> going = {})
        : store_(store), rule_(rule), now_(now), going_(std::move(going)) {}

    [[nodiscard]] int run_on_frames() {
        // Windows behind the newest ones lost theirs when they were among these, or soon after.
        const std::size_t most = 2 * newest_windows() + 2;
        for (const auto& stream : store_.streams()) {
            auto windows = store_.windows(stream);
            if (windows.size() > most)
                windows.erase(windows.begin(), windows.end() - static_cast<std::ptrdiff_t>(most));
            for (std::size_t i = 0; i < windows.size(); ++i)
                drop_frames_if_due(stream, windows[i], i + newest_windows() < windows.size());
        }
        return result_.frames;
    }

    [[nodiscard]] Pruned run() {
        for (const auto& stream : store_.streams())
            if (std::error_code none; !fs::is_symlink(store_.stream_directory(stream), none))
                look_at(stream);
        for (const char* kind : {"logs", "jobs"})
            for (const auto& path : entries(store_.root() / kind))
                if (is_of_a_window(path))
                    add(path, &Pruned::others, "");
                else
                    keep(path, "");
        for (const auto& path : entries(store_.root() / "plans")) add(path, &Pruned::others, "");
        std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
            return std::tie(a.time, a.path) < std::tie(b.time, b.path);
        });
        delete_items();
        return result_;
    }

private:
    void add(const fs::path& path, int Pruned::*kind, const std::string& stream) {
        if (leads_out(store_.root(), path.parent_path())) return;
        const auto bytes = size_of(path);
        items_.push_back({path, kind, stream, modified(path), bytes});
        held_[stream] += bytes;
    }
    /// What is still needed counts as well.
    void keep(const fs::path& path, const std::string& stream) {
        if (!leads_out(store_.root(), path.parent_path())) held_[stream] += size_of(path);
    }
    static bool is_of_a_window(const fs::path& path) {
        const std::string name = path.filename();
        return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    }

    void look_at(const std::string& stream) {
        const fs::path directory = store_.root() / "streams" / stream;
        const auto windows = store_.windows(stream);
        const auto needed = needed_windows(stream, windows);
        drop_leftovers(directory);
        for (const char* kind : {"windows", "models"}) drop_leftovers(directory / kind);
        const auto newest = windows.size() - std::min(windows.size(), newest_windows());
        for (std::size_t i = 0; i < windows.size(); ++i) {
            const int window = windows[i];
            drop_frames_if_due(stream, window, i < newest);
            const auto path = store_.window_directory(stream, window);
            if (needed.contains(window))
                keep(path, stream);
            else
                add(path, &Pruned::windows, stream);
        }
        look_at_models(stream);
        for (const char* kind : {"results", "retrainings", "truth"})
            for (const auto& path : entries(directory / kind)) add(path, &Pruned::others, stream);
        auto profiles = entries(directory / "profiles");
        const auto old =
            profiles.size() - std::min<std::size_t>(profiles.size(), remembered_profiles);
        for (std::size_t i = 0; i < profiles.size(); ++i)
            if (i < old)
                add(profiles[i], &Pruned::others, stream);
            else
                keep(profiles[i], stream);
    }

    /// Of a stream whose record of what serves cannot be read, every model may be the one.
    void look_at_models(const std::string& stream) {
        const auto models = entries(store_.root() / "streams" / stream / "models");
        std::optional<std::set<std::string>> needed;
        try {
            served_[stream] = served(stream);
            needed = needed_models(stream);
        } catch (const InputError& e) {
            if (!models.empty()) stuck("the models of stream " + stream + ": " + e.what());
        }
        for (const auto& path : models)
            if (!needed || needed->contains(path.filename()) || is_pinned(path))
                keep(path, stream);
            else
                add(path, &Pruned::models, stream);
    }

    void stuck(std::string why) {
        ++result_.stuck;
        result_.why = std::move(why);
    }

    /// The newest ones, and the newest labelled ones that hold the exemplars.
    [[nodiscard]] std::set<int> needed_windows(const std::string& stream,
                                               const std::vector<int>& windows) const {
        std::set<int> needed;
        int exemplars = 0;
        for (auto window = windows.rbegin(); window != windows.rend(); ++window) {
            const bool newest = needed.size() < newest_windows();
            if (newest) needed.insert(*window);
            if (exemplars >= rule_.exemplars || !store_.has_labels(stream, *window)) continue;
            try {
                const auto set = store_.labels(stream, *window);
                const auto labels = set.labels.size() + set.frames.size();
                exemplars += static_cast<int>(labels);
                if (labels > 0) needed.insert(*window);
            } catch (const InputError&) {
                continue;  // damaged labels teach nothing
            }
        }
        return needed;
    }

    using Served = std::pair<std::optional<std::string>, std::optional<std::string>>;
    [[nodiscard]] Served served(const std::string& stream) const {
        return {store_.serving(stream), store_.served_before(stream)};
    }

    [[nodiscard]] std::set<std::string> needed_models(const std::string& stream) const {
        std::set<std::string> needed, parents;
        for (const auto& id : {store_.serving(stream), store_.served_before(stream)})
            if (id) needed.insert(*id);
        for (const auto& card : store_.model_cards(stream))
            if (needed.contains(card.id) && card.parent_stream.empty()) parents.insert(card.parent);
        needed.merge(parents);
        return needed;
    }

    [[nodiscard]] std::size_t newest_windows() const {
        return static_cast<std::size_t>(std::max(rule_.newest_windows, 1));
    }

    /// What a killed program was writing, replacing or deleting.
    void drop_leftovers(const fs::path& directory) {
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(directory, code)) {
            const std::string name = entry.path().filename();
            const bool leftover = name.front() == '.' && (name.find(".part") != name.npos ||
                                                          name.find(".old") != name.npos ||
                                                          name.find(".gone") != name.npos);
            if (!leftover || now_ - modified(entry.path()) < hour) continue;
            if (leads_out(store_.root(), directory)) return;
            std::error_code ignored;
            fs::remove_all(entry.path(), ignored);
        }
    }

    /// File names of the frames that a window's labels are about, which are learned from.
    [[nodiscard]] std::set<std::string> labelled_frames(const std::string& stream,
                                                        int window) const {
        std::set<std::string> images;
        if (!store_.has_labels(stream, window)) return images;
        const auto labels = store_.labels(stream, window).frames;
        if (labels.empty()) return images;
        const auto manifest = store_.window(stream, window);
        for (const auto& label : labels)
            if (static_cast<std::size_t>(label.frame) < manifest.frames.size())
                images.insert(manifest.frames[static_cast<std::size_t>(label.frame)].image);
        return images;
    }

    void drop_frames_if_due(const std::string& stream, int window, bool is_old) {
        if (rule_.keep_frames || !(is_old || store_.has_labels(stream, window))) return;
        std::set<std::string> learned_from;
        try {
            // Only a window without crops is learned from by its frames.
            std::error_code code;
            if (!fs::exists(store_.window_directory(stream, window) / "crops.png", code) && !code)
                learned_from = labelled_frames(stream, window);
        } catch (const InputError&) {
            return;  // damaged; it goes with its window
        }
        for (const auto& path : entries(store_.window_directory(stream, window))) {
            const std::string name = path.filename();
            if (name.rfind("frame-", 0) != 0 || learned_from.contains(name)) continue;
            const auto bytes = size_of(path);
            if (!remove(path)) continue;
            result_.bytes += bytes;
            ++result_.frames;
        }
    }

    /// One that cannot be looked for is taken to be there.
    static bool is_pinned(const fs::path& model) {
        std::error_code code;
        return fs::exists(model / "pinned", code) || code;
    }

    /// Someone may have chosen another model since look_at_models().
    [[nodiscard]] bool is_needed(const Item& item) const {
        if (item.kind != &Pruned::models) return false;
        try {
            if (is_pinned(item.path)) return true;
            return served(item.stream) != served_.at(item.stream) &&
                   needed_models(item.stream).contains(item.path.filename());
        } catch (const InputError&) {
            return true;
        }
    }

    void delete_items() {
        std::uintmax_t all = 0;
        for (const auto& [stream, bytes] : held_) all += bytes;
        auto& of_stream = held_;
        const auto stored = size_of(store_.root());
        result_.uncounted = stored - std::min(all, stored);
        const auto above = [](std::uintmax_t bytes, double gigabytes) {
            return gigabytes > 0 && static_cast<double>(bytes) > gigabytes * gigabyte;
        };
        for (const auto& item : items_) {
            auto& camera = of_stream[item.stream];
            const bool old = rule_.keep_hours > 0 && now_ - item.time > rule_.keep_hours * hour;
            const bool camera_full = !item.stream.empty() && above(camera, rule_.camera_gigabytes);
            if (!old && !above(all, rule_.keep_gigabytes) && !camera_full) continue;
            if (going_) going_(item.path);
            if (is_needed(item) || !remove(item.path)) continue;
            ++(result_.*item.kind);
            result_.bytes += item.bytes;
            all -= std::min(all, item.bytes);
            camera -= std::min(camera, item.bytes);
        }
        result_.kept = all;
        result_.too_much = above(all, rule_.keep_gigabytes);
        for (const auto& [stream, bytes] : of_stream)
            if (!stream.empty() && above(bytes, rule_.camera_gigabytes)) result_.too_much = true;
    }

    /// A symbolic link goes, never what it leads to; nothing goes behind one that leads out of the
    /// store.
    [[nodiscard]] bool remove(const fs::path& path) {
        if (leads_out(store_.root(), path.parent_path())) return false;
        const fs::path gone = path.parent_path() / ("." + path.filename().string() + ".gone");
        std::error_code code;
        fs::rename(path, gone, code);
        if (std::error_code none; code && fs::exists(fs::symlink_status(gone, none))) {
            fs::remove_all(gone, code);  // what an earlier one has left
            if (!code) fs::rename(path, gone, code);
        }
        if (!code) fs::remove_all(gone, code);
        if (!code) return true;
        stuck(path.string() + ": " + code.message());
        return false;
    }

    const Store& store_;
    const RetentionRule& rule_;
    double now_;
    std::function<void(const fs::path&)> going_;
    std::vector<Item> items_;
    std::map<std::string, Served> served_;        ///< by stream, as look_at_models() found it
    std::map<std::string, std::uintmax_t> held_;  ///< bytes of each stream; "" = of none
    Pruned result_;
};

}  // namespace

Pruned prune(const Store& store, const RetentionRule& rule, double now,
             const std::function<void(const fs::path&)>& going) {
    return Pruning(store, rule, now, going).run();
}

int prune_frames(const Store& store, const RetentionRule& rule) {
    return Pruning(store, rule, 0).run_on_frames();
}

std::uintmax_t free_bytes(const fs::path& directory) {
    std::error_code code;
    const auto space = fs::space(directory, code);
    return code ? std::numeric_limits<std::uintmax_t>::max() : space.available;
}

}  // namespace ekya

#include "ekya/store/quarantine.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <tuple>

#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/text.hpp"
#include "inside.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr int looked_at = 3;  // windows before one

/// Whether an error in reading a file says something of its content: the file can be read, or is
/// not there, which its directory was not renamed into place without.
bool tells_of_damage(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return errno == ENOENT || errno == ELOOP || errno == ENOTDIR;
    struct stat found {};
    char byte = 0;
    const bool readable = ::fstat(descriptor, &found) == 0 &&
                          (!S_ISREG(found.st_mode) || ::read(descriptor, &byte, 1) >= 0);
    ::close(descriptor);
    return readable;
}

/// Why something is damaged; none if it is not, or if one of the files could not be read.
std::optional<std::string> damage(const std::vector<fs::path>& files,
                                  const std::function<void()>& read) {
    try {
        read();
    } catch (const InputError& e) {
        if (std::ranges::all_of(files, tells_of_damage)) return e.what();
    } catch (const fs::filesystem_error& e) {  // a link that leads to itself
        if (std::ranges::all_of(files, tells_of_damage)) return e.what();
    }
    return std::nullopt;
}

/// @throws InputError if a label is of a crop or frame that the window has not
void require_labelled(const WindowManifest& window, const LabelSet& labels) {
    const auto frames = static_cast<int>(window.frames.size());
    if ((!labels.labels.empty() && labels.labels.back().crop >= window.crops) ||
        (!labels.frames.empty() && labels.frames.back().frame >= frames))
        throw InputError("labels of more crops or frames than the window has");
}

/// "windows/00003" of a stream becomes "quarantine/windows-00003", or ".1", ".2" behind it.
fs::path place_for(const fs::path& owner, const fs::path& what) {
    std::string name = what.lexically_relative(owner).string();
    std::ranges::replace(name, '/', '-');
    const fs::path directory = owner / "quarantine";
    fs::create_directories(directory);
    for (int i = 0; i < limits::quarantine_names; ++i) {
        fs::path place = directory / (i == 0 ? name : name + "." + std::to_string(i));
        std::error_code code;
        if (!fs::exists(fs::symlink_status(place, code))) return place;
    }
    throw SystemError(directory.string() + ": has " + std::to_string(limits::quarantine_names) +
                      " of the name " + name + " already");
}

class Quarantine {
public:
    explicit Quarantine(fs::path root) : root_(std::move(root)) {}

    /// @param owner  the stream's directory, or the store's
    /// @return whether it is out of the way
    bool set_aside(const fs::path& owner, const fs::path& what, const std::string& text) {
        std::error_code code;
        if (!fs::exists(fs::symlink_status(what, code))) {  // another process was faster
            told.push_back(text);
            return true;
        }
        try {
            if (leads_out(root_, owner) || leads_out(root_, owner / "quarantine"))
                throw SystemError("it lies behind a symbolic link out of the store");
            // Nothing behind a link is renamed: the link is.
            if (const auto above = what.parent_path(); leads_out(root_, above))
                return set_aside(owner, above, text);
            const auto place = place_for(owner, what);
            fs::rename(what, place);
            told.push_back(text + "; set aside as " + place.string());
            return true;
        } catch (const std::exception& e) {
            told.push_back(text + "; it cannot be set aside: " + e.what());
            return false;
        }
    }

    std::vector<std::string> told;

private:
    fs::path root_;
};

fs::path directory_of(const Store& store, const std::string& stream) {
    return store.root() / "streams" / stream;
}

std::string about(const std::string& stream, const std::string& what, const std::string& why) {
    return "stream " + stream + ": " + what + " is damaged: " + why;
}

void look_at_window(const Store& store, const std::string& stream, int window, bool with_crops,
                    Quarantine& quarantine) {
    if (!store.has_window(stream, window)) return;
    const auto directory = store.window_directory(stream, window);
    std::vector<fs::path> files{directory / "manifest.json"};
    const auto why = damage(files, [&] {
        const auto manifest = store.window(stream, window);
        if (with_crops && manifest.crops > 0) {
            files.push_back(directory / "crops.png");
            (void)store.crops(manifest);
        }
    });
    if (why) {
        quarantine.set_aside(directory_of(store, stream), directory,
                             about(stream, "window " + std::to_string(window), *why));
        return;
    }
    if (!store.has_labels(stream, window)) return;
    const auto labels = store.labels_file(stream, window);
    if (const auto damaged = damage({labels}, [&] {
            require_labelled(store.window(stream, window), store.labels(stream, window));
        }))
        quarantine.set_aside(
            directory_of(store, stream), labels,
            about(stream, "the label set of window " + std::to_string(window), *damaged));
}

/// @return whether it is whole
bool look_at_model(const Store& store, const std::string& stream, const std::string& model,
                   Quarantine& quarantine) {
    const auto directory = store.model_directory(stream, model);
    bool whole = false;
    const auto why = damage({directory / "card.json", directory / "weights.pt"}, [&] {
        (void)store.model(stream, model);
        whole = true;
    });
    if (why)
        quarantine.set_aside(directory_of(store, stream), directory,
                             about(stream, "model " + model, *why));
    return whole || !why;  // one that could not be read may be whole
}

/// The newest first; `first` before all others.
std::vector<std::string> other_models(const Store& store, const std::string& stream,
                                      const std::optional<std::string>& first) {
    auto cards = store.model_cards(stream);
    std::ranges::sort(cards, [&](const auto& a, const auto& b) {
        return std::tuple(a.id != first, -a.window, b.id) <
               std::tuple(b.id != first, -b.window, a.id);
    });
    std::vector<std::string> ids;
    for (const auto& card : cards) ids.push_back(card.id);
    return ids;
}

void serve_another(const Store& store, const std::string& stream,
                   const std::optional<std::string>& before, Quarantine& quarantine) {
    for (const auto& id : other_models(store, stream, before)) {
        if (!look_at_model(store, stream, id, quarantine)) continue;
        try {
            store.set_serving(stream, id);
            quarantine.told.push_back("stream " + stream + ": model " + id +
                                      " serves in place of the damaged one");
        } catch (const Error& e) {
            quarantine.told.push_back("stream " + stream + ": model " + id +
                                      " cannot serve in place of the damaged one: " + e.what());
        }
        return;
    }
    quarantine.told.push_back("stream " + stream + ": no other model is stored");
}

void look_at_serving(const Store& store, const std::string& stream, Quarantine& quarantine) {
    const auto record = directory_of(store, stream) / "serving.json";
    std::optional<std::string> serving, before;
    const auto why = damage({record}, [&] {
        serving = store.serving(stream);
        before = store.served_before(stream);
    });
    if (why) {
        if (quarantine.set_aside(directory_of(store, stream), record,
                                 about(stream, "the record of its serving model", *why)))
            serve_another(store, stream, {}, quarantine);
        return;
    }
    if (!serving || look_at_model(store, stream, *serving, quarantine)) return;
    serve_another(store, stream, before, quarantine);
}

/// @throws InputError if a record is of another stream or window than its place says
template <typename Record>
void require_place(const Record& record, const fs::path& file, const std::string& stream) {
    if (record.stream != stream || file.stem() != window_number(record.window))
        throw InputError(file.string() + ": holds the record of stream " + record.stream +
                         ", window " + std::to_string(record.window) +
                         ", which does not belong here");
}

/// @param stream whose they are; empty = the store's
template <typename Record>
void look_at_records(const fs::path& owner, const char* kind, Quarantine& quarantine,
                     const std::string& stream) {
    const std::string whose = stream.empty() ? "" : "stream " + stream + ": ";
    std::error_code code;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(owner / kind, code))
        if (entry.path().extension() == ".json" && entry.path().filename().string()[0] != '.')
            files.push_back(entry.path());
    std::ranges::sort(files);
    for (const auto& file : files)
        if (const auto why = damage({file}, [&] {
                [[maybe_unused]] const auto record = read_record<Record>(file);
                if constexpr (requires { record.stream; }) require_place(record, file, stream);
            }))
            quarantine.set_aside(owner, file, whose + "a record is damaged: " + *why);
}

void look_at_all_records(const Store& store, const std::string& stream, Quarantine& quarantine) {
    const auto owner = directory_of(store, stream);
    look_at_records<ProfileRecord>(owner, "profiles", quarantine, stream);
    look_at_records<RetrainingRecord>(owner, "retrainings", quarantine, stream);
    look_at_records<WindowAccuracy>(owner, "results", quarantine, stream);
}

}  // namespace

std::vector<std::string> set_aside_damaged(const Store& store, const std::string& stream,
                                           int window) {
    Quarantine quarantine(store.root());
    look_at_serving(store, stream, quarantine);
    for (int before = std::max(window - looked_at, 0); before < window; ++before)
        look_at_window(store, stream, before, before == window - 1, quarantine);
    return quarantine.told;
}

std::vector<std::string> set_aside_all_damaged(const Store& store, const std::string& stream) {
    Quarantine quarantine(store.root());
    look_at_serving(store, stream, quarantine);
    for (const int window : store.windows(stream))
        look_at_window(store, stream, window, store.has_labels(stream, window), quarantine);
    look_at_all_records(store, stream, quarantine);
    return quarantine.told;
}

std::vector<std::string> set_aside_damaged_records(const Store& store, const std::string& stream) {
    Quarantine quarantine(store.root());
    look_at_all_records(store, stream, quarantine);
    return quarantine.told;
}

std::vector<std::string> set_aside_damaged_windows(const Store& store, const std::string& stream) {
    Quarantine quarantine(store.root());
    for (const int window : store.windows(stream))
        look_at_window(store, stream, window, false, quarantine);
    return quarantine.told;
}

std::vector<std::string> set_aside_windows_beyond(const Store& store, const std::string& stream,
                                                  int last) {
    Quarantine quarantine(store.root());
    for (const int window : store.windows(stream))
        if (window > last)
            quarantine.set_aside(
                directory_of(store, stream), store.window_directory(stream, window),
                "stream " + stream + ": window " + std::to_string(window) +
                    " has a number that no window can have yet: the last one is at most " +
                    std::to_string(last));
    return quarantine.told;
}

std::vector<std::string> set_aside_damaged_serving(const Store& store, const std::string& stream) {
    Quarantine quarantine(store.root());
    look_at_serving(store, stream, quarantine);
    return quarantine.told;
}

std::vector<std::string> set_aside_damaged_model(const Store& store, const std::string& stream,
                                                 const std::string& model) {
    Quarantine quarantine(store.root());
    look_at_model(store, stream, model, quarantine);
    return quarantine.told;
}

std::vector<std::string> set_aside_damaged_profiles(const Store& store, const std::string& stream) {
    Quarantine quarantine(store.root());
    look_at_records<ProfileRecord>(directory_of(store, stream), "profiles", quarantine, stream);
    return quarantine.told;
}

std::vector<ProfileRecord> whole_profiles(const Store& store, const std::string& stream, int from) {
    try {
        return store.profiles(stream, from, Misplaced::passed_over);
    } catch (const InputError&) {
        if (set_aside_damaged_profiles(store, stream).empty()) throw;
        return store.profiles(stream, from, Misplaced::passed_over);
    }
}

std::vector<std::string> set_aside_damaged_plans(const Store& store) {
    Quarantine quarantine(store.root());
    look_at_records<Plan>(store.root(), "plans", quarantine, "");
    return quarantine.told;
}

}  // namespace ekya

#include "ekya/store/store.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <deque>
#include <mutex>
#include <utility>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/core/limits.hpp"
#include "ekya/core/names.hpp"
#include "ekya/core/text.hpp"
#include "ekya/store/contact_sheet.hpp"
#include "inside.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

template <typename Record> void write_record(const fs::path& file, const Record& record) {
    write_atomically(file, to_line(encode(record)) + "\n");
}

/// What cannot be looked at, e.g. a link that leads to itself, is not there.
bool is_there(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
}

/// A record must say what its place in the store says.
void require_place(bool fits, const fs::path& file, const std::string& found) {
    if (!fits)
        throw InputError(file.string() + ": holds the record of " + found +
                         ", which does not belong here");
}

/// A number of a manifest that memory is asked for by.
void check_sizes(const WindowManifest& manifest, const fs::path& file) {
    if (manifest.crops > limits::window_crops)
        throw InputError(file.string() + ": /crops: " + std::to_string(manifest.crops) +
                         " is above " + std::to_string(limits::window_crops));
}

/// The window whose number this is, written as window_number() does; none of other names.
std::optional<int> window_of(const std::string& name) {
    int window = 0;
    const char* const last = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data(), last, window);
    const bool is_number = error == std::errc{} && end == last && window >= 0;
    return is_number && window <= limits::window && window_number(window) == name
               ? std::optional(window)
               : std::nullopt;
}

/// The window that a record is of, by its name; none of other files, e.g. those being written.
std::optional<int> window_of_record(const fs::path& file) {
    return file.extension() == ".json" ? window_of(file.stem()) : std::nullopt;
}

/// All of one directory, by window, from a window on.
template <typename Record>
std::vector<Record> read_by_window(const fs::path& directory, const std::string& stream,
                                   int from = 0, Misplaced misplaced = Misplaced::refused) {
    std::vector<Record> found;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(directory, code)) {
        const fs::path& file = entry.path();
        if (window_of_record(file).value_or(-1) < from) continue;
        auto record = read_record<Record>(file);
        const bool fits = record.stream == stream && file.stem() == window_number(record.window);
        if (!fits && misplaced == Misplaced::passed_over) continue;
        require_place(fits, file,
                      "stream " + record.stream + ", window " + std::to_string(record.window));
        found.push_back(std::move(record));
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.window < b.window; });
    return found;
}

}  // namespace

/// Manifests read before, as long as their files stay what they were. Reading and checking one
/// takes 10 ms or more.
class Store::ManifestMemory {
public:
    WindowManifest get(const fs::path& file) {
        std::error_code missing;
        const Version version{fs::last_write_time(file, missing), fs::file_size(file, missing)};
        if (missing) return read_record<WindowManifest>(file);  // which says so
        const std::lock_guard lock(mutex_);
        for (const auto& entry : entries_)
            if (entry.file == file && entry.version == version) return entry.manifest;
        std::erase_if(entries_, [&](const auto& entry) { return entry.file == file; });
        if (entries_.size() == most) entries_.pop_front();
        entries_.push_back({file, version, read_record<WindowManifest>(file)});
        return entries_.back().manifest;
    }

private:
    static constexpr std::size_t most = 16;  // some hundred kB each
    using Version = std::pair<fs::file_time_type, std::uintmax_t>;
    struct Entry {
        fs::path file;
        Version version;
        WindowManifest manifest;
    };
    std::mutex mutex_;
    std::deque<Entry> entries_;
};

Store::Store(fs::path root)
    : root_(std::move(root)), manifests_(std::make_shared<ManifestMemory>()) {}

fs::path Store::stream_directory(const std::string& stream) const {
    wire::require_format("stream", stream, wire::file_name);
    return root_ / "streams" / stream;
}
fs::path Store::window_directory(const std::string& stream, int window) const {
    return stream_directory(stream) / "windows" / window_number(window);
}
fs::path Store::model_directory(const std::string& stream, const std::string& model) const {
    wire::require_format("model", model, wire::file_name);
    return stream_directory(stream) / "models" / model;
}
fs::path Store::labels_file(const std::string& stream, int window) const {
    return window_directory(stream, window) / "labels.json";
}
fs::path Store::profile_file(const std::string& stream, int window) const {
    return stream_directory(stream) / "profiles" / (window_number(window) + ".json");
}
fs::path Store::truth_file(const std::string& stream, int window) const {
    return stream_directory(stream) / "truth" / (window_number(window) + ".json");
}
fs::path Store::accuracy_file(const std::string& stream, int window) const {
    return stream_directory(stream) / "results" / (window_number(window) + ".json");
}
fs::path Store::plan_file(int window) const {
    return root_ / "plans" / (window_number(window) + ".json");
}

void Store::write_window(const WindowManifest& manifest, const CropBatch& crops,
                         const std::vector<KeptFrame>& frames) const {
    if (manifest.crop_size == 0 && crops.count() > 0)
        throw DomainError("crops: " + std::to_string(crops.count()) +
                          ", the window is said to store none");
    AtomicDirectory directory(window_directory(manifest.stream, manifest.window));
    if (manifest.crop_size > 0) write_contact_sheet(directory.path() / "crops.png", crops);
    for (const auto& frame : frames) write_atomically(directory.path() / frame.name, frame.bytes);
    write_record(directory.path() / "manifest.json", manifest);
    directory.commit();
}

bool Store::has_window(const std::string& stream, int window) const {
    return is_there(window_directory(stream, window) / "manifest.json");
}

WindowManifest Store::window(const std::string& stream, int window) const {
    const fs::path file = window_directory(stream, window) / "manifest.json";
    require_inside(root_, file);
    auto manifest = manifests_->get(file);
    check_sizes(manifest, file);
    require_place(manifest.stream == stream && manifest.window == window, file,
                  "stream " + manifest.stream + ", window " + std::to_string(manifest.window));
    return manifest;
}

CropBatch Store::crops(const WindowManifest& manifest) const {
    const fs::path sheet = window_directory(manifest.stream, manifest.window) / "crops.png";
    require_inside(root_, sheet);
    auto crops = read_contact_sheet(sheet, manifest.crop_size, manifest.crops);
    if (manifest.width < 1 || manifest.height < 1) return crops;
    crops.places.resize(crops.count());
    for (const auto& frame : manifest.frames)
        for (const auto& object : frame.objects)
            if (object.crop >= 0 && static_cast<std::size_t>(object.crop) < crops.places.size())
                crops.places[static_cast<std::size_t>(object.crop)] =
                    place_of(object.box, manifest.width, manifest.height);
    return crops;
}

std::vector<int> Store::windows(const std::string& stream) const {
    std::vector<int> found;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(stream_directory(stream) / "windows", code)) {
        const auto window = window_of(entry.path().filename());
        if (window && has_window(stream, *window)) found.push_back(*window);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::optional<int> newest_window(const Store& store, const std::string& stream, int last) {
    auto windows = store.windows(stream);
    std::erase_if(windows, [&](int window) { return window > last; });
    for (auto window = windows.rbegin(); window != windows.rend(); ++window) try {
            (void)store.window(stream, *window);
            return *window;
        } catch (const InputError&) {
            continue;
        }
    return std::nullopt;
}

void Store::write_labels(const LabelSet& labels) const {
    write_record(labels_file(labels.stream, labels.window), labels);
}

bool Store::has_labels(const std::string& stream, int window) const {
    return is_there(labels_file(stream, window));
}

LabelSet Store::labels(const std::string& stream, int window) const {
    const fs::path file = labels_file(stream, window);
    require_inside(root_, file);
    auto labels = read_record<LabelSet>(file);
    require_place(labels.stream == stream && labels.window == window, file,
                  "stream " + labels.stream + ", window " + std::to_string(labels.window));
    const auto twice = [&](const auto& list, auto field, const std::string& what) {
        for (std::size_t i = 1; i < list.size(); ++i)
            if (list[i].*field <= list[i - 1].*field)
                throw InputError(file.string() + ": " + what + " " +
                                 std::to_string(list[i].*field) + " is labelled out of order");
    };
    twice(labels.labels, &Label::crop, "crop");
    twice(labels.frames, &FrameLabel::frame, "frame");
    return labels;
}

void Store::write_profile(const ProfileRecord& profile) const {
    write_record(profile_file(profile.stream, profile.window), profile);
}

std::vector<std::string> Store::streams() const {
    std::vector<std::string> found;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(root_ / "streams", code)) {
        std::error_code ignored;  // a link that leads to itself is no stream
        if (entry.is_directory(ignored) && is_file_name(entry.path().filename().string()))
            found.push_back(entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<ProfileRecord> Store::profiles(const std::string& stream, int from,
                                           Misplaced misplaced) const {
    return read_by_window<ProfileRecord>(stream_directory(stream) / "profiles", stream, from,
                                         misplaced);
}

void Store::write_truth(const Truth& truth) const {
    write_record(truth_file(truth.stream, truth.window), truth);
}

std::vector<Truth> Store::truths(const std::string& stream) const {
    return read_by_window<Truth>(stream_directory(stream) / "truth", stream);
}

void Store::write_accuracy(const WindowAccuracy& accuracy) const {
    write_record(accuracy_file(accuracy.stream, accuracy.window), accuracy);
}

std::optional<WindowAccuracy> Store::accuracy(const std::string& stream, int window) const {
    const fs::path file = accuracy_file(stream, window);
    if (!is_there(file)) return std::nullopt;
    return read_record<WindowAccuracy>(file);
}

std::vector<WindowAccuracy> Store::accuracies(const std::string& stream) const {
    return read_by_window<WindowAccuracy>(stream_directory(stream) / "results", stream);
}

void Store::write_plan(const Plan& plan) const { write_record(plan_file(plan.window), plan); }

std::vector<Plan> Store::plans() const {
    std::vector<Plan> found;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(root_ / "plans", code))
        if (window_of_record(entry.path())) found.push_back(read_record<Plan>(entry.path()));
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.window < b.window; });
    return found;
}

std::optional<Plan> Store::newest_plan() const {
    std::optional<int> newest;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(root_ / "plans", code))
        newest = std::max(newest, window_of_record(entry.path()));
    return newest ? std::optional(read_record<Plan>(plan_file(*newest))) : std::nullopt;
}

void Store::write_retraining(const RetrainingRecord& record) const {
    write_record(
        stream_directory(record.stream) / "retrainings" / (window_number(record.window) + ".json"),
        record);
}

std::vector<RetrainingRecord> Store::retrainings(const std::string& stream) const {
    return read_by_window<RetrainingRecord>(stream_directory(stream) / "retrainings", stream);
}

ModelCard Store::write_model(ModelCard card,
                             const std::function<void(const fs::path&)>& save) const {
    AtomicDirectory directory(model_directory(card.stream, card.id));
    const fs::path weights = directory.path() / "weights.pt";
    save(weights);
    card.sha256 = sha256_of(weights);
    write_record(directory.path() / "card.json", card);
    directory.commit();
    return card;
}

bool Store::has_model(const std::string& stream, const std::string& model) const {
    return !model.empty() && is_there(model_directory(stream, model) / "card.json");
}

std::vector<ModelCard> Store::model_cards(const std::string& stream) const {
    std::vector<ModelCard> cards;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(stream_directory(stream) / "models", code)) {
        const std::string id = entry.path().filename();
        if (!is_file_name(id)) continue;  // being written, or no model
        try {
            auto card = read_record<ModelCard>(entry.path() / "card.json");
            if (card.stream == stream && card.id == id) cards.push_back(std::move(card));
        } catch (const InputError&) {
            continue;
        }
    }
    std::sort(cards.begin(), cards.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return cards;
}

fs::path Store::weights_file(const std::string& stream, const std::string& model) const {
    return model_directory(stream, model) / "weights.pt";
}

ModelCard Store::model(const std::string& stream, const std::string& model) const {
    const fs::path file = model_directory(stream, model) / "card.json";
    if (!is_there(file))
        throw InputError(file.string() + ": no such model; stream " + stream +
                         " has none with the id \"" + model + "\"");
    require_inside(root_, file);
    require_inside(root_, weights_file(stream, model));
    auto card = read_record<ModelCard>(file);
    require_place(card.stream == stream && card.id == model, file,
                  "stream " + card.stream + ", model " + card.id);
    const std::string found = sha256_of(weights_file(stream, model));
    if (found != card.sha256)
        throw InputError(weights_file(stream, model).string() + ": SHA-256 " + found +
                         " is not the card's " + card.sha256);
    return card;
}

namespace {

/// A model that serving.json names; none without the file or if it is empty.
std::optional<std::string> serving_field(const fs::path& file, const std::string& stream,
                                         std::string ServingRecord::*field) {
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(file, ignored))) return std::nullopt;
    const auto record = read_record<ServingRecord>(file);
    require_place(record.stream == stream, file, "stream " + record.stream);
    const std::string& model = record.*field;
    return model.empty() ? std::nullopt : std::optional(model);
}

}  // namespace

std::optional<std::string> Store::serving(const std::string& stream) const {
    return serving_field(stream_directory(stream) / "serving.json", stream, &ServingRecord::model);
}

std::optional<std::string> Store::served_before(const std::string& stream) const {
    return serving_field(stream_directory(stream) / "serving.json", stream,
                         &ServingRecord::previous);
}

void Store::set_serving(const std::string& stream, const std::string& model) const {
    const fs::path file = stream_directory(stream) / "serving.json";
    if (!has_model(stream, model))
        throw InputError(file.string() + ": cannot serve model \"" + model +
                         "\", it is not stored");
    const auto before = serving(stream);
    if (before == model) return;
    const ServingRecord record{stream, model, before.value_or("")};
    write_atomically(file, to_line(encode(record)) + "\n");
}

}  // namespace ekya

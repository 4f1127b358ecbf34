#include "ekya/simulate/reference_profiles.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "ekya/core/atomic_file.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/wire/json.hpp"
#include "profile_texts.hpp"

namespace ekya {
namespace fs = std::filesystem;
namespace {

constexpr const char* train_member = "taskwise_train_profiles";
constexpr const char* predicted_member = "taskwise_predicted_profiles";
constexpr const char* infer_member = "taskwise_infer_profiles";

/// A value of a file, and where it stands.
struct Node {
    const Json* json;
    std::string file, pointer;

    [[noreturn]] void fail(const std::string& what) const {
        throw InputError(file + ": " + (pointer.empty() ? "/" : pointer) + ": " + what);
    }
    [[nodiscard]] Node at(const std::string& key) const {
        if (!json->is_object()) fail("is not an object");
        const Node child{json, file, pointer + "/" + key};
        if (!json->contains(key)) child.fail("is missing");
        return {&json->at(key), file, child.pointer};
    }
    [[nodiscard]] Node at(std::size_t index) const {
        const Node child{json, file, pointer + "/" + std::to_string(index)};
        if (!json->is_array()) fail("is not an array");
        if (index >= json->size()) child.fail("is missing");
        return {&json->at(index), file, child.pointer};
    }
    [[nodiscard]] std::size_t array_size() const {
        if (!json->is_array()) fail("is not an array");
        return json->size();
    }
    [[nodiscard]] std::string text() const {
        if (!json->is_string()) fail("is not a string");
        return json->get<std::string>();
    }
    [[nodiscard]] double number() const {
        if (!json->is_number()) fail("is not a number");
        return json->get<double>();
    }
    [[nodiscard]] double accuracy() const {
        const double value = number();
        if (!(value >= 0 && value <= 1)) fail(json->dump() + " is not in [0, 1]");
        return value;
    }
};

/// A number of decimal digits and nothing else, without leading zeros; 0 if it is none.
int whole_number(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool digits =
        !text.empty() && text[0] != '-' && text[0] != '+' && (text[0] != '0' || text.size() == 1);
    return digits && error == std::errc() && end == text.data() + text.size() ? value : 0;
}

int epochs_of(const Node& name) {
    const std::string text = name.text();
    const auto underscore = text.find('_');
    const bool one = underscore != std::string::npos && underscore > 0 &&
                     text.find('_', underscore + 1) == std::string::npos;
    const int epochs = one ? whole_number(text.substr(underscore + 1)) : 0;
    if (epochs < 1) name.fail("\"" + text + "\" is not <hyperparameter id>_<epochs>");
    return epochs;
}

RetrainingOption retraining_of(const Node& row) {
    if (row.array_size() != 5)
        row.fail("has " + std::to_string(row.array_size()) + " elements, 5 are expected");
    RetrainingOption estimate;
    estimate.config.epochs = epochs_of(row.at(std::size_t{0}));
    estimate.name = row.at(std::size_t{0}).text();
    (void)row.at(1).accuracy();
    estimate.accuracy = row.at(2).accuracy();
    estimate.device_seconds = row.at(3).number();
    if (!(estimate.device_seconds > 0)) row.at(3).fail(row.at(3).json->dump() + " is not above 0");
    (void)row.at(4).text();
    return estimate;
}

std::vector<RetrainingOption> retrainings_of(const Node& list) {
    std::vector<RetrainingOption> estimates;
    std::set<std::string> names;
    for (std::size_t i = 0; i < list.array_size(); ++i) {
        estimates.push_back(retraining_of(list.at(i)));
        if (!names.insert(estimates.back().name).second)
            list.at(i).at(std::size_t{0}).fail("\"" + estimates.back().name + "\" is listed twice");
    }
    return estimates;
}

double start_accuracy(const Node& ids) {
    if (!ids.json->is_object() || ids.json->empty())
        ids.fail("an object with at least one hyperparameter id is expected");
    double lowest = 1;
    for (const auto& [id, unused] : ids.json->items())
        lowest = std::min(lowest, ids.at(id).at(std::size_t{0}).accuracy());
    return lowest;
}

/// Names of the windows by number. All lists must have the same, this one says which.
std::map<int, std::string> windows_of(const Node& tasks) {
    if (!tasks.json->is_object()) tasks.fail("is not an object");
    std::map<int, std::string> windows;
    for (const auto& [name, unused] : tasks.json->items()) {
        const int number = whole_number(name);
        if (number < 1 && name != "0") tasks.at(name).fail("a window is named by a whole number");
        windows[number] = name;
    }
    if (windows.empty()) tasks.fail("has no window");
    return windows;
}

void require_true_names(const PlanningInput& predicted, const PlanningInput& truth,
                        const Node& list) {
    for (std::size_t i = 0; i < predicted.retraining.size(); ++i) {
        const std::string& name = predicted.retraining[i].name;
        if (std::none_of(truth.retraining.begin(), truth.retraining.end(),
                         [&](const auto& e) { return e.name == name; }))
            list.at(i).at(std::size_t{0}).fail("\"" + name + "\" is not in " + train_member);
    }
}

void add_estimates(ProfileSet& set, const std::string& camera, const Node& root,
                   const std::vector<InferenceEstimate>& inference, bool oracle) {
    for (std::size_t w = 0; w < set.windows.size(); ++w) {
        ProfileWindow& window = set.windows[w];
        PlanningInput truth;
        truth.stream = camera;
        truth.window = static_cast<int>(w);
        truth.inference = inference;
        truth.accuracy = start_accuracy(root.at(infer_member).at(window.name));
        truth.retraining = retrainings_of(root.at(train_member).at(window.name));
        PlanningInput predicted = truth;
        if (!oracle) {
            const Node list = root.at(predicted_member).at(window.name);
            predicted.retraining = retrainings_of(list);
            require_true_names(predicted, truth, list);
        }
        window.predicted.push_back(std::move(predicted));
        window.truth.push_back(std::move(truth));
    }
}

std::vector<std::string> cameras_in(const fs::path& directory) {
    const fs::path manifest = directory / "manifest.json";
    if (fs::exists(manifest)) return manifest_cameras(read_file(manifest), manifest.string());
    std::vector<std::string> cameras;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error))
        if (entry.path().extension() == ".json") cameras.push_back(entry.path().stem().string());
    if (error) throw InputError(directory.string() + ": cannot be read: " + error.message());
    std::sort(cameras.begin(), cameras.end());
    return cameras;
}

}  // namespace

std::vector<std::string> manifest_cameras(std::string_view text, const std::string& place) {
    const Json json = parse_json(text, place);
    const Node list = Node{&json, place, ""}.at("cameras");
    std::vector<std::string> cameras;
    for (std::size_t i = 0; i < list.array_size(); ++i) {
        const Node entry = list.at(i).json->is_object() ? list.at(i).at("name") : list.at(i);
        const std::string name = entry.text();
        if (name.empty() || name.find('/') != std::string::npos)
            entry.fail("\"" + name + "\" is no camera's name");
        if (std::find(cameras.begin(), cameras.end(), name) != cameras.end())
            entry.fail("\"" + name + "\" is listed twice");
        cameras.push_back(name);
    }
    return cameras;
}

void add_camera(ProfileSet& set, const std::string& camera, std::string_view text,
                const std::string& place, const std::vector<InferenceEstimate>& inference,
                bool oracle) {
    const Json json = parse_json(text, place);
    const Node root{&json, place, ""};
    const auto own = windows_of(root.at(train_member));
    if (set.cameras.empty())
        for (const auto& [number, name] : own) set.windows.push_back({name, {}, {}});
    for (const auto& entry : own) {
        const std::string& name = entry.second;
        if (std::none_of(set.windows.begin(), set.windows.end(),
                         [&](const auto& window) { return window.name == name; }))
            root.at(train_member).at(name).fail("is missing in " + set.cameras[0] + ".json");
    }
    add_estimates(set, camera, root, inference, oracle);
    set.cameras.push_back(camera);
}

ProfileSet read_reference_profiles(const fs::path& directory, int streams, bool oracle,
                                   const fs::path& inference_profile) {
    if (streams < 0) throw DomainError("streams: " + std::to_string(streams) + " is negative");
    auto cameras = cameras_in(directory);
    const auto wanted =
        streams == 0 ? std::max<std::size_t>(cameras.size(), 1) : static_cast<std::size_t>(streams);
    if (cameras.size() < wanted)
        throw InputError(directory.string() + ": has " + std::to_string(cameras.size()) +
                         " cameras, " + std::to_string(wanted) + " are needed");
    cameras.resize(wanted);
    const fs::path csv =
        inference_profile.empty() ? directory / "real_inference_profiles.csv" : inference_profile;
    const auto inference = read_inference_estimates(csv);
    ProfileSet set;
    set.curve = std::make_shared<const InferenceCurve>(read_inference_profile(csv));
    for (const auto& camera : cameras) {
        const fs::path file = directory / (camera + ".json");
        add_camera(set, camera, read_file(file), file.string(), inference, oracle);
    }
    return set;
}

}  // namespace ekya

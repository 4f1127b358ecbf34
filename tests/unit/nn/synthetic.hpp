#pragma once
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "ekya/nn/samples.hpp"
#include "random.hpp"

namespace ekya::test {

/// Noisy crops of three classes that a small network tells apart in a few epochs: reddish ones,
/// ones with horizontal stripes, ones with vertical stripes. `brightness` moves all of them: a
/// drift.
inline TrainingSamples striped_crops(int count, std::uint64_t seed, int size = 32,
                                     double brightness = 0) {
    Random random(seed, 99);
    TrainingSamples samples;
    samples.crops.size = size;
    for (int i = 0; i < count; ++i) {
        const int label = i % 3, period = 4 + static_cast<int>(random.below(4)),
                  phase = static_cast<int>(random.below(8));
        samples.labels.push_back(label);
        for (int y = 0; y < size; ++y)
            for (int x = 0; x < size; ++x)
                for (int channel = 0; channel < 3; ++channel) {
                    double value = 110 + brightness + random.uniform(-60, 60);
                    if (label == 0)
                        value += channel == 0 ? 50 : -30;
                    else if (((label == 1 ? y : x) + phase) / period % 2 == 0)
                        value += 60;
                    samples.crops.rgb.push_back(
                        static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)));
                }
    }
    return samples;
}

/// A directory that goes with the test.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "ekya-nn-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
        path_ = name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

/// The message of the error that `work` throws; "" if it throws none of that type.
template <typename Expected, typename Work> std::string message_of(Work&& work) {
    try {
        work();
    } catch (const Expected& error) {
        return error.what();
    }
    return "";
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace ekya::test

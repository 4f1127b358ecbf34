#pragma once
// What all fuzz targets share: the parts of one input, and how a broken promise is reported.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include "ekya/core/errors.hpp"

namespace ekya::fuzz {

/// Ends the process, so that the fuzzer keeps the input.
[[noreturn]] inline void fail(const std::string& what) {
    std::fprintf(stderr, "fuzz target: %s\n", what.c_str());
    std::abort();
}

inline void require(bool holds, const std::string& what) {
    if (!holds) fail(what);
}

/// One input: text, then NUL and the bytes of the parameters. No text that is read here may hold a
/// NUL, so nothing is out of reach, and a plain text file is an input with parameters 0. (clang's
/// FuzzedDataProvider would do the same, but the targets are compiled with other compilers too.)
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) {
        const std::string_view all(reinterpret_cast<const char*>(data), size);
        const auto nul = all.find('\0');
        text_ = all.substr(0, nul);
        if (nul != std::string_view::npos) parameters_ = all.substr(nul + 1);
    }

    [[nodiscard]] std::string text() const { return std::string(text_); }

    /// The next byte; 0 after the last one.
    std::uint8_t byte() {
        if (parameters_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(parameters_.front());
        parameters_.remove_prefix(1);
        return value;
    }

    /// In [low, high], in 65,536 steps.
    double number(double low, double high) {
        const int steps = byte() * 256 + byte();
        return low + (high - low) * steps / 65535.0;
    }

    /// Any double at all, NaN and infinities too.
    double any_number() {
        std::uint64_t bits = 0;
        for (int i = 0; i < 8; ++i) bits = bits << 8 | byte();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }

private:
    std::string_view text_, parameters_;
};

/// An input that is a binary file.
inline std::string_view bytes(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Runs what may throw ekya::Error and nothing else. @return whether it did not throw
template <typename Work> bool accepts(Work&& work) {
    try {
        work();
        return true;
    } catch (const Error& e) {
        require(*e.what() != '\0', "an error without a message");
        return false;
    } catch (const std::exception& e) {
        fail(std::string("not an ekya::Error: ") + e.what());
    }
}

}  // namespace ekya::fuzz

// Where libFuzzer comes in.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

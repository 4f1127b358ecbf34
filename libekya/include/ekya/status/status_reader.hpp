#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ekya/core/store_status.hpp"

namespace ekya {

/// Reads how a store stands, from what lies in it: it asks no program, so it disturbs none, and
/// works when all of them are dead. What it has read of windows that are over it remembers, so
/// looking again is cheap. It writes nothing.
///
/// A directory of ekya-loop holds a store for each policy: the one that was written to last is
/// looked at.
class StatusReader {
public:
    /// @throws InputError if the directory holds no store
    explicit StatusReader(const std::filesystem::path& directory);
    ~StatusReader();
    StatusReader(StatusReader&&) noexcept;
    StatusReader& operator=(StatusReader&&) noexcept;

    /// What of it cannot be read is missing, and is a problem of its camera.
    [[nodiscard]] StoreStatus read();

private:
    struct Memory;
    std::unique_ptr<Memory> memory_;
};

/// The store below a directory that somebody works on, or worked on last.
/// @throws InputError if there is none
[[nodiscard]] std::filesystem::path store_below(const std::filesystem::path& directory);

/// Who holds a directory's lock. The lock itself is left alone: a program that wants to hold it is
/// not to find it taken.
[[nodiscard]] std::optional<StoreHolder> holder_of(const std::filesystem::path& directory);

}  // namespace ekya

#pragma once
#include <filesystem>
#include <string>

#include "ekya/core/config.hpp"

namespace ekya {

/// Held while a program works on a store that only one may work on; the kernel lets go of it when
/// the program ends, however it ends. The lock's file says who holds it since when.
class StoreLock {
public:
    /// Makes the store if it is not there.
    /// @param holder who holds it, for the message of the one that comes second
    /// @param patience to wait for another one to let go of it
    /// @throws SystemError if another program holds it: store, program, process and since when
    StoreLock(const std::filesystem::path& store, const std::string& holder, Seconds patience = 0);
    ~StoreLock();
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;

private:
    void write_holder(const std::string& holder) const;
    int file_ = -1;
};

}  // namespace ekya

#pragma once
#include <filesystem>
#include <string>

#include "ekya/core/config.hpp"

namespace ekya {

/// Held while a program works on a store that only one may work on; the kernel lets go of it when
/// the program ends, however it ends. The lock's file says who holds it since when. Whoever deletes
/// that file lets a second program in; look_again() tells the first one.
class StoreLock {
public:
    /// Makes the store if it is not there.
    /// @param holder who holds it, for the message of the one that comes second
    /// @param patience to wait for another one to let go of it
    /// @throws SystemError if another program holds it: store, program, process and since when
    StoreLock(const std::filesystem::path& store, const std::string& holder, Seconds patience = 0);
    ~StoreLock();

    /// Looks whether the lock's file is still the one that is held. Where somebody has deleted or
    /// replaced it, it is taken again if no other program has been faster.
    /// @return what to tell people; empty = nothing
    /// @throws SystemError if another program holds the store, or if the file cannot be made anew
    std::string look_again();
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;

private:
    /// @return a message that says who holds it; empty = it is held by this object
    std::string take(Seconds patience);
    void write_holder() const;

    std::filesystem::path store_;
    std::string holder_;
    int file_ = -1;
};

}  // namespace ekya

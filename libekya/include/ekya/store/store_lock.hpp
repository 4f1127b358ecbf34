#pragma once
#include <filesystem>
#include <string>

namespace ekya {

/// Held while a program works on a store that only one may work on; the kernel lets go of it when
/// the program ends, however it ends.
class StoreLock {
public:
    /// Makes the store if it is not there. @param name of the lock, one for each kind of work
    /// @param holder who holds it, for the message of the one that comes second
    /// @throws SystemError if another program holds it, naming the store
    StoreLock(const std::filesystem::path& store, const std::string& name,
              const std::string& holder);
    ~StoreLock();
    StoreLock(const StoreLock&) = delete;
    StoreLock& operator=(const StoreLock&) = delete;

private:
    int file_ = -1;
};

}  // namespace ekya

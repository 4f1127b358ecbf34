#pragma once
#include <functional>
#include <thread>

namespace ekya {

/// A thread in which all signals are blocked: they are for the threads that know what to do with
/// them, whose waiting they end. @throws SystemError if there cannot be another thread
[[nodiscard]] std::thread quiet_thread(std::function<void()> work);

}  // namespace ekya

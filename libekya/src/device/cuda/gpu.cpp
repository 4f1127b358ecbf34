#include <cuda_runtime_api.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "../gpu_meter.hpp"
#include "check.hpp"
#include "ekya/device/device.hpp"

namespace ekya {
namespace {

std::string text_of(const cudaUUID_t& uuid) {
    std::string text = "GPU-";
    for (int i = 0; i < 16; ++i) {
        std::array<char, 3> byte{};
        std::snprintf(byte.data(), byte.size(), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += byte.data();
    }
    return text;
}

/// Part of the card's multiprocessors that MPS lets this process use; 1 without MPS.
double granted_part() {
    const char* const percent = std::getenv("CUDA_MPS_ACTIVE_THREAD_PERCENTAGE");
    const double value = percent == nullptr ? 0 : std::atof(percent);
    return value > 0 && value < 100 ? value / 100 : 1;
}

/// The calling thread's current device is another one as long as this lives.
class OnDevice {
public:
    explicit OnDevice(int device) {
        (void)cudaGetDevice(&before_);
        if (before_ != device) (void)cudaSetDevice(device);
    }
    ~OnDevice() { (void)cudaSetDevice(before_); }
    OnDevice(const OnDevice&) = delete;
    OnDevice& operator=(const OnDevice&) = delete;

private:
    int before_ = 0;
};

thread_local cudaEvent_t begun = nullptr;  // where this thread's piece of work began

/// Pairs of events around pieces of work. Where no event can be had, the work is not counted; what
/// is wrong with the device shows in the work itself.
class GpuMeter {
public:
    void begin(int device, cudaStream_t stream) {
        const std::lock_guard lock(mutex_);
        const OnDevice there(device);
        begun = event(device);
        if (begun != nullptr) (void)cudaEventRecord(begun, stream);
    }
    void end(int device, cudaStream_t stream) {
        const std::lock_guard lock(mutex_);
        const OnDevice there(device);
        const cudaEvent_t ended = begun == nullptr ? nullptr : event(device);
        if (ended != nullptr) {
            pieces_.push_back({device, begun, ended});
            (void)cudaEventRecord(ended, stream);
        }
        begun = nullptr;
        collect(/*wait=*/pieces_.size() > most_waiting);
    }
    Seconds seconds() {
        const std::lock_guard lock(mutex_);
        collect(/*wait=*/true);
        return seconds_;
    }

private:
    static constexpr std::size_t most_waiting = 256;
    struct Piece {
        int device;
        cudaEvent_t begin, end;
    };

    /// @return null if none can be had
    cudaEvent_t event(int device) {
        auto& spare = spare_[device];
        cudaEvent_t last = nullptr;
        if (spare.empty()) {
            (void)cudaEventCreate(&last);
        } else {
            last = spare.back();
            spare.pop_back();
        }
        return last;
    }
    void collect(bool wait) {
        Seconds sum = 0;
        while (!pieces_.empty()) {
            const Piece piece = pieces_.front();
            if (!wait && cudaEventQuery(piece.end) != cudaSuccess) break;
            if (wait) (void)cudaEventSynchronize(piece.end);
            float milliseconds = 0;
            if (cudaEventElapsedTime(&milliseconds, piece.begin, piece.end) == cudaSuccess)
                sum += milliseconds / 1000.0;
            for (const auto used : {piece.begin, piece.end}) spare_[piece.device].push_back(used);
            pieces_.pop_front();
        }
        (void)cudaGetLastError();  // "not ready" is no error of the next call's
        if (sum <= 0) return;
        seconds_ += sum * part_;
        MeterPage::add(sum * part_);
    }

    std::mutex mutex_;
    std::deque<Piece> pieces_;
    std::map<int, std::vector<cudaEvent_t>> spare_;  // of each device
    const double part_ = granted_part();
    Seconds seconds_ = 0;
};

GpuMeter& meter() {
    static auto* const meter = new GpuMeter;  // outlives what the driver tears down at exit
    return *meter;
}

}  // namespace

bool built_with_cuda() { return true; }

std::vector<Gpu> gpus(std::string* why) {
    int driver = 0, count = 0;
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver == 0) {
        if (why != nullptr) *why = "there is no NVIDIA driver";
        return {};
    }
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess) {
        (void)cudaGetLastError();
        if (why != nullptr) *why = cudaGetErrorString(error);
        return {};
    }
    if (count == 0 && why != nullptr) *why = "no GPU was found";
    std::vector<Gpu> found;
    for (int i = 0; i < count; ++i) {
        cudaDeviceProp properties{};
        cuda::check(cudaGetDeviceProperties(&properties, i), "GPU properties");
        found.push_back({i, properties.name, text_of(properties.uuid),
                         static_cast<std::int64_t>(properties.totalGlobalMem),
                         properties.multiProcessorCount, properties.major, properties.minor});
    }
    return found;
}

void begin_gpu_work(int device, GpuStream stream) {
    meter().begin(device, static_cast<cudaStream_t>(stream));
}
void end_gpu_work(int device, GpuStream stream) {
    meter().end(device, static_cast<cudaStream_t>(stream));
}
Seconds gpu_seconds() { return meter().seconds(); }

}  // namespace ekya

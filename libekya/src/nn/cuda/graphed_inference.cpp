#include "../graphed_inference.hpp"

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "../crop_tensor.hpp"
#include "../inference.hpp"
#include "../torch_error.hpp"
#include "ekya/core/errors.hpp"
#include "ekya/device/device.hpp"

namespace ekya {
namespace {

/// Two captures at once, or memory given back beside a capture, may end it.
std::mutex& capturing() {
    static std::mutex mutex;
    return mutex;
}

/// Streams that no classifier uses any more, of each device. libtorch keeps memory for every stream
/// that was ever used, so models that come and go take the same ones.
class Streams {
public:
    static at::cuda::CUDAStream take(c10::DeviceIndex device) {
        const std::lock_guard lock(mutex());
        auto& idle = all()[device];
        if (idle.empty()) return at::cuda::getStreamFromPool(/*isHighPriority=*/false, device);
        const auto stream = idle.back();
        idle.pop_back();
        return stream;
    }
    static void give_back(const at::cuda::CUDAStream& stream) {
        const std::lock_guard lock(mutex());
        all()[stream.device_index()].push_back(stream);
    }

private:
    static std::mutex& mutex() {
        static std::mutex mutex;
        return mutex;
    }
    static std::map<c10::DeviceIndex, std::vector<at::cuda::CUDAStream>>& all() {
        static std::map<c10::DeviceIndex, std::vector<at::cuda::CUDAStream>> all;
        return all;
    }
};

class CudaGraphs : public GraphedInference {
public:
    CudaGraphs(const FoldedNetwork& network, int input_size, const torch::Device& device)
        : network_(network),
          input_size_(input_size),
          device_(device),
          stream_(Streams::take(device.index())) {
        at::cuda::CUDAEvent weights_are_there;
        weights_are_there.record(at::cuda::getCurrentCUDAStream(device.index()));
        weights_are_there.block(stream_);
    }
    ~CudaGraphs() override {
        graphs_.clear();
        release_gpu_memory();  // or the graphs' own would be kept until the card is full
        Streams::give_back(stream_);
    }

    std::vector<Prediction> classify(const CropBatch& crops, std::size_t first,
                                     std::size_t count) override {
        if (!crops.places.empty() && crops.places.size() < first + count)
            throw DomainError("places: fewer than crops");
        const torch::NoGradGuard no_grad;
        const c10::cuda::CUDAStreamGuard guard(stream_);
        Recorded& graph = recorded(std::bit_ceil(count), crops.size,
                                   network_.takes_places() && !crops.places.empty());
        std::memcpy(graph.host_bytes.data_ptr(), crops.rgb.data() + first * crops.bytes_per_crop(),
                    count * crops.bytes_per_crop());
        if (graph.places.defined())
            std::memcpy(graph.host_places.data_ptr(), crops.places.data() + first,
                        count * sizeof(FramePlace));
        {
            const DeviceWork work(device_.str(), stream_.stream());
            graph.bytes.copy_(graph.host_bytes, /*non_blocking=*/true);
            if (graph.places.defined()) graph.places.copy_(graph.host_places, true);
            graph.graph.replay();
            graph.host_answer.copy_(graph.answer, true);
        }
        stream_.synchronize();
        std::vector<Prediction> result(count);
        const float* const answer = graph.host_answer.data_ptr<float>();
        const auto padded = static_cast<std::size_t>(graph.host_answer.size(1));
        for (std::size_t i = 0; i < count; ++i)
            result[i] = {static_cast<int>(answer[padded + i]), static_cast<double>(answer[i])};
        return result;
    }

private:
    struct Recorded {
        at::cuda::CUDAGraph graph;
        torch::Tensor bytes, places, answer;                 // of the GPU, at fixed addresses
        torch::Tensor host_bytes, host_places, host_answer;  // pinned
    };

    /// [2, N] float: probabilities, class indices.
    torch::Tensor answer(const Recorded& r) const {
        const auto images = crop_tensor(r.bytes, input_size_, device_, own_normalisation);
        const auto [probability, index] =
            network_.forward(images, r.places).to(torch::kFloat32).softmax(1).max(1);
        return torch::stack({probability, index.to(torch::kFloat32)});
    }

    Recorded& recorded(std::size_t batch, int side, bool places) {
        auto& entry = graphs_[{batch, side, places}];
        if (entry) return *entry;
        auto made = std::make_unique<Recorded>();
        const auto n = static_cast<std::int64_t>(batch);
        const auto bytes = torch::TensorOptions(torch::kUInt8);
        const auto floats = torch::TensorOptions(torch::kFloat32);
        made->bytes = torch::zeros({n, side, side, 3}, bytes.device(device_));
        made->host_bytes = torch::zeros({n, side, side, 3}, bytes.pinned_memory(true));
        if (places) {
            made->places = torch::full({n, 4}, 0.5, floats.device(device_));
            made->host_places = torch::full({n, 4}, 0.5, floats).pin_memory();
        }
        made->host_answer = torch::zeros({2, n}, floats.pinned_memory(true));
        const std::lock_guard lock(capturing());
        // Libraries set themselves up in the first runs, which a capture does not allow.
        for (int i = 0; i < 2; ++i) made->answer = answer(*made);
        stream_.synchronize();
        made->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
        try {
            made->answer = answer(*made);
        } catch (...) {
            try {
                made->graph.capture_end();
            } catch (const std::exception&) {  // what came first says more
            }
            throw;
        }
        made->graph.capture_end();
        entry = std::move(made);
        return *entry;
    }

    const FoldedNetwork network_;  // handles to the weights
    const int input_size_;
    const torch::Device device_;
    const at::cuda::CUDAStream stream_;
    std::map<std::tuple<std::size_t, int, bool>, std::unique_ptr<Recorded>> graphs_;
};

}  // namespace

std::shared_ptr<GraphedInference> GraphedInference::of(const FoldedNetwork& network, int input_size,
                                                       const torch::Device& device) {
    if (!device.is_cuda()) return nullptr;
    return std::make_shared<CudaGraphs>(network, input_size, device);
}

void release_gpu_memory() {
    const std::lock_guard lock(capturing());
    c10::cuda::CUDACachingAllocator::emptyCache();
}

}  // namespace ekya

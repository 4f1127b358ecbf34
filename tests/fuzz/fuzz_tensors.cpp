// A weights file.
#include "input.hpp"
#include "nn/tensor_file.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch scratch;
    const auto file = scratch / "weights.pt";
    test::write(file, fuzz::bytes(data, size));
    (void)fuzz::accepts([&] {
        for (const auto& entry : read_tensors(file)) {
            const auto tensor = entry.value();
            fuzz::require(tensor.defined(), "a tensor without values");
            // Reads every value.
            if (tensor.numel() > 0 && tensor.numel() < 1 << 20) (void)tensor.clone();
        }
    });
    return 0;
}

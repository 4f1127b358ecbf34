// The weights of a published detector in ONNX.
#include "ekya/nn/weights.hpp"
#include "input.hpp"
#include "unit/support/scratch.hpp"

using namespace ekya;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch scratch;
    const auto file = scratch / "detector.onnx";
    test::write(file, fuzz::bytes(data, size));
    (void)fuzz::accepts([&] { (void)onnx_architecture(file); });
    return 0;
}

// libFuzzer entry: a whole GGUF file. Returns or throws Error; anything else is a finding.

#include <cstddef>
#include <cstdint>
#include <span>

#include "host/error.h"
#include "runtime/load/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const auto checkpoint = rwkvk::load::read_gguf(std::as_bytes(std::span(data, size)), "fuzz");
        for (const auto& [name, tensor] : checkpoint.tensors) {
            const auto block = rwkvk::load::block_of(tensor.dtype);
            std::byte stored[256];
            if (tensor.elements() > 0)
                tensor.copy(tensor.elements() - block.elements, block.elements, stored);
        }
    } catch (const rwkvk::Error&) {
    }
    return 0;
}

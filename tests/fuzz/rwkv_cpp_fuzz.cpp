// libFuzzer entry: a whole rwkv.cpp .bin file. Returns or throws Error; anything else is a finding.

#include <cstddef>
#include <cstdint>
#include <span>

#include "host/error.h"
#include "runtime/load/rwkv_cpp.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const auto checkpoint = rwkvk::load::read_rwkv_cpp(std::as_bytes(std::span(data, size)), "fuzz");
        for (const auto& [name, tensor] : checkpoint.tensors) {
            std::byte element[8];
            if (tensor.elements() > 0) tensor.copy(tensor.elements() - 1, 1, element);
        }
    } catch (const rwkvk::Error&) {
    }
    return 0;
}

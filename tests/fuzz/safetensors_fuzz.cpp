// libFuzzer entry: a whole safetensors model. Returns or throws Error; anything else is a finding.

#include <cstddef>
#include <cstdint>
#include <span>

#include "host/error.h"
#include "runtime/load/safetensors_model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    try {
        const auto checkpoint =
            rwkvk::load::read_safetensors_model(std::as_bytes(std::span(data, size)), "fuzz");
        for (const auto& [name, tensor] : checkpoint.tensors) {
            std::byte element[8];
            if (tensor.elements() > 0) tensor.copy(tensor.elements() - 1, 1, element);
        }
    } catch (const rwkvk::Error&) {
    }
    return 0;
}

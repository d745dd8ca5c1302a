#include "runtime/gpu/device_key.h"

#include <vector>

#include "host/hash.h"
#include "runtime/catalogue/select.h"
#include "shaders/spirv_modules.h"

namespace rwkvk::gpu {

uint64_t device_key(const vk::DeviceFacts& facts) {
    std::vector<uint64_t> parts = {
        hash_of(std::as_bytes(std::span(facts.uuid))),
        hash_of(std::as_bytes(std::span(facts.pipeline_cache_uuid))),
        hash_of(std::as_bytes(std::span(facts.driver))),
        facts.driver_version,
        facts.subgroup,
        facts.subgroup_size_control,
        facts.float_controls,
        facts.round_to_even,
        facts.keep_signed_zero,
    };
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (const KernelChoice& choice : possible_choices(static_cast<Op>(op), facts)) {
            parts.push_back(static_cast<uint64_t>(choice.kernel));
            parts.push_back(choice.subgroup_size);
            parts.push_back(hash_of(std::as_bytes(std::span(choice.constants))));
        }
    }
    for (const SpirvModule& module : spirv_modules()) parts.push_back(hash_of(std::as_bytes(module.words)));
    return hash_of(std::as_bytes(std::span(parts)));
}

}  // namespace rwkvk::gpu

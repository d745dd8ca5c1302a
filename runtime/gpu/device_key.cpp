#include "runtime/gpu/device_key.h"

#include <vector>

#include "host/hash.h"
#include "shaders/spirv_modules.h"

namespace rwkvk::gpu {

uint64_t device_key(const vk::DeviceFacts& facts) {
    std::vector<uint64_t> parts = {
        hash_of(std::as_bytes(std::span(facts.uuid))),
        hash_of(std::as_bytes(std::span(facts.pipeline_cache_uuid))),
        hash_of(std::as_bytes(std::span(facts.driver))),
        facts.driver_version,
        facts.subgroup,
        facts.subgroup_size,
        facts.narrow,
        facts.max_invocations,
        facts.float_controls,
    };
    for (const SpirvModule& module : spirv_modules()) parts.push_back(hash_of(std::as_bytes(module.words)));
    return hash_of(std::as_bytes(std::span(parts)));
}

}  // namespace rwkvk::gpu

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rwkvk {

/// A compiled exact kernel: "norm_lane", or with its weight format "linear_narrow.f16".
struct SpirvModule {
    std::string_view name;
    std::span<const uint32_t> words;
};

/// Every module that the tables name, in their order.
std::span<const SpirvModule> spirv_modules();

}  // namespace rwkvk

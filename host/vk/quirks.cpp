#include "host/vk/quirks.h"

#include <array>

#include "host/error.h"
#include "host/log.h"
#include "host/vk/api.h"

namespace rwkvk::vk {
namespace {

struct Quirk {
    bool (*affected)(const DeviceFacts&);
    void (*correct)(DeviceFacts&);
    const char* reason;
    const char* source;
};

bool lavapipe(const DeviceFacts& facts) {
    // Mesa's driver for Apple's GPUs has the same vendor.
    return facts.vendor_id == vendor::mesa && facts.type == DeviceType::software;
}

// Xe2 demands 16 lanes or more, what was before it 8.
bool before_xe2(const DeviceFacts& facts) {
    return facts.vendor_id == vendor::intel && facts.subgroup_size_min < 16;
}

// A row goes when the driver's fix is older than what distributions ship.
constexpr std::array quirks{
    Quirk{[](const DeviceFacts& f) { return lavapipe(f) && f.subgroup_size > 16; },
          [](DeviceFacts& f) { f.subgroup = false; },
          "vectors are at most 512 bits wide, whatever subgroup size LP_NATIVE_VECTOR_WIDTH makes it report",
          "measured with Mesa 22.3.6, LP_NATIVE_VECTOR_WIDTH=1024"},
    Quirk{[](const DeviceFacts& f) { return lavapipe(f) && f.cooperative_matrix && f.subgroup_size >= 16; },
          [](DeviceFacts& f) { f.cooperative_matrix = false; },
          "cooperative matrices crash the compiler at a vector width of 512",
          "measured with Mesa 26, LP_NATIVE_VECTOR_WIDTH=512"},
    // Of these chips only RDNA 3 and later have matrix instructions and fast dot products of mixed signs.
    Quirk{[](const DeviceFacts& f) {
              return f.vendor_id == vendor::amd && f.cooperative_matrix && !f.fast_mixed_dot;
          },
          [](DeviceFacts& f) { f.cooperative_matrix = false; },
          "cooperative matrices are reported for chips that have no instructions for them",
          "llama.cpp, ggml-vulkan.cpp, ggml_vk_khr_cooperative_matrix_support; the compiler of Mesa 26.2 "
          "aborts"},
    Quirk{[](const DeviceFacts& f) { return before_xe2(f) && f.cooperative_matrix; },
          [](DeviceFacts& f) { f.cooperative_matrix = false; },
          "cooperative matrices are slower than plain code before Xe2",
          "llama.cpp, ggml-vulkan.cpp, ggml_vk_khr_cooperative_matrix_support"},
};

}  // namespace

void apply_quirks(DeviceFacts& facts) {
    for (const Quirk& quirk : quirks) {
        if (!quirk.affected(facts)) continue;
        quirk.correct(facts);
        log(LogLevel::info, concat(facts.name, ": ", quirk.reason, " (", quirk.source, ")"));
    }
}

}  // namespace rwkvk::vk

#include "host/vk/quirks.h"

#include <array>

#include "host/error.h"
#include "host/log.h"

namespace rwkvk::vk {
namespace {

constexpr uint32_t mesa = 0x10005;

struct Quirk {
    uint32_t vendor_id;
    bool (*affected)(const DeviceFacts&);
    void (*correct)(DeviceFacts&);
    const char* reason;
    const char* source;
};

bool lavapipe(const DeviceFacts& facts) {
    // Mesa's driver for Apple's GPUs has the same vendor.
    return facts.type == DeviceType::software;
}

// A row goes when the driver's fix is older than what distributions ship.
constexpr std::array quirks{
    Quirk{mesa, [](const DeviceFacts& f) { return lavapipe(f) && f.subgroup_size > 16; },
          [](DeviceFacts& f) { f.subgroup = false; },
          "vectors are at most 512 bits wide, whatever subgroup size LP_NATIVE_VECTOR_WIDTH makes it report",
          "measured with Mesa 22.3.6, LP_NATIVE_VECTOR_WIDTH=1024"},
    Quirk{mesa,
          [](const DeviceFacts& f) { return lavapipe(f) && f.cooperative_matrix && f.subgroup_size >= 16; },
          [](DeviceFacts& f) { f.cooperative_matrix = false; },
          "cooperative matrices crash the compiler at a vector width of 512",
          "measured with Mesa 26, LP_NATIVE_VECTOR_WIDTH=512"},
};

bool matches(const Quirk& quirk, const DeviceFacts& facts) {
    return quirk.vendor_id == facts.vendor_id && quirk.affected(facts);
}

}  // namespace

void apply_quirks(DeviceFacts& facts) {
    for (const Quirk& quirk : quirks) {
        if (!matches(quirk, facts)) continue;
        quirk.correct(facts);
        log(LogLevel::info, concat(facts.name, ": ", quirk.reason, " (", quirk.source, ")"));
    }
}

}  // namespace rwkvk::vk

#pragma once
// What is known of a device before anything runs on it: plain data, no Vulkan types, so that kernel selection
// is a pure function that can be tested without a GPU.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace rwkvk::vk {

enum class DeviceType { discrete, integrated, software, other };

const char* name_of(DeviceType type);

/// PCI vendors, and Khronos' number for Mesa.
namespace vendor {
constexpr uint32_t amd = 0x1002, arm = 0x13b5, intel = 0x8086, mesa = 0x10005;
}

/// As 32 hexadecimal digits.
std::string uuid_text(const std::array<uint8_t, 16>& uuid);

struct DeviceFacts {
    std::string name, vendor, driver;  // as shown to the user
    DeviceType type = DeviceType::other;
    uint32_t vendor_id = 0, device_id = 0, driver_version = 0;
    uint32_t driver_id = 0;    // VkDriverId; 0 where the driver does not say
    uint32_t api_version = 0;  // Vulkan's packed form
    std::array<uint8_t, 16> uuid{}, pipeline_cache_uuid{};
    uint64_t memory_bytes = 0;  // device-local heaps

    // Limits
    uint32_t max_invocations = 128;  // per workgroup
    std::array<uint32_t, 3> max_group_size{128, 128, 64};
    std::array<uint32_t, 3> max_group_count{65535, 65535, 65535};
    uint32_t shared_bytes = 16384;
    uint32_t push_bytes = 128;
    uint32_t max_storage_buffers = 16;          // per stage; kernels bind up to 13
    uint64_t max_binding_bytes = 128ull << 20;  // one storage-buffer binding
    uint64_t max_allocation_bytes = 1ull << 30;
    uint64_t offset_alignment = 256;  // of storage-buffer bindings

    // Things better than the floor; each can be masked by name (see `masked`)
    bool subgroup = false;               // shuffles of uint in compute shaders at a known size
    uint32_t subgroup_size = 0;          // 0 without `subgroup`
    bool subgroup_size_control = false;  // a size can be demanded, and that subgroups are full
    uint32_t subgroup_size_min = 0, subgroup_size_max = 0;  // what can be demanded; 0 where nothing can
    uint32_t max_subgroups = 0;     // per workgroup at a demanded size; 0 where none can be
    bool fusion = true;             // steps that can be one dispatch are
    bool joins = true;              // workgroups see what others of the dispatch wrote, after a barrier
    bool sampling = true;           // it can draw tokens
    bool slow_sampling = false;     // but the host does so faster
    bool narrow = false;            // software or shared-memory-less device: a lane per row is best
    bool tuning = false;            // which kernels of products are fastest is measured
    bool float_controls = false;    // execution modes below can be declared
    bool round_to_even = false;     // RoundingModeRTE 32 reported
    bool keep_signed_zero = false;  // SignedZeroInfNanPreserve 32 reported
    bool float16 = false, int8 = false, storage16 = false;
    bool integer_dot = false, buffer_device_address = false;
    // Of f16, with sums of f32, by a subgroup; rows and columns of the sums, and elements that make them.
    bool cooperative_matrix = false;
    std::array<uint32_t, 3> matrix_shape{};
    // Dot products of four 8-bit integers in a word are accelerated: of signed ones, and of signed by
    // unsigned ones, which tells AMD's generations apart too.
    bool fast_signed_dot = false, fast_mixed_dot = false;
    bool mapped = false;    // the host writes and reads device memory itself; else it is staged
    bool timeline = false;  // timeline semaphores
    bool memory_budget = false;
    bool low_priority = false;  // its queue lets those of other programs go first
    bool statistics = false;    // pipeline executable properties
    bool timestamps = false;
    float timestamp_period_ns = 0;
};

/// Facts with some of them masked: a comma-separated list of "-name" (a bool fact above with a dash for each
/// underscore: "-subgroup", "-subgroup-size-control", "-narrow", "-float-controls", "-timeline", ...),
/// "minimum": every optional fact off and every limit at the floor that all devices must have, "+mapped":
/// staging is left out where the memory allows it, also on discrete cards, where that is not yet measured,
/// "+sampling": tokens are drawn on the device also where the host is faster, "+narrow": a lane per row is
/// best, "+tuning": what is fastest is measured also on software devices, or "+fast-dot": integer dot
/// products count as accelerated where there are any, so that their kernels can be tried. Limits never rise
/// above what the device reports. Errors: Code::bad_argument naming the unknown word and listing the known
/// ones.
DeviceFacts masked(DeviceFacts facts, std::string_view mask);

/// `masked` with the value of RWKVK_CAPS; the only place that reads it.
DeviceFacts masked_by_environment(DeviceFacts facts);

}  // namespace rwkvk::vk

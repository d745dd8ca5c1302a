#include "host/vk/facts.h"

#include <algorithm>
#include <cstdlib>

#include "host/error.h"

namespace rwkvk::vk {
namespace {

struct Maskable {
    std::string_view name;  // as a mask spells it, without the leading dash
    bool DeviceFacts::*fact;
    bool in_minimum;  // its value under "minimum"
};

constexpr std::array maskable_facts{
    Maskable{"subgroup", &DeviceFacts::subgroup, false},
    Maskable{"subgroup-size-control", &DeviceFacts::subgroup_size_control, false},
    // Not an ability but a preference, and its kernels are the ones without shared memory.
    Maskable{"narrow", &DeviceFacts::narrow, true},
    Maskable{"tuning", &DeviceFacts::tuning, false},
    Maskable{"fusion", &DeviceFacts::fusion, false},
    Maskable{"joins", &DeviceFacts::joins, false},
    Maskable{"sampling", &DeviceFacts::sampling, false},
    Maskable{"float-controls", &DeviceFacts::float_controls, false},
    Maskable{"round-to-even", &DeviceFacts::round_to_even, false},
    Maskable{"keep-signed-zero", &DeviceFacts::keep_signed_zero, false},
    Maskable{"float16", &DeviceFacts::float16, false},
    Maskable{"int8", &DeviceFacts::int8, false},
    Maskable{"storage16", &DeviceFacts::storage16, false},
    Maskable{"integer-dot", &DeviceFacts::integer_dot, false},
    Maskable{"cooperative-matrix", &DeviceFacts::cooperative_matrix, false},
    Maskable{"buffer-device-address", &DeviceFacts::buffer_device_address, false},
    Maskable{"mapped", &DeviceFacts::mapped, false},
    Maskable{"timeline", &DeviceFacts::timeline, false},
    Maskable{"memory-budget", &DeviceFacts::memory_budget, false},
    Maskable{"low-priority", &DeviceFacts::low_priority, false},
    Maskable{"statistics", &DeviceFacts::statistics, false},
    Maskable{"timestamps", &DeviceFacts::timestamps, false},
};

struct Settable {
    std::string_view word;
    void (*set)(DeviceFacts&);
};

constexpr std::array settable_facts{
    Settable{"+mapped", [](DeviceFacts& f) { f.mapped = true; }},
    Settable{"+sampling",
             [](DeviceFacts& f) {
                 f.sampling = true;
                 f.slow_sampling = false;
             }},
    Settable{"+narrow", [](DeviceFacts& f) { f.narrow = true; }},
    Settable{"+tuning", [](DeviceFacts& f) { f.tuning = true; }},
    Settable{"+fast-dot", [](DeviceFacts& f) { f.fast_signed_dot = f.fast_mixed_dot = true; }},
};

void lower_to_floor(DeviceFacts& facts) {
    // The defaults of the limits are the floor.
    const DeviceFacts floor;
    for (size_t i = 0; i < 3; ++i) {
        facts.max_group_size[i] = std::min(facts.max_group_size[i], floor.max_group_size[i]);
        facts.max_group_count[i] = std::min(facts.max_group_count[i], floor.max_group_count[i]);
    }
    facts.max_invocations = std::min(facts.max_invocations, floor.max_invocations);
    facts.shared_bytes = std::min(facts.shared_bytes, floor.shared_bytes);
    facts.push_bytes = std::min(facts.push_bytes, floor.push_bytes);
    facts.max_storage_buffers = std::min(facts.max_storage_buffers, floor.max_storage_buffers);
    facts.max_binding_bytes = std::min(facts.max_binding_bytes, floor.max_binding_bytes);
    facts.max_allocation_bytes = std::min(facts.max_allocation_bytes, floor.max_allocation_bytes);
    // An alignment is the stricter the larger it is.
    facts.offset_alignment = std::max(facts.offset_alignment, floor.offset_alignment);
}

// Takes away what makes no sense without something that has been masked.
void settle_dependencies(DeviceFacts& facts) {
    if (!facts.subgroup) {
        facts.subgroup_size = 0;
        facts.subgroup_size_control = false;
    }
    if (!facts.subgroup_size_control) {
        facts.subgroup_size_min = facts.subgroup_size_max = facts.max_subgroups = 0;
    }
    if (!facts.float_controls) facts.round_to_even = facts.keep_signed_zero = false;
    if (!facts.integer_dot) facts.fast_signed_dot = facts.fast_mixed_dot = false;
    if (!facts.float16 || !facts.subgroup) facts.cooperative_matrix = false;
    if (!facts.cooperative_matrix) facts.matrix_shape = {};
    if (!facts.timestamps) facts.timestamp_period_ns = 0;
}

[[noreturn]] void unknown_word(std::string_view word) {
    std::string known = "minimum";
    for (const Settable& row : settable_facts) known += concat(", ", row.word);
    for (const Maskable& row : maskable_facts) known += concat(", -", row.name);
    throw Error(Code::bad_argument, concat("device mask (RWKVK_CAPS): unknown word '", word,
                                           "'; expected a comma-separated list of: ", known));
}

void apply_word(DeviceFacts& facts, std::string_view word) {
    if (word == "minimum") {
        lower_to_floor(facts);
        for (const Maskable& row : maskable_facts) facts.*row.fact = row.in_minimum;
        return;
    }
    for (const Settable& row : settable_facts) {
        if (word != row.word) continue;
        row.set(facts);
        return;
    }
    for (const Maskable& row : maskable_facts) {
        if (word.size() == row.name.size() + 1 && word.front() == '-' && word.substr(1) == row.name) {
            facts.*row.fact = false;
            return;
        }
    }
    unknown_word(word);
}

std::string_view trimmed(std::string_view word) {
    const size_t begin = word.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return word.substr(begin, word.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

const char* name_of(DeviceType type) {
    switch (type) {
        case DeviceType::discrete:
            return "discrete";
        case DeviceType::integrated:
            return "integrated";
        case DeviceType::software:
            return "software";
        case DeviceType::other:
            return "other";
    }
    return "other";
}

std::string uuid_text(const std::array<uint8_t, 16>& uuid) {
    constexpr char digits[] = "0123456789abcdef";
    std::string result;
    for (const uint8_t byte : uuid) {
        result += digits[byte >> 4];
        result += digits[byte & 15];
    }
    return result;
}

DeviceFacts masked(DeviceFacts facts, std::string_view mask) {
    while (!mask.empty()) {
        const size_t comma = std::min(mask.find(','), mask.size());
        const std::string_view word = trimmed(mask.substr(0, comma));
        if (!word.empty()) apply_word(facts, word);
        mask.remove_prefix(std::min(comma + 1, mask.size()));
    }
    settle_dependencies(facts);
    return facts;
}

DeviceFacts masked_by_environment(DeviceFacts facts) {
    const char* mask = std::getenv("RWKVK_CAPS");
    return masked(std::move(facts), mask ? mask : "");
}

}  // namespace rwkvk::vk

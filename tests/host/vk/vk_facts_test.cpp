#include <doctest/doctest.h>

#include <string>

#include "host/error.h"
#include "host/vk/api.h"
#include "host/vk/facts.h"
#include "host/vk/quirks.h"

using namespace rwkvk;
using namespace rwkvk::vk;

namespace {

DeviceFacts generous() {
    DeviceFacts facts;
    facts.max_invocations = 1024;
    facts.max_group_size = {1024, 1024, 64};
    facts.max_group_count = {2147483647, 65535, 65535};
    facts.shared_bytes = 65536;
    facts.push_bytes = 256;
    facts.max_storage_buffers = 1000000;
    facts.max_binding_bytes = 4ull << 30;
    facts.max_allocation_bytes = 4ull << 30;
    facts.offset_alignment = 16;
    facts.subgroup = facts.subgroup_size_control = true;
    facts.subgroup_size = 32;
    facts.subgroup_size_min = 32;
    facts.subgroup_size_max = 64;
    facts.max_subgroups = 64;
    facts.float_controls = facts.round_to_even = facts.keep_signed_zero = true;
    facts.float16 = facts.int8 = facts.storage16 = facts.integer_dot = true;
    facts.cooperative_matrix = facts.buffer_device_address = true;
    facts.matrix_shape = {16, 16, 16};
    facts.fast_signed_dot = facts.fast_mixed_dot = facts.mapped = facts.tuning = true;
    facts.timeline = facts.memory_budget = facts.low_priority = facts.statistics = facts.timestamps = true;
    facts.timestamp_period_ns = 10;
    return facts;
}

}  // namespace

TEST_CASE("an empty mask changes nothing") {
    const DeviceFacts facts = masked(generous(), "");
    CHECK(facts.subgroup);
    CHECK(facts.subgroup_size == 32);
    CHECK(facts.subgroup_size_max == 64);
    CHECK(facts.max_invocations == 1024);
    CHECK(facts.timestamp_period_ns == 10);
}

TEST_CASE("a word masks its fact and no other") {
    const DeviceFacts facts = masked(generous(), "-float16, -timeline,");
    CHECK_FALSE(facts.float16);
    CHECK_FALSE(facts.timeline);
    CHECK(facts.int8);
    CHECK(facts.storage16);
    CHECK(facts.subgroup);
}

TEST_CASE("what needs a masked fact goes with it") {
    const DeviceFacts without_subgroup = masked(generous(), "-subgroup");
    CHECK_FALSE(without_subgroup.subgroup);
    CHECK_FALSE(without_subgroup.subgroup_size_control);
    CHECK(without_subgroup.subgroup_size == 0);
    CHECK(without_subgroup.subgroup_size_max == 0);
    const DeviceFacts without_control = masked(generous(), "-subgroup-size-control");
    CHECK(without_control.subgroup_size == 32);
    CHECK(without_control.subgroup_size_min == 0);
    const DeviceFacts without_float_controls = masked(generous(), "-float-controls");
    CHECK_FALSE(without_float_controls.round_to_even);
    CHECK_FALSE(without_float_controls.keep_signed_zero);
    CHECK(masked(generous(), "-timestamps").timestamp_period_ns == 0);
    CHECK(masked(generous(), "").cooperative_matrix);
    for (const char* mask : {"-cooperative-matrix", "-float16", "-subgroup"}) {
        const DeviceFacts without_matrices = masked(generous(), mask);
        CHECK_FALSE(without_matrices.cooperative_matrix);
        CHECK(without_matrices.matrix_shape == std::array<uint32_t, 3>{});
    }
}

TEST_CASE("minimum is the floor that every device must have") {
    const DeviceFacts facts = masked(generous(), "minimum");
    CHECK(facts.max_invocations == 128);
    CHECK(facts.max_group_size == std::array<uint32_t, 3>{128, 128, 64});
    CHECK(facts.max_group_count == std::array<uint32_t, 3>{65535, 65535, 65535});
    CHECK(facts.shared_bytes == 16384);
    CHECK(facts.push_bytes == 128);
    CHECK(facts.max_storage_buffers == 16);
    CHECK(facts.max_binding_bytes == 128u << 20);
    CHECK(facts.max_allocation_bytes == 1u << 30);
    CHECK(facts.offset_alignment == 256);
    CHECK(facts.narrow);
    for (const bool fact :
         {facts.subgroup, facts.subgroup_size_control, facts.float_controls, facts.round_to_even,
          facts.keep_signed_zero, facts.float16, facts.int8, facts.storage16, facts.integer_dot,
          facts.cooperative_matrix, facts.buffer_device_address, facts.fast_signed_dot, facts.fast_mixed_dot,
          facts.mapped, facts.tuning, facts.timeline, facts.memory_budget, facts.low_priority,
          facts.statistics, facts.timestamps}) {
        CHECK_FALSE(fact);
    }
}

TEST_CASE("what is a preference can be set, too") {
    CHECK(masked(DeviceFacts{}, "+narrow").narrow);
    CHECK(masked(DeviceFacts{}, "+tuning").tuning);
}

TEST_CASE("dot products can count as fast where there are any") {
    DeviceFacts facts = generous();
    facts.fast_signed_dot = facts.fast_mixed_dot = false;
    CHECK(masked(facts, "+fast-dot").fast_signed_dot);
    CHECK(masked(facts, "+fast-dot").fast_mixed_dot);
    CHECK_FALSE(masked(facts, "+fast-dot,-integer-dot").fast_signed_dot);
}

TEST_CASE("words apply in order, so that one can follow minimum") {
    CHECK_FALSE(masked(generous(), "minimum,-narrow").narrow);
    CHECK(masked(generous(), "-narrow,minimum").narrow);
}

TEST_CASE("staging is taken, or left out, by name") {
    CHECK_FALSE(masked(generous(), "-mapped").mapped);
    CHECK(masked(generous(), "minimum,+mapped").mapped);
}

TEST_CASE("minimum never raises a limit") {
    DeviceFacts small = generous();
    small.max_invocations = 64;
    small.max_group_size = {64, 32, 16};
    small.max_group_count = {1000, 999, 998};
    small.shared_bytes = 8192;
    small.push_bytes = 64;
    small.max_storage_buffers = 4;
    small.max_binding_bytes = 1 << 20;
    small.max_allocation_bytes = 2 << 20;
    small.offset_alignment = 512;
    const DeviceFacts facts = masked(small, "minimum");
    CHECK(facts.max_invocations == 64);
    CHECK(facts.max_group_size == small.max_group_size);
    CHECK(facts.max_group_count == small.max_group_count);
    CHECK(facts.shared_bytes == 8192);
    CHECK(facts.push_bytes == 64);
    CHECK(facts.max_storage_buffers == 4);
    CHECK(facts.max_binding_bytes == 1 << 20);
    CHECK(facts.max_allocation_bytes == 2 << 20);
    CHECK(facts.offset_alignment == 512);
}

TEST_CASE("an unknown word is refused by name, with the known ones") {
    for (const std::string word : {"-subgroups", "subgroup", "+float16", "-", "-minimum", "MINIMUM"}) {
        INFO("word ", word);
        try {
            masked(generous(), "-float16," + word);
            FAIL("accepted");
        } catch (const Error& error) {
            const std::string message = error.what();
            CHECK(error.code() == Code::bad_argument);
            CHECK(message.find("'" + word + "'") != std::string::npos);
            CHECK(message.find("-subgroup-size-control") != std::string::npos);
            CHECK(message.find("minimum") != std::string::npos);
        }
    }
}

namespace {

DeviceFacts quirked(void (*describe)(DeviceFacts&)) {
    DeviceFacts facts = generous();
    describe(facts);
    apply_quirks(facts);
    return facts;
}

}  // namespace

TEST_CASE("a device without known faults keeps its facts") {
    const DeviceFacts facts = quirked([](DeviceFacts&) {});
    CHECK(facts.subgroup);
    CHECK(facts.cooperative_matrix);
    CHECK(facts.shared_bytes == generous().shared_bytes);
}

TEST_CASE("lavapipe wider than its vectors has no subgroups, Mesa on Apple's GPUs keeps them") {
    CHECK_FALSE(quirked([](DeviceFacts& f) {
                    f.vendor_id = vendor::mesa;
                    f.type = DeviceType::software;
                }).subgroup);
    CHECK(quirked([](DeviceFacts& f) { f.vendor_id = vendor::mesa; }).subgroup);
}

TEST_CASE("AMD's drivers report cooperative matrices before RDNA 3, where they are not used") {
    CHECK_FALSE(quirked([](DeviceFacts& f) {
                    f.vendor_id = vendor::amd;
                    f.fast_mixed_dot = false;
                }).cooperative_matrix);
    CHECK(quirked([](DeviceFacts& f) { f.vendor_id = vendor::amd; }).cooperative_matrix);
    CHECK(quirked([](DeviceFacts& f) { f.fast_mixed_dot = false; }).cooperative_matrix);
}

TEST_CASE("Intel's cooperative matrices are used from Xe2 on") {
    CHECK_FALSE(quirked([](DeviceFacts& f) {
                    f.vendor_id = vendor::intel;
                    f.subgroup_size_min = 8;
                }).cooperative_matrix);
    CHECK(quirked([](DeviceFacts& f) {
              f.vendor_id = vendor::intel;
              f.subgroup_size_min = 16;
          }).cooperative_matrix);
}

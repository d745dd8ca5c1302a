#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "host/error.h"
#include "host/vk/buffer.h"
#include "host/vk/device.h"
#include "host/vk/kernel.h"
#include "host/vk/recorder.h"
#include "host/vk/report.h"
#include "tests/host/vk/vk_test_kernel.h"

using namespace rwkvk;
using namespace rwkvk::vk;

namespace {

std::shared_ptr<Instance> instance() {
    // One for all cases: drivers and layers take most of a second to start.
    static const std::shared_ptr<Instance> shared = []() -> std::shared_ptr<Instance> {
        try {
            auto created = Instance::create();
            if (!created->devices().empty()) return created;
            MESSAGE("no Vulkan device");
        } catch (const Error& error) {
            if (error.code() != Code::no_device) throw;
            MESSAGE(std::string(error.what()));
        }
        return nullptr;
    }();
    return shared;
}

enum class Validation { silent, may_complain };

// Runs `body` on the best device with some facts masked; whatever the validation layer says is a failure.
void on_device(const std::string& mask, const std::function<void(Device&)>& body,
               Validation validation = Validation::silent) {
    const auto vulkan = instance();
    if (!vulkan) {
        MESSAGE("skipped: no Vulkan");
        return;
    }
    INFO("RWKVK_CAPS=", mask);
    const auto& chosen = choose_device(*vulkan, "");
    const uint64_t before = vulkan->validation_messages();
    {
        Device device(vulkan, chosen, masked(masked_by_environment(chosen.facts), mask));
        body(device);
        CHECK(device.allocated_bytes() == 0);
    }
    if (validation == Validation::may_complain) return;
    const auto texts = vulkan->validation_texts();
    CHECK_MESSAGE(vulkan->validation_messages() == before, (texts.empty() ? "" : texts.back()));
}

template <typename T>
std::span<const std::byte> bytes_of(const T& values) {
    return std::as_bytes(std::span(values));
}

template <typename T>
std::vector<T> read_all(Transfer& transfer, Buffer& from, size_t count) {
    std::vector<T> result(count);
    transfer.read(from, 0, std::as_writable_bytes(std::span(result)));
    return result;
}

struct Push {
    uint32_t count;
    float scale;
};

std::span<const std::byte> as_bytes(const Push& push) { return std::as_bytes(std::span(&push, 1)); }

Kernel scale(Device& device, uint32_t local_size, uint32_t bias = 1) {
    const SpecConstant constants[] = {{0, local_size}, {3, bias}};
    return {device, "scale", scale_kernel, constants, {}};
}

Code refusal(const std::function<void()>& body, const std::string& part_of_message) {
    try {
        body();
    } catch (const Error& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find(part_of_message) != std::string::npos);
        CHECK(std::string(error.what()).find('\n') == std::string::npos);
        return error.code();
    }
    FAIL("accepted");
    return Code::io;
}

constexpr const char* masks[] = {"", "-timeline", "-mapped", "minimum"};

}  // namespace

TEST_CASE("every device lists once, with facts that make sense") {
    if (!instance()) return;
    const auto& devices = instance()->devices();
    for (size_t i = 0; i < devices.size(); ++i) {
        const DeviceFacts& facts = devices[i].facts;
        INFO(facts.name, " ", facts.driver);
        MESSAGE(facts.name, ", ", facts.vendor, ", ", facts.driver, ", ", std::string(name_of(facts.type)),
                ", subgroup ", facts.subgroup_size, ", rte ", facts.round_to_even, ", coopmat ",
                facts.cooperative_matrix, ", timeline ", facts.timeline, ", statistics ", facts.statistics,
                ", narrow ", facts.narrow);
        CHECK(facts.max_invocations >= 128);
        CHECK(facts.shared_bytes >= 16384);
        CHECK(facts.push_bytes >= 128);
        CHECK(facts.max_binding_bytes >= 128u << 20);
        CHECK(facts.memory_bytes > 0);
        CHECK(facts.subgroup == (facts.subgroup_size != 0));
        CHECK((facts.float_controls || !facts.round_to_even));
        for (size_t j = 0; j < i; ++j) CHECK(devices[j].facts.uuid != facts.uuid);
    }
}

TEST_CASE("a device is chosen by index, name or UUID, and a wrong choice lists them") {
    if (!instance()) return;
    const auto& first = instance()->devices().front();
    CHECK(&choose_device(*instance(), "0") == &first);
    CHECK(choose_device(*instance(), first.facts.name).facts.name == first.facts.name);
    std::string uuid;
    for (const uint8_t byte : first.facts.uuid) {
        uuid += "0123456789ABCDEF"[byte >> 4];
        uuid += "0123456789ABCDEF"[byte & 15];
    }
    CHECK(&choose_device(*instance(), uuid) == &first);
    CHECK(refusal([] { choose_device(*instance(), "99"); }, first.facts.name) == Code::no_device);
    CHECK(refusal([] { choose_device(*instance(), "no such card"); }, first.facts.name) == Code::no_device);
}

TEST_CASE("bytes survive upload, copy, fill and read back, mapped or staged") {
    for (const char* mask : masks) {
        for (const auto path : {Transfer::Path::direct_where_mapped, Transfer::Path::always_staged}) {
            on_device(mask, [&](Device& device) {
                // Seven pieces, so that both sides of the ring come round several times.
                Transfer transfer(device, 4096, path);
                std::vector<uint32_t> values(7000);
                std::iota(values.begin(), values.end(), 1u);
                Buffer a(device, values.size() * 4, Memory::device, "a"),
                    b(device, 28000, Memory::device, "b");
                transfer.write(a, 0, bytes_of(values));
                transfer.fill(b, 0, 28000, 7);
                transfer.copy(std::array{Transfer::Copy{&a, 400, &b, 800, 1000},
                                         Transfer::Copy{&a, 1400, &b, 1800, 3000}});
                const auto piece = transfer.open(b, 20000, 8);
                std::memcpy(piece.data(), values.data(), 8);
                transfer.commit();
                transfer.finish();

                CHECK(read_all<uint32_t>(transfer, a, 7000) == values);
                std::vector<uint32_t> expected(7000, 7);
                std::copy_n(values.begin() + 100, 1000, expected.begin() + 200);
                expected[5000] = 1;
                expected[5001] = 2;
                CHECK(read_all<uint32_t>(transfer, b, 7000) == expected);
            });
        }
    }
}

TEST_CASE("device memory is mapped or not, as the fact says; what the host needs is always mapped") {
    for (const char* mask : {"", "-mapped"}) {
        on_device(mask, [](Device& device) {
            const Buffer weights(device, 64, Memory::device, "weights");
            CHECK((weights.mapped() != nullptr) == device.facts().mapped);
            CHECK(Buffer(device, 64, Memory::upload, "upload").mapped() != nullptr);
            CHECK(Buffer(device, 64, Memory::readback, "readback").mapped() != nullptr);
        });
    }
}

TEST_CASE("what a driver reports is JSON that tells the memory of every purpose") {
    on_device("", [](Device& device) {
        std::set<std::string> memory;
        for (const ReportedProperty& row : report_memory(device)) {
            CHECK(row.group == "memory");
            const auto json = nlohmann::json::parse(row.json);
            CHECK(json.at("heap_bytes").get<uint64_t>() > 0);
            CHECK((row.name == "device" || json.at("host_visible").get<bool>()));
            memory.insert(row.name);
        }
        CHECK(memory == std::set<std::string>{"device", "readback", "upload"});
        std::set<std::string> groups;
        const Instance::Candidate& candidate = choose_device(*instance(), "");  // whose facts no mask changes
        for (const ReportedProperty& row : report_properties(*instance(), candidate)) {
            CHECK_FALSE(nlohmann::json::parse(row.json).is_null());
            groups.insert(row.group);
            if (row.name == "rounding_mode_rte_float32")
                CHECK((row.json == "true") == candidate.facts.round_to_even);
        }
        CHECK(groups.contains("float_controls") == candidate.facts.float_controls);
    });
}

TEST_CASE("free memory is told") {
    for (const char* mask : {"", "-memory-budget"}) {
        on_device(mask, [](Device& device) {
            const uint64_t before = device.free_bytes();
            CHECK(before > 0);
            CHECK(before <= device.facts().memory_bytes);
        });
    }
}

TEST_CASE("a chain of dispatches waits where it must and nowhere else") {
    for (const char* mask : masks) {
        on_device(mask, [](Device& device) {
            const uint32_t count = 1000;
            const Kernel kernel = scale(device, 64);
            CHECK(kernel.local_size() == std::array<uint32_t, 3>{64, 1, 1});
            Buffer a(device, count * 4, Memory::device, "a"), b(device, count * 4, Memory::device, "b");
            Buffer c(device, count * 4, Memory::device, "c"), d(device, count * 4, Memory::device, "d");
            Buffer out(device, count * 4, Memory::readback, "out");
            Transfer transfer(device);
            std::vector<float> x(count);
            std::iota(x.begin(), x.end(), 0.0f);
            transfer.write(a, 0, bytes_of(x));

            const Push push{count, 2.0f};
            const auto step = [&](Recorder& recorder, Buffer& from, Buffer& to) {
                const Binding bindings[] = {{&from, 0, count * 4, Access::read},
                                            {&to, 0, count * 4, Access::write}};
                recorder.dispatch(kernel, bindings, as_bytes(push), {(count + 63) / 64, 1, 1});
            };
            Recorder recorder(device, {.timestamps = true});
            step(recorder, a, b);  // beside the next one
            step(recorder, a, d);
            step(recorder, b, c);  // after the first
            step(recorder, c, b);  // after the third
            recorder.copy(b, 0, out, 0, count * 4);
            CHECK(recorder.dispatches() == 4);
            const auto commands = recorder.finish();
            CHECK(commands->dispatches() == 4);
            CHECK(commands->barriers() == 4);  // the opening one, before the third, the fourth and the copy

            Timeline timeline(device);
            CHECK(commands->elapsed_ns() == 0);
            const uint64_t first = timeline.submit(*commands);
            timeline.wait(first);
            const uint64_t second = timeline.submit(*commands);
            CHECK(second > first);
            timeline.wait(second);
            timeline.wait(first);
            REQUIRE(out.mapped() != nullptr);
            for (uint32_t i = 0; i < count; ++i) {
                float value;
                std::memcpy(&value, out.mapped() + i * 4, 4);
                if (value != 8.0f * static_cast<float>(i) + 7.0f) FAIL("element ", i, " is ", value);
            }
            CHECK((commands->elapsed_ns() > 0) == device.facts().timestamps);
            CHECK(read_all<float>(transfer, d, count)[10] == 21.0f);
        });
    }
}

TEST_CASE("a barrier can be left out by number") {
    const auto record = [](Device& device) {
        Buffer a(device, 64, Memory::device, "a");
        for (const int64_t dropped : {-1, 0, 1, 2, 3}) {
            Recorder recorder(device, {.drop_barrier = dropped});
            recorder.fill(a, 0, 64, 1);
            recorder.fill(a, 0, 32, 2);
            recorder.fill(a, 32, 32, 3);
            recorder.fill(a, 32, 32, 4);
            const bool there = dropped >= 0 && dropped < 3;
            CHECK(recorder.finish()->barriers() == (there ? 2 : 3));
        }
    };
    // Synchronisation validation, where it is on, notices.
    on_device("", record, Validation::may_complain);
}

TEST_CASE("many descriptor sets fit one recording") {
    on_device("", [](Device& device) {
        const Kernel kernel = scale(device, 1, 1);
        Buffer a(device, 4, Memory::device, "a"), b(device, 4, Memory::device, "b");
        Transfer transfer(device);
        transfer.fill(a, 0, 4, 0);
        Recorder recorder(device);
        for (int i = 0; i < 500; ++i) {
            Buffer &from = i % 2 ? b : a, &to = i % 2 ? a : b;
            const Binding bindings[] = {{&from, 0, 4, Access::read}, {&to, 0, 4, Access::write}};
            recorder.dispatch(kernel, bindings, as_bytes({1, 1.0f}), {1, 1, 1});
        }
        const auto commands = recorder.finish();
        CHECK(commands->barriers() == 500);
        Timeline timeline(device);
        timeline.wait(timeline.submit(*commands));
        CHECK(read_all<float>(transfer, a, 1)[0] == 500.0f);
    });
}

TEST_CASE("kernels that do not fit are refused with what and why") {
    on_device("minimum", [](Device& device) {
        CHECK(refusal([&] { scale(device, 129); }, "129 invocations") == Code::unsupported);
        CHECK(refusal([&] { scale(device, 0); }, "'scale'") == Code::bad_argument);
        const SpecConstant unknown[] = {{7, 1}};
        CHECK(refusal([&] { Kernel(device, "scale", scale_kernel, unknown, {}); }, "constant 7") ==
              Code::bad_argument);
        const uint32_t garbage[] = {1, 2, 3, 4, 5, 6};
        CHECK(refusal([&] { Kernel(device, "noise", garbage, {}, {}); }, "SPIR-V") == Code::bad_file);
    });
}

TEST_CASE("a buffer larger than any allocation is refused by name") {
    on_device("minimum", [](Device& device) {
        CHECK(refusal([&] { Buffer(device, (1ull << 30) + 4, Memory::device, "head"); }, "'head'") ==
              Code::out_of_memory);
    });
}

TEST_CASE("a lost device is an error wherever it shows, and everything can still be destroyed") {
    for (const char* mask : masks) {
        on_device(mask, [](Device& device) {
            Buffer a(device, 64, Memory::device, "a");
            Transfer transfer(device, 64, Transfer::Path::always_staged);
            Timeline timeline(device);
            Recorder recorder(device);
            recorder.fill(a, 0, 64, 1);
            const auto commands = recorder.finish();
            const uint64_t ticket = timeline.submit(*commands);
            transfer.fill(a, 0, 64, 2);
            device.fn().vkQueueWaitIdle(device.queue());

            auto& fn = const_cast<DeviceFunctions&>(device.fn());
            fn.vkQueueSubmit = [](auto...) { return VK_ERROR_DEVICE_LOST; };
            fn.vkQueueWaitIdle = [](auto...) { return VK_ERROR_DEVICE_LOST; };
            fn.vkWaitForFences = [](auto...) { return VK_ERROR_DEVICE_LOST; };
            fn.vkWaitSemaphores = [](auto...) { return VK_ERROR_DEVICE_LOST; };
            const std::string name = device.facts().name;
            CHECK(refusal([&] { timeline.wait(ticket); }, name) == Code::device_lost);
            CHECK(refusal([&] { timeline.submit(*commands); }, name) == Code::device_lost);
            CHECK(refusal([&] { transfer.finish(); }, name) == Code::device_lost);
            std::vector<std::byte> bytes(64);
            CHECK(refusal([&] { transfer.write(a, 0, bytes); }, name) == Code::device_lost);
            CHECK(refusal([&] { transfer.read(a, 0, bytes); }, name) == Code::device_lost);
        });
    }
}

TEST_CASE("a failed allocation says for what, and leaves nothing behind") {
    on_device("", [](Device& device) {
        auto& fn = const_cast<DeviceFunctions&>(device.fn());
        const auto allocate = fn.vkAllocateMemory;
        fn.vkAllocateMemory = [](auto...) { return VK_ERROR_OUT_OF_DEVICE_MEMORY; };
        CHECK(refusal([&] { Buffer(device, 64, Memory::device, "head"); }, "'head'") == Code::out_of_memory);
        fn.vkAllocateMemory = allocate;
        CHECK(device.allocated_bytes() == 0);
        const Buffer works(device, 64, Memory::device, "head");
        CHECK(device.allocated_bytes() >= 64);
    });
}

TEST_CASE("the compiler's statistics are told where the driver has them") {
    on_device("", [](Device& device) {
        const SpecConstant constants[] = {{0, 64}};
        const Kernel::Options options{.subgroup_size = device.facts().subgroup_size_max, .statistics = true};
        const Kernel kernel(device, "scale", scale_kernel, constants, options);
        const auto statistics = kernel.statistics();
        for (const PipelineStatistic& statistic : statistics) MESSAGE(statistic.name, " = ", statistic.value);
        CHECK((device.facts().statistics || statistics.empty()));
    });
}

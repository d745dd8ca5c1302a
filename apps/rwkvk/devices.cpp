#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/rwkvk/command.h"

namespace rwkvk::app {
namespace {

std::string hex(const std::array<uint8_t, 16>& uuid) {
    std::ostringstream out;
    for (const uint8_t byte : uuid) out << std::hex << std::setw(2) << std::setfill('0') << int{byte};
    return out.str();
}

std::string version(uint32_t packed) {
    return concat(packed >> 22 & 0x7f, ".", packed >> 12 & 0x3ff, ".", packed & 0xfff);
}

/// The facts that choose kernels, those that hold.
std::vector<std::string> notable(const vk::DeviceFacts& f) {
    std::vector<std::string> facts;
    if (f.subgroup) facts.push_back(concat("subgroup ", f.subgroup_size));
    const std::pair<bool, const char*> flags[] = {{f.subgroup_size_control, "subgroup-size-control"},
                                                  {f.narrow, "narrow"},
                                                  {f.round_to_even, "round-to-even"},
                                                  {f.keep_signed_zero, "keep-signed-zero"},
                                                  {f.float16, "float16"},
                                                  {f.int8, "int8"},
                                                  {f.storage16, "storage16"},
                                                  {f.integer_dot, "integer-dot"},
                                                  {f.cooperative_matrix, "cooperative-matrix"},
                                                  {f.timeline, "timeline"}};
    for (const auto& [holds, name] : flags) {
        if (holds) facts.push_back(name);
    }
    return facts;
}

nlohmann::json to_json(size_t index, const vk::DeviceFacts& f) {
    return {{"index", index},
            {"name", f.name},
            {"vendor", f.vendor},
            {"driver", f.driver},
            {"uuid", hex(f.uuid)},
            {"api_version", version(f.api_version)},
            {"type", vk::name_of(f.type)},
            {"memory_bytes", f.memory_bytes},
            {"max_binding_bytes", f.max_binding_bytes},
            {"max_invocations", f.max_invocations},
            {"shared_bytes", f.shared_bytes},
            {"facts", notable(f)}};
}

void print(size_t index, const vk::DeviceFacts& f) {
    std::cout << index << "  " << f.name << "\n   " << f.vendor << ", " << f.driver << ", Vulkan "
              << version(f.api_version) << ", " << vk::name_of(f.type) << ", " << f.memory_bytes / (1 << 20)
              << " MiB, uuid " << hex(f.uuid) << "\n   ";
    for (const std::string& fact : notable(f)) std::cout << ' ' << fact;
    std::cout << '\n';
}

void run(bool json) {
    std::vector<vk::DeviceFacts> devices;
    try {
        const auto instance = vk::Instance::create();
        for (const auto& candidate : instance->devices())
            devices.push_back(vk::masked_by_environment(candidate.facts));
    } catch (const Error& error) {
        if (error.code() != Code::no_device) throw;
        std::cerr << error.what() << '\n';
    }
    nlohmann::json all = nlohmann::json::array();
    for (size_t i = 0; i < devices.size(); ++i) {
        if (json) {
            all.push_back(to_json(i, devices[i]));
        } else {
            print(i, devices[i]);
        }
    }
    if (json) {
        all.push_back({{"name", "cpu"}, {"threads", std::thread::hardware_concurrency()}});
        std::cout << all.dump(2) << '\n';
    } else {
        std::cout << "cpu  the CPU reference, " << std::thread::hardware_concurrency() << " threads\n";
    }
}

}  // namespace

void add_devices(CLI::App& app) {
    CLI::App* command =
        app.add_subcommand("devices", "List the Vulkan devices and what chooses their kernels");
    auto json = std::make_shared<bool>(false);
    command->add_flag("--json", *json, "As JSON");
    command->callback([json] { run(*json); });
}

}  // namespace rwkvk::app

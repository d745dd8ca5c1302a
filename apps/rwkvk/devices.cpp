#include <iostream>
#include <nlohmann/json.hpp>

#include "command.h"
#include "json_text.h"

namespace rwkvk::app {
namespace {

const char* name_of_type(int32_t type) {
    constexpr const char* names[] = {"other", "integrated", "discrete", "software"};
    return names[type];
}

nlohmann::json to_json(const rwkvk_device_info& device) {
    return {{"index", device.index},
            {"name", device.name},
            {"vendor", device.vendor},
            {"driver", device.driver},
            {"uuid", device.uuid},
            {"api_version", device.api_version},
            {"type", name_of_type(device.type)},
            {"memory_bytes", device.memory_bytes},
            {"max_binding_bytes", device.max_binding_bytes},
            {"max_invocations", device.max_invocations},
            {"shared_bytes", device.shared_bytes},
            {"facts", device.facts}};
}

/// What the driver says besides, by group.
nlohmann::json properties_of(const Runtime& runtime, uint32_t index) {
    nlohmann::json groups = nlohmann::json::object();
    const auto add = [](void* user, const char* group, const char* name, const char* json) {
        (*static_cast<nlohmann::json*>(user))[group][name] = nlohmann::json::parse(json);
    };
    if (rwkvk_tools_device_properties(runtime.handle(), index, add, &groups) != RWKVK_OK)
        groups["error"] = rwkvk_last_error(runtime.handle());
    return groups;
}

void print(const rwkvk_device_info& device) {
    std::cout << device.index << "  " << device.name << "\n    " << device.vendor << ", " << device.driver
              << ", Vulkan " << device.api_version << ", " << name_of_type(device.type) << ", "
              << device.memory_bytes / (1 << 20) << " MiB, uuid " << device.uuid << "\n    " << device.facts
              << '\n';
}

void run(bool json) {
    std::string last_line;
    const Runtime runtime([&](int32_t level, const char* line) {
        if (level >= RWKVK_LOG_WARNING) std::cerr << line << '\n';
        last_line = line;
    });
    const std::vector<rwkvk_device_info> devices = runtime.devices();
    if (devices.empty()) std::cerr << last_line << '\n';  // why
    const uint32_t threads = rwkvk_tools_processors();
    nlohmann::json all = nlohmann::json::array();
    for (const rwkvk_device_info& device : devices) {
        if (json) {
            all.push_back(to_json(device));
            all.back()["properties"] = properties_of(runtime, device.index);
        } else {
            print(device);
        }
    }
    if (json) {
        all.push_back({{"name", "cpu"}, {"threads", threads}});
        std::cout << to_text(all) << '\n';
    } else {
        std::cout << "cpu  the CPU reference, " << threads << (threads == 1 ? " thread\n" : " threads\n");
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

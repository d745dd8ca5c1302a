#include "runtime/api/device.h"

#include <iomanip>
#include <sstream>

#include "runtime/api/handles.h"
#include "runtime/check/self_test.h"

namespace rwkvk::api {

OpenDevice::OpenDevice(Runtime& runtime, const std::string& wanted, Use use) {
    const std::shared_ptr<vk::Instance> instance = runtime.instance();
    const vk::Instance::Candidate& candidate = vk::choose_device(*instance, wanted);
    device_ = std::make_unique<vk::Device>(instance, candidate, vk::masked_by_environment(candidate.facts));
    kernels_ = std::make_unique<gpu::KernelStore>(*device_, use == Use::statistics);
    if (use == Use::compute) kernels_->keep_pipelines();
}

void OpenDevice::require_exact(const std::vector<WeightFormat>& formats) {
    check::require_exact(*kernels_, check::parts_for(formats));
}

bool is_cpu(const std::string& device) { return device == "cpu" || device == "CPU"; }

bool wants_cpu(Runtime& runtime, const std::string& device) {
    if (is_cpu(device)) return true;
    if (!device.empty()) return false;
    try {
        return vk::choose_device(*runtime.instance(), "").facts.type == vk::DeviceType::software;
    } catch (const Error& error) {
        log(LogLevel::warning,
            concat("no Vulkan device, so this runs on the CPU (-dev cpu asks for that): ", error.what()));
        return true;
    }
}

namespace {

std::string hex(const std::array<uint8_t, 16>& uuid) {
    std::ostringstream out;
    for (const uint8_t byte : uuid) out << std::hex << std::setw(2) << std::setfill('0') << int{byte};
    return out.str();
}

int32_t border_type(vk::DeviceType type) {
    switch (type) {
        case vk::DeviceType::discrete:
            return RWKVK_DEVICE_DISCRETE;
        case vk::DeviceType::integrated:
            return RWKVK_DEVICE_INTEGRATED;
        case vk::DeviceType::software:
            return RWKVK_DEVICE_SOFTWARE;
        case vk::DeviceType::other:
            break;
    }
    return RWKVK_DEVICE_OTHER;
}

/// The facts that choose kernels, those that hold.
std::string notable(const vk::DeviceFacts& f) {
    std::string facts = f.subgroup ? concat("subgroup ", f.subgroup_size) : "";
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
        if (holds) facts += concat(facts.empty() ? "" : ", ", name);
    }
    return facts;
}

}  // namespace

rwkvk_device_info describe(uint32_t index, const vk::DeviceFacts& f) {
    rwkvk_device_info info{};
    info.size = sizeof info;
    info.index = index;
    copy_text(f.name, info.name);
    copy_text(f.vendor, info.vendor);
    copy_text(f.driver, info.driver);
    copy_text(hex(f.uuid), info.uuid);
    copy_text(
        concat(f.api_version >> 22 & 0x7f, ".", f.api_version >> 12 & 0x3ff, ".", f.api_version & 0xfff),
        info.api_version);
    copy_text(notable(f), info.facts);
    info.type = border_type(f.type);
    info.max_invocations = f.max_invocations;
    info.shared_bytes = f.shared_bytes;
    info.memory_bytes = f.memory_bytes;
    info.max_binding_bytes = f.max_binding_bytes;
    return info;
}

}  // namespace rwkvk::api

using namespace rwkvk;
using namespace rwkvk::api;

rwkvk_status rwkvk_runtime_device_count(rwkvk_runtime* runtime, uint32_t* count) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(count, "count");
        try {
            *count = static_cast<uint32_t>(runtime->runtime->instance()->devices().size());
        } catch (const Error& error) {
            if (error.code() != Code::no_device) throw;
            log(LogLevel::info, error.what());
            *count = 0;
        }
    });
}

rwkvk_status rwkvk_runtime_device_info(rwkvk_runtime* runtime, uint32_t index, rwkvk_device_info* info) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require_room(info);
        const auto instance = runtime->runtime->instance();
        const auto& devices = instance->devices();
        if (index >= devices.size()) {
            throw Error(Code::no_device,
                        concat("device ", index, " does not exist; there are ", devices.size()));
        }
        hand_out(describe(index, vk::masked_by_environment(devices[index].facts)), info);
    });
}

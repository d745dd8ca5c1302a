#include "runtime/api/device.h"

#include "runtime/api/handles.h"
#include "runtime/check/self_test.h"
#include "runtime/check/tuning.h"

namespace rwkvk::api {

OpenDevice::OpenDevice(Runtime& runtime, const std::string& wanted, Use use)
    : instance_(runtime.instance()),
      candidate_(&vk::choose_device(*instance_, wanted)),
      use_(use),
      cache_folder_(runtime.cache_folder()) {
    open(vk::masked_by_environment(candidate_->facts));
}

OpenDevice::OpenDevice(Runtime& runtime, std::shared_ptr<const OwnDevice> own)
    : instance_(own->instance),
      own_(std::move(own)),
      use_(Use::compute),
      cache_folder_(runtime.cache_folder()) {
    open(vk::masked_by_environment(own_->facts));
}

void OpenDevice::open(const vk::DeviceFacts& facts) {
    auto device = own_ ? std::make_unique<vk::Device>(instance_, own_->parts, facts)
                       : std::make_unique<vk::Device>(instance_, *candidate_, facts);
    kernels_ = std::make_unique<gpu::KernelStore>(
        *device,
        gpu::KernelStore::Options{.statistics = use_ == Use::statistics, .cache_folder = cache_folder_});
    device_ = std::move(device);
    if (use_ == Use::compute) kernels_->keep_pipelines();
}

void OpenDevice::tune(const std::vector<WeightFormat>& formats) {
    if (!facts().tuning) return;
    const std::string mask = check::cached_tuning(*kernels_, formats);
    if (mask.empty()) return;
    log(LogLevel::info, concat(facts().name, ": measured to be faster with RWKVK_CAPS=", mask));
    open(vk::masked(facts(), mask));
}

void OpenDevice::require_exact(const std::vector<WeightFormat>& formats) {
    tune(formats);
    const std::vector<check::TestPart> parts = check::parts_for(formats);
    check::Verdict verdict = check::cached_self_test(*kernels_, parts);
    const auto fall_back = [&](bool possible, const char* mask, const char* what) {
        if (verdict.exact() || !possible) return;
        log(LogLevel::warning,
            concat(facts().name, ": the kernels without ", what,
                   " are used, which are slower, since with them ", verdict.failures.front()));
        open(vk::masked(facts(), mask));
        failed_ = what;
        verdict = check::cached_self_test(*kernels_, parts);
    };
    fall_back(check::only_fail(verdict, draws_tokens), "-sampling", "sampling");
    fall_back(check::only_fail(verdict, is_join), "-joins", "joined steps");
    failed_.clear();  // that says nothing about matrices
    fall_back(by_matrices(facts()), "-cooperative-matrix", "cooperative matrices");
    fall_back(by_dots(facts()), "-integer-dot", "integer dot products");
    fall_back(by_subgroups(facts()), "-subgroup", "subgroups");
    check::require_exact(*kernels_, verdict);
}

std::string OpenDevice::matrix_kernel() const {
    if (failed_.empty()) return matrix_kernel_text(facts());
    return concat(by_subgroups(facts()) ? matrix_kernel_text(facts()) : info(KernelId::linear_narrow).name,
                  ", since the kernels with ", failed_, " failed the self-test");
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

const vk::Instance::Candidate& device_at(const vk::Instance& instance, uint32_t index) {
    const auto& devices = instance.devices();
    if (index < devices.size()) return devices[index];
    throw Error(Code::no_device, concat("device ", index, " does not exist; there are ", devices.size()));
}

namespace {

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

/// The facts that choose kernels, those that hold, and which kernel that is for matrices.
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
                                                  {f.mapped, "mapped"},
                                                  {f.timeline, "timeline"}};
    for (const auto& [holds, name] : flags) {
        if (holds) facts += concat(facts.empty() ? "" : ", ", name);
    }
    return concat(facts, facts.empty() ? "" : "; ", matrix_kernel_text(f));
}

}  // namespace

rwkvk_device_info describe(uint32_t index, const vk::DeviceFacts& f) {
    rwkvk_device_info info{};
    info.size = sizeof info;
    info.index = index;
    copy_text(f.name, info.name);
    copy_text(f.vendor, info.vendor);
    copy_text(f.driver, info.driver);
    copy_text(vk::uuid_text(f.uuid), info.uuid);
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
        hand_out(describe(index, vk::masked_by_environment(device_at(*instance, index).facts)), info);
    });
}

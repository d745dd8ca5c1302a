#include <vector>

#include "host/vk/features.h"
#include "host/vk/query.h"
#include "runtime/api/handles.h"
#include "runtime/api/own_device.h"
#include "runtime/include/rwkvk_device.h"

using namespace rwkvk;
using namespace rwkvk::api;

struct rwkvk_device_wishes {
    vk::EnabledFeatures features;
    uint32_t queue_family;
};

namespace {

template <typename Handle>
Handle to_handle(void* given, const char* name) {
    require(given, name);
    return static_cast<Handle>(given);
}

/// What both calls need. The rest is empty.
vk::ForeignDevice physical_part(const rwkvk_vulkan& given) {
    require(reinterpret_cast<const void*>(given.get_instance_proc_addr), "get_instance_proc_addr");
    if (given.api_version < VK_API_VERSION_1_1) {
        throw Error(Code::unsupported,
                    "the instance is of Vulkan 1.0: make it with VkApplicationInfo::apiVersion 1.1 or later");
    }
    return {
        .get_instance_proc_addr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(given.get_instance_proc_addr),
        .instance = to_handle<VkInstance>(given.instance, "instance"),
        .physical = to_handle<VkPhysicalDevice>(given.physical_device, "physical_device"),
        .api_version = given.api_version};
}

vk::ForeignDevice whole(const rwkvk_vulkan& given) {
    vk::ForeignDevice foreign = physical_part(given);
    foreign.device = to_handle<VkDevice>(given.device, "device");
    foreign.queue = to_handle<VkQueue>(given.queue, "queue");
    foreign.family = given.queue_family;
    for (const std::string& name : to_strings(given.extensions, given.extension_count, "extensions"))
        foreign.extensions.insert(name);
    foreign.features = given.features;
    if (!given.lock != !given.unlock)
        throw Error(Code::bad_argument, "lock and unlock go together: one of them is NULL");
    if (given.lock) {
        foreign.lock = [lock = given.lock, user = given.user] { lock(user); };
        foreign.unlock = [unlock = given.unlock, user = given.user] { unlock(user); };
    }
    foreign.allocator = static_cast<const VkAllocationCallbacks*>(given.allocation_callbacks);
    // A pointer or a number, as Vulkan's header has it on this machine.
    foreign.pipeline_cache = (VkPipelineCache)given.pipeline_cache;
    return foreign;
}

}  // namespace

void rwkvk_vulkan_default(rwkvk_vulkan* vulkan, uint32_t size) {
    rwkvk_vulkan defaults{};
    defaults.size = size;
    defaults.api_version = VK_API_VERSION_1_1;
    set_defaults(defaults, vulkan, size);
}

rwkvk_status rwkvk_device_wishes_create(rwkvk_runtime* runtime, const rwkvk_vulkan* vulkan,
                                        rwkvk_device_wishes** wishes) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(vulkan, "vulkan");
        require(wishes, "wishes");
        const vk::ForeignDevice of = physical_part(complete(vulkan, rwkvk_vulkan_default));
        const auto instance = vk::Instance::adopt(of.get_instance_proc_addr, of.instance);
        const auto family = vk::compute_family(instance->fn(), of.physical);
        if (!family) throw Error(Code::no_device, "the physical device has no queue that computes");
        const vk::Offer offer = vk::offer_of(instance->fn(), of.physical, of.api_version);
        const vk::DeviceFacts facts =
            vk::masked_by_environment(*vk::query_facts(instance->fn(), of.physical, of.api_version));
        *wishes = new rwkvk_device_wishes{{facts, offer}, *family};
    });
}

void rwkvk_device_wishes_destroy(rwkvk_device_wishes* wishes) { delete wishes; }

const char* const* rwkvk_device_wishes_extensions(const rwkvk_device_wishes* wishes, size_t* count) {
    if (count) *count = wishes ? wishes->features.extensions().size() : 0;
    return wishes ? wishes->features.extensions().data() : nullptr;
}

const void* rwkvk_device_wishes_features(const rwkvk_device_wishes* wishes) {
    return wishes ? wishes->features.chain() : nullptr;
}

uint32_t rwkvk_device_wishes_queue_family(const rwkvk_device_wishes* wishes) {
    return wishes ? wishes->queue_family : 0;
}

rwkvk_status rwkvk_device_adopt(rwkvk_runtime* runtime, const rwkvk_vulkan* vulkan, rwkvk_device** device) {
    if (!runtime) return RWKVK_BAD_ARGUMENT;
    return guarded(*runtime->runtime, [&] {
        require(vulkan, "vulkan");
        require(device, "device");
        vk::ForeignDevice foreign = whole(complete(vulkan, rwkvk_vulkan_default));
        const auto instance = vk::Instance::adopt(foreign.get_instance_proc_addr, foreign.instance);
        const vk::DeviceFacts facts = vk::query_facts(instance->fn(), foreign);
        foreign.features = nullptr;  // the caller's, which is read
        *device = new rwkvk_device{runtime->runtime,
                                   std::make_shared<const OwnDevice>(instance, std::move(foreign), facts)};
    });
}

void rwkvk_device_destroy(rwkvk_device* device) { delete device; }

namespace {

using SubmitPoint = void (*)(const vk::DeviceFunctions&, const vk::ForeignDevice&, const vk::TimelinePoint&);

rwkvk_status submit(SubmitPoint submit_point, const rwkvk_device* device, uint64_t semaphore,
                    uint64_t value) {
    if (!device) return RWKVK_BAD_ARGUMENT;
    return guarded(*device->runtime, [&] {
        if (semaphore == 0) throw Error(Code::bad_argument, "semaphore is 0");
        const OwnDevice& own = *device->own;
        if (!own.facts.timeline) {
            throw Error(Code::unsupported,
                        "the device was made without timeline semaphores: switch on "
                        "VkPhysicalDeviceTimelineSemaphoreFeatures, as the library wishes");
        }
        submit_point(own.functions, own.parts, {(VkSemaphore)semaphore, value});
    });
}

}  // namespace

rwkvk_status rwkvk_device_wait(const rwkvk_device* device, uint64_t semaphore, uint64_t value) {
    return submit(vk::submit_wait, device, semaphore, value);
}

rwkvk_status rwkvk_device_signal(const rwkvk_device* device, uint64_t semaphore, uint64_t value) {
    return submit(vk::submit_signal, device, semaphore, value);
}

rwkvk_status rwkvk_device_describe(const rwkvk_device* device, rwkvk_device_info* info) {
    if (!device) return RWKVK_BAD_ARGUMENT;
    return guarded(*device->runtime, [&] { hand_out(describe(UINT32_MAX, device->own->facts), info); });
}

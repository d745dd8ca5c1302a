/* rwkvk_device.h: models on a Vulkan device that the program made itself, beside its own rendering. A part of the stable
 * border; what rwkvk.h says of handles, errors, parameters and threads holds here too.
 *
 * Nothing beyond Vulkan 1.1 is required: with fewer extensions and features kernels are plainer and slower, the bits are
 * the same. To give the library all that it can use, ask before vkCreateDevice:
 *
 *     rwkvk_vulkan vulkan;
 *     rwkvk_vulkan_default(&vulkan, sizeof vulkan);
 *     vulkan.get_instance_proc_addr = vkGetInstanceProcAddr;
 *     vulkan.instance = instance;
 *     vulkan.physical_device = physical_device;
 *     rwkvk_device_wishes_create(runtime, &vulkan, &wishes);
 *     ... vkCreateDevice with rwkvk_device_wishes_extensions() among the extensions and
 *         rwkvk_device_wishes_features() as pNext, or merged into features of one's own ...
 *     vulkan.device = device;
 *     ... queue, queue_family, extensions, features as they were given to vkCreateDevice, lock and unlock ...
 *     rwkvk_device_adopt(runtime, &vulkan, &adopted);
 *     rwkvk_context_params params;
 *     rwkvk_context_params_default(&params, sizeof params);
 *     params.own_device = adopted; */
#ifndef RWKVK_DEVICE_H
#define RWKVK_DEVICE_H

#include "rwkvk.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Vulkan's handles as they are; this header needs none of Vulkan's. */
typedef struct rwkvk_vulkan {
    uint32_t size;
    uint32_t api_version; /* VkApplicationInfo::apiVersion of the instance; 1.1 */
    void (*get_instance_proc_addr)(void); /* PFN_vkGetInstanceProcAddr, cast */
    void *instance, *physical_device;     /* VkInstance, VkPhysicalDevice */
    /* The rest is for rwkvk_device_adopt: */
    void *device;          /* VkDevice */
    void *queue;           /* VkQueue, of a family that computes */
    uint32_t queue_family;
    const char *const *extensions; /* of the device, that were switched on; NULL */
    size_t extension_count;
    const void *features; /* VkDeviceCreateInfo::pNext as it was given to vkCreateDevice; read during the call; NULL */
    void (*lock)(void *user); /* called around every use of the queue, from threads that call the library; NULL: nobody */
    void (*unlock)(void *user); /* else uses it meanwhile */
    void *user;
    const void *allocation_callbacks; /* VkAllocationCallbacks, which outlive the device; NULL */
    uint64_t pipeline_cache; /* VkPipelineCache; 0: one of the library's, kept in its cache folder */
} rwkvk_vulkan;

RWKVK_API void rwkvk_vulkan_default(rwkvk_vulkan *vulkan, uint32_t size);

/* ---- Before the device is made ------------------------------------------------------------------------------ */

typedef struct rwkvk_device_wishes rwkvk_device_wishes;

/** What of the physical device the library would use. Errors: RWKVK_BAD_ARGUMENT for what is missing;
 * RWKVK_UNSUPPORTED for an instance of Vulkan 1.0; RWKVK_NO_DEVICE for a device that does not compute. */
RWKVK_API rwkvk_status rwkvk_device_wishes_create(rwkvk_runtime *runtime, const rwkvk_vulkan *vulkan,
                                                  rwkvk_device_wishes **wishes);
RWKVK_API void rwkvk_device_wishes_destroy(rwkvk_device_wishes *wishes);
/** Names of device extensions, borrowed from the wishes; those that the API version includes are left out. */
RWKVK_API const char *const *rwkvk_device_wishes_extensions(const rwkvk_device_wishes *wishes, size_t *count);
/** A VkPhysicalDeviceFeatures2 with what it needs behind it, for VkDeviceCreateInfo::pNext; borrowed likewise. */
RWKVK_API const void *rwkvk_device_wishes_features(const rwkvk_device_wishes *wishes);
/** The queue family that the library would choose: one that computes and does not draw, where there is one. */
RWKVK_API uint32_t rwkvk_device_wishes_queue_family(const rwkvk_device_wishes *wishes);

/* ---- A device of the program's ------------------------------------------------------------------------------ */

/** For contexts and engines: rwkvk_context_params.own_device. Vulkan's objects must outlive them all and the
 * rwkvk_device, which each of them keeps alive. Destroying the last of them waits for what it has submitted. When the
 * device is lost, contexts on it fail with RWKVK_DEVICE_LOST; an engine on it ends what is running, and the program
 * makes a new device and a new engine.
 * Errors: RWKVK_BAD_ARGUMENT, RWKVK_UNSUPPORTED. */
RWKVK_API rwkvk_status rwkvk_device_adopt(rwkvk_runtime *runtime, const rwkvk_vulkan *vulkan, rwkvk_device **device);
RWKVK_API void rwkvk_device_destroy(rwkvk_device *device);

/** Order beside the program's own work, by a value of a timeline semaphore (VkSemaphore) of the same device: what contexts
 * on it submit from now on begins when the semaphore has reached the value, which the program sees to, or they wait for
 * ever; or the semaphore reaches the value when all that they submitted before is done.
 * Errors: RWKVK_BAD_ARGUMENT; RWKVK_UNSUPPORTED on a device without timeline semaphores; RWKVK_DEVICE_LOST. */
RWKVK_API rwkvk_status rwkvk_device_wait(const rwkvk_device *device, uint64_t semaphore, uint64_t value);
RWKVK_API rwkvk_status rwkvk_device_signal(const rwkvk_device *device, uint64_t semaphore, uint64_t value);

/** As rwkvk_runtime_device_info; `index` is UINT32_MAX. */
RWKVK_API rwkvk_status rwkvk_device_describe(const rwkvk_device *device, rwkvk_device_info *info);

#ifdef __cplusplus
}
#endif
#endif

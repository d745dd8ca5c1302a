#include <dlfcn.h>

#include <array>

#include "host/error.h"
#include "host/vk/loader.h"

namespace rwkvk::vk {

PFN_vkGetInstanceProcAddr open_loader() {
#ifdef __APPLE__
    const std::array names{"libvulkan.1.dylib", "libMoltenVK.dylib"};
#else
    const std::array names{"libvulkan.so.1", "libvulkan.so"};
#endif
    for (const char* name : names) {
        void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (!library) continue;
        if (void* entry = dlsym(library, "vkGetInstanceProcAddr")) {
            return reinterpret_cast<PFN_vkGetInstanceProcAddr>(entry);
        }
        dlclose(library);
    }
    throw Error(Code::no_device,
                concat("Vulkan: neither ", names[0], " nor ", names[1],
                       " could be opened; install the Vulkan loader (Debian, Ubuntu: libvulkan1)"));
}

}  // namespace rwkvk::vk

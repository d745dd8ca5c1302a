#include "host/error.h"
#include "host/vk/loader.h"
#include "host/windows_api.h"

namespace rwkvk::vk {

PFN_vkGetInstanceProcAddr open_loader() {
    // Beside the program or the system's, never one of the folder that the program was started in.
    const HMODULE library = ::LoadLibraryExW(L"vulkan-1.dll", nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    const auto entry = library ? ::GetProcAddress(library, "vkGetInstanceProcAddr") : nullptr;
    if (!entry) {
        throw Error(Code::no_device,
                    "Vulkan: vulkan-1.dll could not be opened; install the driver of the graphics card");
    }
    return reinterpret_cast<PFN_vkGetInstanceProcAddr>(reinterpret_cast<void*>(entry));
}

}  // namespace rwkvk::vk

#include <cstdlib>
#include <cstring>
#include <mutex>

#include "host/error.h"
#include "host/home_process.h"
#include "host/log.h"
#include "host/stopwatch.h"
#include "host/vk/device.h"
#include "host/vk/query.h"

namespace rwkvk::vk {
namespace {

constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";
constexpr const char* debug_utils = "VK_EXT_debug_utils";
constexpr const char* portability_enumeration = "VK_KHR_portability_enumeration";

/// For what runs before any device does: whatever fails there, it is the installation, and the CPU remains.
void check_installed(VkResult result, const char* what) {
    if (result >= 0) return;
    throw Error(
        Code::no_device,
        concat(
            "Vulkan: ", what, ": ", name_of(result), " (", static_cast<int>(result),
            "); check that a Vulkan driver is installed and that no manifest (.json) of a driver or layer is "
            "damaged: VK_LOADER_DEBUG=all names it"));
}

bool has_layer(const LoaderFunctions& fn, const char* wanted) {
    uint32_t count = 0;
    check_installed(fn.vkEnumerateInstanceLayerProperties(&count, nullptr), "counting layers");
    std::vector<VkLayerProperties> layers(count);
    check_installed(fn.vkEnumerateInstanceLayerProperties(&count, layers.data()), "listing layers");
    for (const VkLayerProperties& layer : layers) {
        if (std::strcmp(layer.layerName, wanted) == 0) return true;
    }
    return false;
}

/// `layer` null: what the loader and the drivers bring.
bool has_extension(const LoaderFunctions& fn, const char* layer, const char* wanted) {
    uint32_t count = 0;
    check_installed(fn.vkEnumerateInstanceExtensionProperties(layer, &count, nullptr),
                    "counting instance extensions");
    std::vector<VkExtensionProperties> extensions(count);
    check_installed(fn.vkEnumerateInstanceExtensionProperties(layer, &count, extensions.data()),
                    "listing instance extensions");
    for (const VkExtensionProperties& extension : extensions) {
        if (std::strcmp(extension.extensionName, wanted) == 0) return true;
    }
    return false;
}

/// What the validation layer said.
class Messages {
  public:
    static VkBool32 VKAPI_CALL receive(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                       VkDebugUtilsMessageTypeFlagsEXT,
                                       const VkDebugUtilsMessengerCallbackDataEXT* data,
                                       void* self) noexcept {
        // The layer on its own settings, where GPU-assisted validation finds an ability missing.
        const bool about_itself =
            data->pMessageIdName && std::strcmp(data->pMessageIdName, "WARNING-Setting-Limit-Adjusted") == 0;
        if (!about_itself) static_cast<Messages*>(self)->add(data->pMessage ? data->pMessage : "");
        return VK_FALSE;  // the call goes on
    }
    uint64_t count() const {
        std::scoped_lock lock(mutex_);
        return count_;
    }
    std::vector<std::string> texts() const {
        std::scoped_lock lock(mutex_);
        return texts_;
    }

  private:
    void add(const char* message) {
        {
            std::scoped_lock lock(mutex_);
            ++count_;
            if (texts_.size() < 100) texts_.emplace_back(message);
        }
        log(LogLevel::error, concat("validation: ", message));
    }

    mutable std::mutex mutex_;
    uint64_t count_ = 0;
    std::vector<std::string> texts_;
};

VkDebugUtilsMessengerCreateInfoEXT messenger_info(Messages& messages) {
    VkDebugUtilsMessengerCreateInfoEXT info{};
    info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
    info.messageSeverity =
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    // General messages are the loader's and speak of other drivers on the machine.
    info.messageType =
        VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
    info.pfnUserCallback = Messages::receive;
    info.pUserData = &messages;
    return info;
}

}  // namespace

struct Instance::Impl {
    LoaderFunctions loader;
    InstanceFunctions fn;
    VkInstance handle = VK_NULL_HANDLE;
    VkDebugUtilsMessengerEXT messenger = VK_NULL_HANDLE;
    bool validating = false, owned = true;
    Messages messages;
    std::vector<Candidate> devices;

    ~Impl();
    void check_loader();
    void create(const InstanceOptions& options);
    void list_devices();
    bool is_listed(const DeviceFacts& facts) const;
};

Instance::Impl::~Impl() {
    if (!owned) return;
    if (messenger) fn.vkDestroyDebugUtilsMessengerEXT(handle, messenger, nullptr);
    if (fn.vkDestroyInstance) fn.vkDestroyInstance(handle, nullptr);
}

void Instance::Impl::check_loader() {
    uint32_t version = VK_API_VERSION_1_0;
    if (loader.vkEnumerateInstanceVersion) {
        check_installed(loader.vkEnumerateInstanceVersion(&version), "asking the loader's version");
    }
    if (version < VK_API_VERSION_1_1) {
        throw Error(Code::no_device, "Vulkan: the loader is version 1.0; expected 1.1 or later, update it");
    }
}

void Instance::Impl::create(const InstanceOptions& options) {
    std::vector<const char*> layers, extensions;
    VkApplicationInfo application{};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = application.pEngineName = "rwkvk";
    application.apiVersion =
        VK_API_VERSION_1_3;  // the newest version whose core functions are used where present
    VkInstanceCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    if (has_extension(loader, nullptr, portability_enumeration)) {
        extensions.push_back(portability_enumeration);
        info.flags |= VK_INSTANCE_CREATE_ENUMERATE_PORTABILITY_BIT_KHR;
    }
    // Chained here, it also hears of the instance's own creation and end.
    const VkDebugUtilsMessengerCreateInfoEXT messenger_options = messenger_info(messages);
    if (options.validation) {
        if (!has_layer(loader, validation_layer) || !has_extension(loader, validation_layer, debug_utils)) {
            throw Error(Code::unsupported, concat("Vulkan: ", validation_layer,
                                                  " is not installed; install it (Debian, Ubuntu: "
                                                  "vulkan-validationlayers) or unset RWKVK_VALIDATION"));
        }
        layers.push_back(validation_layer);
        extensions.push_back(debug_utils);
        info.pNext = &messenger_options;
    }
    info.enabledLayerCount = static_cast<uint32_t>(layers.size());
    info.ppEnabledLayerNames = layers.data();
    info.enabledExtensionCount = static_cast<uint32_t>(extensions.size());
    info.ppEnabledExtensionNames = extensions.data();
    check_installed(loader.vkCreateInstance(&info, nullptr, &handle), "creating the instance");
    fn = load_instance_functions(loader, handle);
    if (!options.validation) return;
    validating = true;
    check_installed(fn.vkCreateDebugUtilsMessengerEXT(handle, &messenger_options, nullptr, &messenger),
                    "listening to the validation layer");
}

bool Instance::Impl::is_listed(const DeviceFacts& facts) const {
    if (facts.uuid == decltype(facts.uuid){}) return false;  // a driver that fills in none
    for (const Candidate& other : devices) {
        if (other.facts.uuid != facts.uuid) continue;
        log(LogLevel::info, concat(facts.name, ": listed once, its driver ", facts.driver,
                                   " left out in favour of ", other.facts.driver));
        return true;
    }
    return false;
}

void Instance::Impl::list_devices() {
    uint32_t count = 0;
    check_installed(fn.vkEnumeratePhysicalDevices(handle, &count, nullptr), "counting devices");
    std::vector<VkPhysicalDevice> handles(count);
    check_installed(fn.vkEnumeratePhysicalDevices(handle, &count, handles.data()), "listing devices");
    handles.resize(count);
    for (VkPhysicalDevice device : handles) {
        try {
            auto facts = query_facts(fn, device);
            if (facts && !is_listed(*facts)) devices.push_back({device, std::move(*facts)});
        } catch (const Error& error) {  // of one driver; the others work
            log(LogLevel::warning, concat("a device is left out: ", error.what()));
        }
    }
}

InstanceOptions InstanceOptions::from_environment() {
    const char* value = std::getenv("RWKVK_VALIDATION");
    return {.validation = value && std::strcmp(value, "") != 0 && std::strcmp(value, "0") != 0};
}

std::shared_ptr<Instance> Instance::create(const InstanceOptions& options) {
    const Stopwatch watch;
    auto impl = std::make_unique<Impl>();
    impl->loader = load_loader_functions();
    impl->check_loader();
    impl->create(options);
    impl->list_devices();
    log(LogLevel::info,
        concat("Vulkan: ", impl->devices.size(), " devices listed in ", watch.seconds(), " s"));
    return {new Instance(std::move(impl)), DeleteAtHome<Instance>{}};
}

std::shared_ptr<Instance> Instance::adopt(PFN_vkGetInstanceProcAddr get_instance_proc_addr,
                                          VkInstance instance) {
    auto impl = std::make_unique<Impl>();
    impl->owned = false;
    impl->loader.vkGetInstanceProcAddr = get_instance_proc_addr;
    impl->handle = instance;
    impl->fn = load_instance_functions(impl->loader, instance);
    return {new Instance(std::move(impl)), DeleteAtHome<Instance>{}};
}

Instance::Instance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Instance::~Instance() = default;

const InstanceFunctions& Instance::fn() const { return impl_->fn; }
VkInstance Instance::handle() const { return impl_->handle; }
const std::vector<Instance::Candidate>& Instance::devices() const { return impl_->devices; }
bool Instance::validating() const { return impl_->validating; }
uint64_t Instance::validation_messages() const { return impl_->messages.count(); }
std::vector<std::string> Instance::validation_texts() const { return impl_->messages.texts(); }

}  // namespace rwkvk::vk

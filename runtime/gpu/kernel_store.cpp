#include "runtime/gpu/kernel_store.h"

#include <filesystem>

#include "host/hash.h"
#include "host/paths.h"
#include "host/vk/device.h"
#include "host/vk/pipeline_file.h"
#include "runtime/gpu/device_key.h"
#include "shaders/spirv_modules.h"

namespace rwkvk::gpu {
namespace {

std::span<const uint32_t> embedded_module(const std::string& name) {
    for (const SpirvModule& module : spirv_modules()) {
        if (module.name == name) return module.words;
    }
    RWKVK_ASSERT(!"a kernel without its module");
    return {};
}

}  // namespace

void check_module(const KernelInfo& kernel, const vk::Reflection& reflection) {
    const OpInfo& op = info(kernel.op);
    const auto fail = [&](const std::string& what) {
        throw Error(Code::bad_shape,
                    concat("kernel ", kernel.name, " does not fit op ", op.name, ": ", what));
    };
    const uint32_t push_bytes = multiplies(kernel.op) ? sizeof(ProductParams) : op.params_bytes;
    if (reflection.push_bytes != push_bytes) {
        fail(concat("it has ", reflection.push_bytes, " bytes of push constants, the op ", push_bytes));
    }
    if (reflection.bindings.size() != op.slots.size()) {
        fail(concat("it has ", reflection.bindings.size(), " bindings, the op ", op.slots.size(), " slots"));
    }
    for (size_t i = 0; i < op.slots.size(); ++i) {
        if (reflection.bindings[i].binding != i) fail(concat("binding ", i, " is missing"));
        if (reflection.bindings[i].readonly != (op.slots[i] == 'r'))
            fail(concat("slot ", i, " is '", op.slots[i], "'"));
    }
    if (reflection.decorated != reflection.float_arithmetic)
        fail("not every float operation is NoContraction");
}

KernelStore::KernelStore(vk::Device& device) : KernelStore(device, Options{}) {}

KernelStore::KernelStore(vk::Device& device, Options options)
    : device_(device), options_(std::move(options)), key_(device_key(device.facts())) {}

KernelStore::~KernelStore() { store_pipelines(); }

KernelStore::Entry& KernelStore::entry(const Key& key) {
    std::scoped_lock lock(mutex_);
    return kernels_[key];
}

const vk::Kernel& KernelStore::get(const KernelChoice& choice, WeightFormat format) {
    const std::string name = module_name(choice.kernel, format);
    Entry& found = entry({name, choice.constants});
    std::scoped_lock lock(found.mutex);
    if (!found.kernel) found.kernel = make(choice, name);
    return *found.kernel;
}

size_t KernelStore::size() const {
    std::scoped_lock lock(mutex_);
    return kernels_.size();
}

std::unique_ptr<vk::Kernel> KernelStore::make(const KernelChoice& choice, const std::string& name) {
    std::vector<vk::SpecConstant> constants;
    for (uint32_t id = 0; id < choice.constants.size(); ++id) constants.push_back({id, choice.constants[id]});
    const auto replaced = replaced_.find(name);
    const bool own = replaced == replaced_.end();
    auto kernel = std::make_unique<vk::Kernel>(
        device_, name, own ? embedded_module(name) : std::span<const uint32_t>(replaced->second), constants,
        vk::Kernel::Options{.subgroup_size = choice.subgroup_size, .statistics = options_.statistics});
    if (own) check_module(info(choice.kernel), kernel->reflection());
    unstored_ = true;
    return kernel;
}

void KernelStore::keep_pipelines() {
    pipeline_path_ = pipeline_path();
    const std::vector<std::byte> data = vk::read_pipelines(pipeline_path_, key_, device_.facts());
    if (data.empty()) return;
    stored_hash_ = hash_of(data);
    device_.load_pipelines(data);
}

void KernelStore::store_pipelines() {
    if (pipeline_path_.empty() || !unstored_.exchange(false)) return;
    const std::vector<std::byte> data = device_.pipeline_data();
    const uint64_t hash = hash_of(data);
    if (hash == stored_hash_ || !vk::pipelines_fit(data, device_.facts())) return;
    // Tried once for the same data: a folder that cannot be written now cannot be written later.
    stored_hash_ = hash;
    vk::write_pipelines(pipeline_path_, key_, data);
}

void KernelStore::replace_module(const std::string& name, std::vector<uint32_t> words) {
    std::scoped_lock lock(mutex_);
    std::erase_if(kernels_, [&](const auto& entry) { return entry.first.first == name; });
    replaced_[name] = std::move(words);
}

std::string KernelStore::cache_path(const std::string& kind, const std::string& name) const {
    const std::filesystem::path folder = to_path(options_.cache_folder);
    return folder.empty() ? "" : (folder / kind / name).string();
}

std::string KernelStore::pipeline_path() const { return cache_path("pipelines", hex_of(key_)); }

}  // namespace rwkvk::gpu

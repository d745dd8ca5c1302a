#include "runtime/gpu/kernel_store.h"

#include "host/vk/device.h"
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
    if (reflection.push_bytes != op.params_bytes) {
        fail(concat("it has ", reflection.push_bytes, " bytes of push constants, the op ", op.params_bytes));
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

const vk::Kernel& KernelStore::get(const KernelChoice& choice, WeightFormat format) {
    const std::string name = module_name(choice.kernel, format);
    std::scoped_lock lock(mutex_);
    std::unique_ptr<vk::Kernel>& kernel = kernels_[{name, choice.constants}];
    if (!kernel) {
        std::vector<vk::SpecConstant> constants;
        for (uint32_t id = 0; id < choice.constants.size(); ++id)
            constants.push_back({id, choice.constants[id]});
        const auto replaced = replaced_.find(name);
        const bool own = replaced == replaced_.end();
        kernel = std::make_unique<vk::Kernel>(
            device_, name, own ? embedded_module(name) : std::span<const uint32_t>(replaced->second),
            constants, vk::Kernel::Options{.subgroup_size = choice.subgroup_size, .statistics = statistics_});
        if (own) check_module(info(choice.kernel), kernel->reflection());
    }
    return *kernel;
}

void KernelStore::replace_module(const std::string& name, std::vector<uint32_t> words) {
    std::scoped_lock lock(mutex_);
    std::erase_if(kernels_, [&](const auto& entry) { return entry.first.first == name; });
    replaced_[name] = std::move(words);
}

}  // namespace rwkvk::gpu

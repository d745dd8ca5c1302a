#include "apps/rwkvk/command.h"

#include <cctype>
#include <iostream>

#include "host/log.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/graph/weight_requests.h"

namespace rwkvk::app {

void mirror_in_environment(CLI::App& command) {
    for (CLI::Option* option : command.get_options()) {
        if (option->get_lnames().empty() || option->get_lnames().front() == "help") continue;
        std::string name = "RWKVK_ARG_";
        for (const char c : option->get_lnames().front())
            name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
        option->envname(name);
    }
}

void add_common(CLI::App& command, CommonFlags& flags, bool model) {
    if (model) {
        command.add_option("-m,--model", flags.model, "Model file (.pth, rwkv.cpp .bin)");
        command.add_option("--synthetic", flags.synthetic,
                           "Random model instead of a file: v7:0.1b:f16, v7:LAYERSxWIDTH[xVOCAB]:TYPE");
        command.add_option("--vocab", flags.vocabulary, "Vocabulary file (World format)");
    }
    command.add_option("-d,--device,--dev", flags.device, "Device: index, part of a name, UUID, or cpu");
    command.add_option("--math", flags.math, "exact: the same bits on every device")
        ->check(CLI::IsMember({"exact"}));
    command.add_option("-t,--threads", flags.threads, "CPU threads (0: all)")->check(CLI::Range(0, 1024));
    command.add_option("-s,--seed", flags.seed, "Seed of sampling, synthetic models and checks");
    command.add_flag("-v,--verbose", flags.verbose, "Say more on stderr");
}

std::shared_ptr<const Model> open_model(const CommonFlags& flags) {
    if (flags.model.empty() == flags.synthetic.empty()) {
        throw Error(Code::bad_argument, "give a model: -m FILE, or --synthetic v7:0.1b:f16 for a random one");
    }
    std::shared_ptr<const Model> model =
        flags.model.empty() ? Model::synthetic(flags.synthetic, flags.seed) : Model::load(flags.model);
    for (const std::string& name : model->unused_tensors())
        log(LogLevel::info, concat("tensor not used: ", name));
    return model;
}

OpenDevice::OpenDevice(const std::string& wanted, bool exact, bool statistics,
                       const std::vector<check::TestPart>& parts)
    : instance_(vk::Instance::create()) {
    const vk::Instance::Candidate& candidate = vk::choose_device(*instance_, wanted);
    device_ = std::make_unique<vk::Device>(instance_, candidate, vk::masked_by_environment(candidate.facts));
    kernels_ = std::make_unique<gpu::KernelStore>(*device_, statistics);
    if (!statistics) kernels_->keep_pipelines();  // statistics come from the compiler only
    if (exact) check::require_exact(*kernels_, parts);
}

void OpenDevice::check_validation() const {
    if (instance_->validation_messages() == 0) return;
    std::cerr << "the validation layer sent " << instance_->validation_messages() << " messages:\n";
    for (const std::string& message : instance_->validation_texts()) std::cerr << message << '\n';
    throw Failed{};
}

bool is_cpu(const std::string& device) { return device == "cpu" || device == "CPU"; }

bool wants_cpu(const std::string& device) {
    if (is_cpu(device)) return true;
    if (!device.empty()) return false;
    try {
        return vk::choose_device(*vk::Instance::create(), "").facts.type == vk::DeviceType::software;
    } catch (const Error& error) {
        log(LogLevel::info, concat("no Vulkan device: ", error.what()));
        return true;
    }
}

OpenContext open_context(std::shared_ptr<const Model> model, const CommonFlags& flags,
                         const BackendOptions& options) {
    OpenContext open;
    std::unique_ptr<Backend> backend;
    if (wants_cpu(flags.device)) {
        backend = cpu::make_backend(model->programs(), model->weights(), options, {.threads = flags.threads});
    } else {
        const auto formats = formats_of({&model->programs().body, &model->programs().head}, model->weights());
        open.device = std::make_unique<OpenDevice>(flags.device, flags.math == "exact", /*statistics*/ false,
                                                   check::parts_for(formats));
        backend = gpu::make_backend(model->programs(), model->weights(), options, open.device->kernels(), {});
    }
    log(LogLevel::info, concat("running on ", backend->description()));
    open.context = std::make_unique<Context>(std::move(model), std::move(backend));
    return open;
}

}  // namespace rwkvk::app

#pragma once
// What the subcommands share: common flags, opening a model on a device.

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "host/vk/device.h"
#include "runtime/check/self_test.h"
#include "runtime/gpu/kernel_store.h"
#include "runtime/model/context.h"

namespace rwkvk::app {

/// A promise broken without a fault of the input: exit status 1 without a further message.
struct Failed {};

struct CommonFlags {
    std::string model, device, math = "exact", vocabulary, synthetic;
    uint32_t threads = 0;
    uint64_t seed = 1;
    bool verbose = false;
};

/// Adds -m, -dev, --math, -t, --vocab, --seed, -v, each mirrored by RWKVK_ARG_*; `model` also adds
/// --synthetic.
void add_common(CLI::App& command, CommonFlags& flags, bool model = true);

/// Mirrors every flag by an environment variable: "--top-p" by RWKVK_ARG_TOP_P. The flag wins.
void mirror_in_environment(CLI::App& command);

/// Errors: Code::bad_argument when neither or both of -m and --synthetic are given.
std::shared_ptr<const Model> open_model(const CommonFlags& flags);

/// A Vulkan device with its kernels. In exact mode it has passed these parts of its self-test.
class OpenDevice {
  public:
    /// Errors: Code::no_device, Code::not_exact.
    OpenDevice(const std::string& wanted, bool exact, bool statistics = false,
               const std::vector<check::TestPart>& parts = check::all_parts());
    /// With the validation layer on, any message of it throws Failed after printing the first ones.
    void check_validation() const;

    vk::Device& device() { return *device_; }
    gpu::KernelStore& kernels() { return *kernels_; }

  private:
    std::shared_ptr<vk::Instance> instance_;
    std::unique_ptr<vk::Device> device_;
    std::unique_ptr<gpu::KernelStore> kernels_;
};

bool is_cpu(const std::string& device);
/// Without a wish, a software device is no gain over the CPU backend, and no Vulkan is no reason to fail.
bool wants_cpu(const std::string& device);

/// A model on the wanted device, or on the CPU for "cpu". "" takes the best Vulkan device, the CPU where
/// there is none but a software one.
struct OpenContext {
    std::unique_ptr<OpenDevice> device;  // null on the CPU
    std::unique_ptr<Context> context;
};
OpenContext open_context(std::shared_ptr<const Model> model, const CommonFlags& flags,
                         const BackendOptions& options);

// One function per subcommand; each adds itself to the program.
void add_bench(CLI::App& app);
void add_devices(CLI::App& app);
void add_generate(CLI::App& app);
void add_info(CLI::App& app);
void add_kernels(CLI::App& app);
void add_logits(CLI::App& app);
void add_tokenize(CLI::App& app);
void add_verify(CLI::App& app);

}  // namespace rwkvk::app

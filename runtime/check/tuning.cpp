#include "runtime/check/tuning.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <map>
#include <optional>

#include "host/cache_folder.h"
#include "host/hash.h"
#include "host/log.h"
#include "host/paths.h"
#include "host/split.h"
#include "host/vk/buffer.h"
#include "host/vk/device.h"
#include "host/vk/recorder.h"
#include "runtime/catalogue/rounding.h"
#include "runtime/check/median.h"
#include "runtime/check/op_run.h"
#include "runtime/gpu/products.h"

namespace rwkvk::check {
namespace {

// Tried one after the other, each beside those that have been taken.
constexpr std::array candidates{"-narrow", "-cooperative-matrix", "-integer-dot", "+narrow"};
constexpr double worth_it = 0.9;  // of the time without: less is noise

constexpr uint32_t columns = 2048, prompt_rows = 256, prompt_outs = 2048;
constexpr uint64_t matrix_bytes = 32ull << 20;  // read for one row
constexpr uint32_t repeats = 4, runs = 5;
constexpr uint32_t pattern = 0x3c003c00;  // f16 of 1; time does not depend on numbers

/// Times products with the kernel that some facts choose.
class ProductTimes {
  public:
    explicit ProductTimes(gpu::KernelStore& kernels) : kernels_(kernels), device_(kernels.device()) {}

    double seconds(const vk::DeviceFacts& facts, WeightFormat format, uint32_t rows) {
        const LinearParams params{rows,     columns,    outs(format, rows), 0, outs(format, rows),
                                  ACT_NONE, ADD_NOTHING};
        const KernelChoice choice = choose_kernel(product_op(format), params, facts);
        const auto [at, is_new] =
            seconds_.try_emplace({module_name(choice.kernel, format), choice.constants, rows});
        if (is_new) {
            at->second = seconds_of(choice, format, params);
            log(LogLevel::info, concat(device_.facts().name, ": ", module_name(choice.kernel, format), ", ",
                                       rows, " rows: ", at->second * 1e6, " us"));
        }
        return at->second;
    }

  private:
    bool slow() const { return device_.facts().type == vk::DeviceType::software; }

    uint32_t outs(WeightFormat format, uint32_t rows) const {
        if (slow()) return 64;
        if (rows > 1) return prompt_outs;
        return static_cast<uint32_t>(matrix_bytes / stored_bytes(format, columns) / 64 * 64);
    }

    /// Without end for a kernel that the device does not take.
    double seconds_of(const KernelChoice& choice, WeightFormat format, const LinearParams& p) {
        try {
            return measure(choice, format, p);
        } catch (const Error& error) {
            if (!tells_of_kernel(error.code())) throw;
            log(LogLevel::info, error.what());
            return std::numeric_limits<double>::infinity();
        }
    }

    double measure(const KernelChoice& choice, WeightFormat format, const LinearParams& p) {
        const uint64_t x_row = in_blocks(format) ? rounded_width(p.in_width / ROUND_GROUP) : p.in_width;
        const std::array<uint64_t, 3> sizes = {p.rows * x_row * sizeof(float),
                                               packed_bytes(choice.packing, format, p.outs, p.in_width),
                                               uint64_t{p.rows} * p.outs * sizeof(float)};
        std::vector<std::unique_ptr<vk::Buffer>> buffers;
        vk::Transfer transfer(device_);
        for (const uint64_t bytes : sizes) {
            buffers.push_back(std::make_unique<vk::Buffer>(device_, bytes, vk::Memory::device, "tuning"));
            transfer.fill(*buffers.back(), 0, buffers.back()->size_bytes(), pattern);
        }
        transfer.finish();
        const vk::Binding bindings[] = {{buffers[0].get(), 0, sizes[0], vk::Access::read},
                                        {buffers[1].get(), 0, sizes[1], vk::Access::read},
                                        {buffers[0].get(), 0, sizes[0], vk::Access::read},
                                        {buffers[2].get(), 0, sizes[2], vk::Access::write}};
        vk::Recorder recorder(device_, {.timestamps = true});
        const Params push = gpu::one_product(p);
        for (uint32_t i = 0; i < repeats; ++i)
            recorder.dispatch(kernels_.get(choice, format), bindings, push.bytes(),
                              group_counts(choice, work_of(product_op(format), p)));
        const auto commands = recorder.finish();
        vk::Timeline timeline(device_);
        return median(runs, [&] { return timeline.run_timed(*commands); }) / repeats;
    }

    gpu::KernelStore& kernels_;
    vk::Device& device_;
    std::map<std::tuple<std::string, std::vector<uint32_t>, uint32_t>, double> seconds_;
};

/// Of what the device takes with `facts`, what it takes with others: over all formats, one row and many
/// alike.
double cost(ProductTimes& times, const vk::DeviceFacts& with, const vk::DeviceFacts& facts,
            const std::vector<WeightFormat>& formats) {
    double sum = 0;
    for (const WeightFormat format : formats) {
        for (const uint32_t rows : {1u, prompt_rows})
            sum += times.seconds(with, format, rows) / times.seconds(facts, format, rows);
    }
    return sum / static_cast<double>(2 * formats.size());
}

/// Nothing for an entry that is missing or damaged.
std::optional<std::string> read_tuning(const std::string& path) {
    std::ifstream file(to_path(path));
    std::string text;
    if (path.empty() || !std::getline(file, text)) return std::nullopt;
    const auto known = [](std::string_view word) {
        return word.empty() || std::ranges::find(candidates, word) != candidates.end();
    };
    return std::ranges::all_of(split(text, ','), known) ? std::optional(text) : std::nullopt;
}

}  // namespace

std::string tuning(gpu::KernelStore& kernels, const std::vector<WeightFormat>& formats) {
    if (formats.empty()) return "";
    const vk::DeviceFacts& own = kernels.device().facts();
    ProductTimes times(kernels);
    std::string mask;
    for (const char* candidate : candidates) {
        const std::string more = concat(mask, mask.empty() ? "" : ",", candidate);
        if (cost(times, vk::masked(own, more), vk::masked(own, mask), formats) < worth_it) mask = more;
    }
    return mask;
}

std::string tuning_path(const gpu::KernelStore& kernels, const std::vector<WeightFormat>& formats) {
    std::vector<WeightFormat> sorted = formats;
    std::ranges::sort(sorted);
    std::string name = hex_of(kernels.key());
    for (const WeightFormat format : sorted) name += concat('-', info(format).name);
    return kernels.cache_path("tuning", name);
}

std::string cached_tuning(gpu::KernelStore& kernels, const std::vector<WeightFormat>& formats) {
    const std::string path = tuning_path(kernels, formats);
    if (std::optional<std::string> kept = read_tuning(path)) return *kept;
    try {
        const std::string mask = tuning(kernels, formats), line = mask + '\n';
        keep(path, {std::as_bytes(std::span(line))}, "what is fastest is");
        return mask;
    } catch (const Error& error) {
        if (error.code() != Code::out_of_memory) throw;
        log(LogLevel::info, concat("what is fastest is not measured: ", error.what()));
        return "";
    }
}

}  // namespace rwkvk::check

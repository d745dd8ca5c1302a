#include "runtime/check/probe.h"

#include <algorithm>
#include <atomic>
#include <numeric>

#include "host/stopwatch.h"
#include "host/thread_pool.h"
#include "host/vk/buffer.h"
#include "host/vk/device.h"
#include "host/vk/recorder.h"

namespace rwkvk::check {
namespace {

constexpr uint32_t passes = 5;            // at least, after one that warms up
constexpr double least_seconds = 0.3;     // of all passes: a card wakes slowly
constexpr uint32_t loads = 16;            // of an invocation
constexpr uint32_t pattern = 0x9e3779b9;  // not zero: memory never written may not exist
constexpr uint64_t bytes_per_output = uint64_t{loads} * 16;

/// One dispatch per range that can be bound and counted at once.
class DeviceProbe {
  public:
    explicit DeviceProbe(gpu::KernelStore& kernels)
        : device_(kernels.device()),
          bytes_(probe_bytes(device_.facts())),
          input_(device_, bytes_, vk::Memory::device, "read probe"),
          output_(device_, bytes_ / bytes_per_output * 4, vk::Memory::device, "read probe's sums"),
          transfer_(device_),
          timeline_(device_) {
        transfer_.fill(input_, 0, bytes_, pattern);
        // Other words here and there: their exclusive or is not that of four equal ones.
        transfer_.fill(input_, 0, 4, 0);
        transfer_.finish();
        commands_ = record(kernels);
    }

    double seconds() { return timeline_.run_timed(*commands_); }
    uint64_t bytes() const { return bytes_; }

    /// The first sum has one word that differs, the last has none.
    void check() {
        uint32_t first = 0, last = 0;
        transfer_.read(output_, 0, std::as_writable_bytes(std::span(&first, 1)));
        transfer_.read(output_, output_.size_bytes() - 4, std::as_writable_bytes(std::span(&last, 1)));
        if (first == pattern && last == 0) return;
        throw Error(Code::not_exact,
                    concat(device_.facts().name, ": the read probe found other data than it wrote"));
    }

  private:
    std::unique_ptr<vk::Commands> record(gpu::KernelStore& kernels) {
        const vk::DeviceFacts& facts = device_.facts();
        const KernelChoice choice = all_choices(Op::read_sum, facts).front();
        const vk::Kernel& kernel = kernels.get(choice, WeightFormat::f32);
        // Both ranges of a dispatch start where bindings may: 64 outputs are 256 bytes.
        const uint64_t most_outputs =
            std::min<uint64_t>(facts.max_binding_bytes / bytes_per_output,
                               uint64_t{facts.max_group_count[0]} * choice.items[0]) /
            64 * 64;
        vk::Recorder recorder(device_, {.timestamps = true});
        const uint64_t outputs = bytes_ / bytes_per_output;
        for (uint64_t first = 0; first < outputs; first += most_outputs) {
            const auto count = static_cast<uint32_t>(std::min(most_outputs, outputs - first));
            const Params params = ReadSumParams{1, count, loads};
            const vk::Binding bindings[] = {
                {&input_, first * bytes_per_output, count * bytes_per_output, vk::Access::read},
                {&output_, first * 4, uint64_t{count} * 4, vk::Access::write}};
            recorder.dispatch(kernel, bindings, params.bytes(),
                              group_counts(choice, work_of(Op::read_sum, params)));
        }
        return recorder.finish();
    }

    vk::Device& device_;
    const uint64_t bytes_;
    vk::Buffer input_, output_;
    vk::Transfer transfer_;
    vk::Timeline timeline_;
    std::unique_ptr<vk::Commands> commands_;
};

}  // namespace

uint64_t probe_bytes(const vk::DeviceFacts& facts) {
    // A virtual GPU, of type "other", may be a card with a cache of 50 MB.
    const bool large = facts.type != vk::DeviceType::software && facts.memory_bytes >= 8'000'000'000;
    const uint64_t wanted = large || facts.type == vk::DeviceType::discrete ? 1ull << 30 : 128ull << 20;
    const uint64_t most = std::min(facts.memory_bytes / 4, facts.max_allocation_bytes);
    return std::max<uint64_t>(1, std::min(wanted, most) / bytes_per_output) * bytes_per_output;
}

double probe_device(gpu::KernelStore& kernels) {
    DeviceProbe probe(kernels);
    probe.seconds();
    probe.check();
    const Stopwatch watch;
    double best = probe.seconds();
    for (uint32_t i = 1; i < passes || watch.seconds() < least_seconds; ++i)
        best = std::min(best, probe.seconds());
    return static_cast<double>(probe.bytes()) / best;
}

double probe_cpu(uint32_t threads) {
    ThreadPool pool(threads);
    const std::vector<uint64_t> words(32ull << 20, pattern);
    double best = 1e9;
    for (uint32_t i = 0; i <= passes; ++i) {
        const Stopwatch watch;
        std::atomic<uint64_t> sum = 0;
        pool.parallel_for(words.size(), [&](uint64_t begin, uint64_t end) {
            sum += std::accumulate(words.begin() + static_cast<int64_t>(begin),
                                   words.begin() + static_cast<int64_t>(end), uint64_t{0});
        });
        const double seconds = watch.seconds();
        RWKVK_ASSERT(sum == words.size() * pattern);
        best = std::min(best, seconds);
    }
    return static_cast<double>(words.size() * sizeof(uint64_t)) / best;
}

}  // namespace rwkvk::check

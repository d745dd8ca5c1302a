#include "runtime/check/latency.h"

#include <algorithm>
#include <functional>

#include "host/stopwatch.h"
#include "host/vk/buffer.h"
#include "host/vk/device.h"
#include "host/vk/recorder.h"
#include "runtime/check/median.h"

namespace rwkvk::check {
namespace {

constexpr uint32_t dispatches = 128;  // of a run, an even number
constexpr uint32_t runs = 5, round_trips = 50;
constexpr uint64_t slice_bytes = 256, upload_size = 32ull << 20;
constexpr float one = 1.0f;

/// Adds ones to numbers: each dispatch shows in the results.
class Adder {
  public:
    explicit Adder(gpu::KernelStore& kernels)
        : device_(kernels.device()),
          choice_(all_choices(Op::add, device_.facts()).front()),
          kernel_(kernels.get(choice_, WeightFormat::f32)),
          there_(device_, bytes_of(wide_groups), vk::Memory::device, "latency probe"),
          back_(device_, std::max(bytes_of(wide_groups), dispatches * slice_bytes), vk::Memory::device,
                "latency probe's results"),
          ones_(device_, bytes_of(wide_groups), vk::Memory::device, "latency probe's ones"),
          transfer_(device_),
          timeline_(device_) {
        transfer_.fill(ones_, 0, ones_.size_bytes(), std::bit_cast<uint32_t>(one));
    }

    /// A dispatch of so many workgroups, each waiting for the one before it.
    double phase(uint32_t groups) {
        const double seconds = run([&](vk::Recorder& recorder) {
            for (uint32_t i = 0; i < dispatches; i += 2) {
                add(recorder, there_, back_, 0, groups);
                add(recorder, back_, there_, 0, groups);
            }
        });
        check(there_, bytes_of(groups) - 4, dispatches);
        return seconds / dispatches;
    }

    double dispatch() {
        const double seconds = run([&](vk::Recorder& recorder) {
            for (uint32_t i = 0; i < dispatches; ++i) add(recorder, there_, back_, i * slice_bytes, 1);
        });
        check(back_, (dispatches - 1) * slice_bytes, 1);
        return seconds / dispatches;
    }

    double round_trip() {
        vk::Recorder recorder(device_);
        add(recorder, there_, back_, 0, 1);
        const auto commands = recorder.finish();
        // Without timestamps the time is the host's.
        return median(round_trips, [&] { return timeline_.run_timed(*commands); });
    }

  private:
    uint64_t bytes_of(uint32_t groups) const { return uint64_t{groups} * choice_.items[0] * sizeof(float); }

    void add(vk::Recorder& recorder, vk::Buffer& from, vk::Buffer& to, uint64_t offset, uint32_t groups) {
        const uint64_t bytes = bytes_of(groups);
        const Params params = ElementParams{1, groups * choice_.items[0]};
        const vk::Binding bindings[] = {{&from, 0, bytes, vk::Access::read},
                                        {&ones_, 0, bytes, vk::Access::read},
                                        {&to, offset, bytes, vk::Access::write}};
        recorder.dispatch(kernel_, bindings, params.bytes(), group_counts(choice_, work_of(Op::add, params)));
    }

    /// Of one run, `there_` being zero before each.
    double run(const std::function<void(vk::Recorder&)>& record) {
        vk::Recorder recorder(device_, {.timestamps = true});
        record(recorder);
        const auto commands = recorder.finish();
        return median(runs, [&] {
            transfer_.fill(there_, 0, there_.size_bytes(), 0);
            transfer_.finish();
            return timeline_.run_timed(*commands);
        });
    }

    void check(vk::Buffer& buffer, uint64_t offset, uint32_t expected) {
        float found = 0;
        transfer_.read(buffer, offset, std::as_writable_bytes(std::span(&found, 1)));
        if (found == static_cast<float>(expected)) return;
        throw Error(Code::not_exact, concat(device_.facts().name, ": the latency probe counted ", found,
                                            " dispatches, expected ", expected));
    }

    vk::Device& device_;
    const KernelChoice choice_;
    const vk::Kernel& kernel_;
    vk::Buffer there_, back_, ones_;
    vk::Transfer transfer_;
    vk::Timeline timeline_;
};

double upload_bytes_per_second(vk::Device& device) {
    vk::Buffer buffer(device, upload_size, vk::Memory::device, "upload probe");
    vk::Transfer transfer(device);
    const std::vector<std::byte> bytes(upload_size, std::byte{1});
    return upload_size / median(runs, [&] {
               const Stopwatch watch;
               transfer.write(buffer, 0, bytes);
               transfer.finish();
               return watch.seconds();
           });
}

}  // namespace

Latencies measure_latencies(gpu::KernelStore& kernels) {
    Adder adder(kernels);
    return {.phase = adder.phase(1),
            .wide_phase = adder.phase(wide_groups),
            .dispatch = adder.dispatch(),
            .round_trip = adder.round_trip(),
            .upload_bytes = upload_bytes_per_second(kernels.device())};
}

}  // namespace rwkvk::check

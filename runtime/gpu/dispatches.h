#pragma once
// A program laid out on a device: which kernel runs with which buffers, in which order. No commands yet.

#include <functional>
#include <vector>

#include "host/vk/recorder.h"
#include "runtime/gpu/device_weights.h"
#include "runtime/gpu/kernel_maker.h"
#include "runtime/gpu/kernel_store.h"
#include "runtime/graph/memory_plan.h"

namespace rwkvk::gpu {

struct Dispatch {
    const vk::Kernel* kernel;
    std::vector<vk::Binding> bindings;
    Params params;  // push constants
    std::array<uint32_t, 3> groups;
    size_t step;    // of the program
    uint64_t cost;  // multiply-adds or the like: only ratios matter
};

struct Layout {
    const Program& program;
    const MemoryPlan& plan;
    const DeviceWeights& weights;
    /// Where a tensor that is not a weight lies.
    std::function<vk::Binding(const Operand&)> place;
    uint64_t max_cost;          // of one dispatch; larger matrix products are split by outputs
    vk::Binding arrivals = {};  // a word for dispatches that count their workgroups, 0 before and after each
};

/// Of a letter in OpInfo::slots.
vk::Access access_of(char letter);

/// One or more dispatches per step, in order. A matrix in several pieces takes one dispatch per piece.
std::vector<Dispatch> make_dispatches(const Layout& layout, KernelStore& kernels);

/// As few as they can be: products that do not wait for one another share one, `step` is that of the first;
/// and one may do the step after it, too.
std::vector<Dispatch> merged_dispatches(const Layout& layout, const std::vector<Dispatch>& dispatches,
                                        KernelStore& kernels);

/// The kernels that `make_dispatches` takes for a run of `rows` rows, each once, in the order of the steps.
std::vector<KernelUse> kernels_of(const Program& program, uint32_t rows, const WeightSource& weights,
                                  const vk::DeviceFacts& facts);

void record(vk::Recorder& recorder, const Dispatch& dispatch);

}  // namespace rwkvk::gpu

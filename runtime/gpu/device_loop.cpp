#include "runtime/gpu/device_loop.h"

#include <cstring>

#include "host/vk/device.h"
#include "runtime/gpu/schedule.h"

namespace rwkvk::gpu {
namespace {

constexpr uint32_t places = 8;  // of tokens that the host has not looked at
constexpr uint32_t words_of_place = 4;
static_assert(places > TokenLoop::depth + 1);

vk::Binding all_of(vk::Buffer& buffer, vk::Access access) {
    return {&buffer, 0, buffer.size_bytes(), access};
}

vk::Binding with(vk::Binding binding, vk::Access access) {
    binding.access = access;
    return binding;
}

uint64_t floats(uint32_t count) { return uint64_t{count} * sizeof(float); }

}  // namespace

DeviceLoop::DeviceLoop(KernelStore& kernels, uint32_t vocabulary, const LoopTensors& tensors,
                       const std::vector<Dispatch>& run, uint64_t budget)
    : kernels_(kernels),
      draws_(kernels.device(), sizeof(Draw), vk::Memory::device, "how to draw"),
      biases_(kernels.device(), floats(vocabulary), vk::Memory::device, "biases"),
      counts_(kernels.device(), floats(vocabulary), vk::Memory::device, "counts of tokens"),
      rising_(kernels.device(), floats(vocabulary), vk::Memory::device, "edited logits"),
      drawn_(kernels.device(), places * words_of_place * sizeof(uint32_t), vk::Memory::readback,
             "drawn tokens") {
    using enum vk::Access;
    const std::vector<Dispatch> draw = {
        dispatch_of(Op::edit_logits, ElementParams{1, vocabulary},
                    {with(tensors.logits, read), all_of(biases_, read), all_of(counts_, update),
                     all_of(draws_, update), all_of(rising_, write)}),
        dispatch_of(Op::draw, DrawParams{1, vocabulary, places},
                    {all_of(rising_, read), all_of(draws_, update), with(tensors.ids, write),
                     with(tensors.shifts, write), with(tensors.sequences, write), all_of(drawn_, update)})};
    std::vector<Dispatch> all = run;
    all.insert(all.end(), draw.begin(), draw.end());
    first_ = record(draw, budget);
    again_ = record(all, budget);
}

Dispatch DeviceLoop::dispatch_of(Op op, const Params& params, std::vector<vk::Binding> bindings) {
    const KernelChoice choice = choose_kernel(op, params, kernels_.device().facts());
    const auto work = work_of(op, params);
    return {.kernel = &kernels_.get(choice, WeightFormat::f32),
            .bindings = std::move(bindings),
            .params = params,
            .groups = group_counts(choice, work),
            .step = 0,
            .cost = 0};
}

DeviceLoop::Submissions DeviceLoop::record(const std::vector<Dispatch>& dispatches, uint64_t budget) const {
    std::vector<uint64_t> costs;
    for (const Dispatch& dispatch : dispatches) costs.push_back(dispatch.cost);
    const auto pools = std::make_shared<vk::CommandPools>(kernels_.device());
    Submissions submissions;
    size_t at = 0;
    for (const size_t end : cut_by_cost(costs, budget)) {
        vk::Recorder recorder(kernels_.device(), {.queued = true, .pools = pools});
        for (; at < end; ++at) gpu::record(recorder, dispatches[at]);
        submissions.push_back(recorder.finish());
    }
    return submissions;
}

void DeviceLoop::submit(const Submissions& submissions, vk::Timeline& timeline) {
    for (const auto& commands : submissions) last_ticket_ = timeline.submit(*commands);
    under_way_.push_back(last_ticket_);
}

void DeviceLoop::begin(vk::Transfer& transfer, vk::Timeline& timeline, const Drawing& drawing) {
    under_way_.clear();
    taken_ = 0;
    transfer.write(draws_, 0, std::as_bytes(std::span(&drawing.draw, 1)));
    transfer.write(biases_, 0, std::as_bytes(std::span(drawing.biases)));
    transfer.write(counts_, 0, std::as_bytes(std::span(drawing.counts)));
    transfer.finish();
    submit(first_, timeline);
}

void DeviceLoop::step(vk::Timeline& timeline) {
    RWKVK_ASSERT(under_way_.size() <= TokenLoop::depth);
    submit(again_, timeline);
}

Drawn DeviceLoop::take(vk::Timeline& timeline) {
    RWKVK_ASSERT(!under_way_.empty());
    timeline.wait(under_way_.front());
    under_way_.pop_front();
    uint32_t words[words_of_place];
    std::memcpy(words, drawn_.mapped() + (taken_++ % places) * sizeof words, sizeof words);
    return {words[0], words[1] != 0};
}

}  // namespace rwkvk::gpu

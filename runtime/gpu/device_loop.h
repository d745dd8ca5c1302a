#pragma once
// The token loop on a device: the memory of its sampler, and commands that are submitted again for every
// token.

#include <deque>
#include <memory>
#include <vector>

#include "host/vk/buffer.h"
#include "runtime/gpu/dispatches.h"
#include "runtime/graph/token_loop.h"

namespace rwkvk::gpu {

/// What a draw reads of a run of one row, and what it writes for the next.
struct LoopTensors {
    vk::Binding logits, ids, shifts, sequences;
};

class DeviceLoop {
  public:
    /// `run`: dispatches of the body and the head for one token, cut into submissions of at most `budget`.
    DeviceLoop(KernelStore& kernels, uint32_t vocabulary, const LoopTensors& tensors,
               const std::vector<Dispatch>& run, uint64_t budget);

    /// As TokenLoop. Nothing of the loop may be under way.
    void begin(vk::Transfer& transfer, vk::Timeline& timeline, const Drawing& drawing);
    void step(vk::Timeline& timeline);
    Drawn take(vk::Timeline& timeline);

    /// Of what was submitted last.
    uint64_t last_ticket() const { return last_ticket_; }

  private:
    using Submissions = std::vector<std::unique_ptr<vk::Commands>>;
    Dispatch dispatch_of(Op op, const Params& params, std::vector<vk::Binding> bindings);
    Submissions record(const std::vector<Dispatch>& dispatches, uint64_t budget) const;
    void submit(const Submissions& submissions, vk::Timeline& timeline);

    KernelStore& kernels_;
    vk::Buffer draws_, biases_, counts_, rising_, drawn_;
    Submissions first_, again_;       // a draw; a run and a draw
    std::deque<uint64_t> under_way_;  // tickets of tokens that were not taken
    uint64_t last_ticket_ = 0;
    uint32_t taken_ = 0;
};

}  // namespace rwkvk::gpu

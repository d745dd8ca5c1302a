#include "runtime/check/fused_run.h"

#include <algorithm>

#include "runtime/cpu/call.h"
#include "runtime/graph/fused.h"
#include "runtime/graph/memory_plan.h"
#include "runtime/graph/uses.h"

namespace rwkvk::check {
namespace {

/// The slots of a case, and memory for what is made on the way.
class Memory {
  public:
    Memory(const OpCase& c, const FusedSteps& fused, Slots& slots)
        : program_(fused.program), places_(program_.tensors.size()) {
        for (size_t slot = 0; slot < slots.size(); ++slot) {
            Place& place = places_[fused.slots[slot].tensor];
            if (place.words) continue;  // a slot without a use is another one once more
            place.words = &slots[slot];
            const Tensor& tensor = program_.tensors[fused.slots[slot].tensor];
            if (tensor.kind == TensorKind::activation && tensor.planes == 1 && rows_ == 0)
                rows_ = static_cast<uint32_t>(slots[slot].size() / tensor.width);
        }
        RWKVK_ASSERT(!by_sequences(c.op) || rows_ > 0);
        for (size_t i = 0; i < places_.size(); ++i) {
            Place& place = places_[i];
            const Tensor& tensor = program_.tensors[i];
            const uint64_t plane =
                tensor.kind == TensorKind::vector ? tensor.width : uint64_t{rows_} * tensor.width;
            if (!place.words) {
                place.own.resize(plane * tensor.planes);
                place.words = &place.own;
            }
            // The last plane ends where the slot does.
            if (tensor.planes > 1)
                place.stride = static_cast<uint32_t>((place.words->size() - plane) / (tensor.planes - 1));
        }
    }

    uint32_t rows() const { return rows_; }
    uint32_t stride(const Operand& operand) const { return places_[operand.tensor].stride; }
    std::byte* address(const Operand& operand) {
        Place& place = places_[operand.tensor];
        return reinterpret_cast<std::byte*>(place.words->data() + uint64_t{operand.plane} * place.stride);
    }

  private:
    struct Place {
        std::vector<uint32_t>* words = nullptr;
        std::vector<uint32_t> own;
        uint32_t stride = 0;  // between planes
    };

    const Program& program_;
    std::vector<Place> places_;
    uint32_t rows_ = 0;  // of tokens
};

/// The rows that a step asks for; no `out`: all.
OpCase::Matrix part_of(const OpCase::Matrix& matrix, const MatrixRequest& request) {
    if (request.out == 0) return matrix;
    const auto row_bytes = static_cast<std::ptrdiff_t>(stored_bytes(matrix.format, matrix.in));
    const auto begin = matrix.stored.begin() + request.first * row_bytes;
    return {request.out, matrix.in, matrix.format, {begin, begin + request.out * row_bytes}};
}

}  // namespace

void run_parts(const OpCase& c, Slots& slots, ThreadPool& pool, cpu::InstructionSet set) {
    const FusedSteps fused = find_fused(c.op)->steps(c.params);
    Memory memory(c, fused, slots);
    for (const Step& step : fused.program.steps) {
        cpu::Matrix matrix;
        const MatrixRequest* const request = matrix_of(fused.program, step);
        if (request) matrix = load_case_matrix(part_of(*c.matrix, *request), cpu::layout_for(step.op), pool);
        cpu::Call call{.params = with_strides(step, [&](const Operand& o) { return memory.stride(o); }),
                       .slots = {},
                       .matrix = request ? &matrix : nullptr,
                       .pool = &pool,
                       .set = set};
        call.params.set_rows(by_sequences(step.op) ? c.params.rows() : memory.rows());
        for (size_t i = 0; i < step.operands.size(); ++i) call.slots[i] = memory.address(step.operands[i]);
        cpu::run(step.op, call);
    }
}

}  // namespace rwkvk::check

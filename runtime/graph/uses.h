#pragma once
// Who makes and who reads the tensors of a program, and who waits for whom.

#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

inline constexpr size_t no_step = SIZE_MAX;

struct Uses {
    std::vector<std::vector<size_t>> readers;  // steps that read or update it, by tensor
    std::vector<size_t> maker;                 // the step that writes it, or `no_step`

    explicit Uses(const Program& program)
        : readers(program.tensors.size()), maker(program.tensors.size(), no_step) {
        for (size_t i = 0; i < program.steps.size(); ++i) {
            const Step& step = program.steps[i];
            for (size_t slot = 0; slot < step.operands.size(); ++slot) {
                const uint32_t tensor = step.operands[slot].tensor;
                if (info(step.op).slots[slot] == 'w') {
                    maker[tensor] = i;
                } else {
                    readers[tensor].push_back(i);
                }
            }
        }
    }
};

/// The matrix that a step reads, or null.
inline const MatrixRequest* matrix_of(const Program& program, const Step& step) {
    for (const Operand& operand : step.operands) {
        const Tensor& tensor = program.tensors[operand.tensor];
        if (tensor.kind == TensorKind::matrix) return &program.matrices[tensor.index];
    }
    return nullptr;
}

/// Whether a step must wait for an earlier one.
inline bool depends(const Step& later, const Step& earlier) {
    const std::string_view later_slots = info(later.op).slots, earlier_slots = info(earlier.op).slots;
    for (size_t i = 0; i < later.operands.size(); ++i) {
        for (size_t j = 0; j < earlier.operands.size(); ++j) {
            const bool both_read = later_slots[i] == 'r' && earlier_slots[j] == 'r';
            if (!both_read && later.operands[i].tensor == earlier.operands[j].tensor) return true;
        }
    }
    return false;
}

}  // namespace rwkvk

#pragma once

#include <memory>

#include "host/float_mode.h"
#include "runtime/cpu/instruction_sets.h"
#include "runtime/graph/backend.h"

namespace rwkvk::cpu {

struct CpuOptions {
    uint32_t threads = 0;                   // 0: one per processor
    Denormals denormals = Denormals::keep;  // results do not depend on it; tests run both
    InstructionSet set = chosen_set();      // nor on this
};

/// The CPU reference for a model.
std::unique_ptr<Backend> make_backend(const ModelPrograms& programs, const WeightSource& weights,
                                      const BackendOptions& options, const CpuOptions& cpu);

}  // namespace rwkvk::cpu

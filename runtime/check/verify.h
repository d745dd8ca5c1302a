#pragma once
// A device against the CPU reference: step by step, then whole programs.

#include <memory>
#include <string>
#include <vector>

#include "runtime/gpu/backend.h"
#include "runtime/model/model.h"

namespace rwkvk::check {

struct VerifyOptions {
    uint32_t tokens = 85;
    std::vector<uint32_t> chunks = {1, 7, 16, 0};  // 0: whole
    uint32_t sequences = 5;                        // of the batch
    uint64_t seed = 1;
    uint32_t threads = 0;
    gpu::GpuOptions gpu;
};

/// What one op did over all its steps.
struct OpReport {
    Op op;
    uint64_t steps = 0, values = 0, differing = 0;
    double worst = 0;   // largest absolute difference
    std::string where;  // of it
};

struct VerifyReport {
    std::vector<OpReport> ops;
    struct Run {
        std::string name;  // "pieces of 7, 5 sequences"
        uint64_t values = 0, differing = 0;
    };
    std::vector<Run> runs;
    std::string fingerprint_cpu, fingerprint_device;
    uint64_t dispatches = 0;
    bool equal() const;
};

/// Errors: as Context::feed.
VerifyReport verify(std::shared_ptr<const Model> model, gpu::KernelStore& kernels,
                    const VerifyOptions& options);

}  // namespace rwkvk::check

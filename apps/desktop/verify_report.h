#pragma once
// The result of comparing a device with the CPU.

#include <rwkvk_tools.h>

#include <cstdint>
#include <rwkvk.hpp>
#include <string>
#include <vector>

namespace rwkvk::desktop {

struct VerifyReport {
    struct Op {
        std::string op, where;
        uint64_t steps = 0, values = 0, differing = 0;
        double worst = 0;
    };
    struct Run {
        std::string name;
        uint64_t values = 0, differing = 0;
    };
    std::string device, matrix_kernel, fingerprint, fingerprint_cpu;
    uint64_t dispatches = 0;
    bool equal = false;
    std::vector<Op> ops;
    std::vector<Run> runs;

    /// As a table in Markdown.
    std::string to_text() const;
};

/// Takes seconds to minutes. Throws Error.
VerifyReport verify(const Model& model, const std::string& device);

}  // namespace rwkvk::desktop

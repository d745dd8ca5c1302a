#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/check/op_case.h"
#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// Whether a device computes what the CPU reference computes.
struct Verdict {
    std::vector<std::string> failures;  // empty: exact mode is allowed
    bool exact() const { return failures.empty(); }
};

/// A part of the self-test: the kernels that read matrices of one format, or, without a format, single
/// operations and all other kernels.
using TestPart = std::optional<WeightFormat>;

/// The part without a format and one for each of these formats.
std::vector<TestPart> parts_for(const std::vector<WeightFormat>& formats);
/// All there are.
std::vector<TestPart> all_parts();

/// The cases of an op that belong to a part: adversarial data in small shapes, and shapes as large as those
/// of large models.
std::vector<OpCase> self_test_cases(Op op, TestPart part, const vk::DeviceFacts& facts);

/// Single operations against a table of known answers, random operations against this CPU, and every kernel
/// variant that can be chosen on the device on adversarial data, small and as wide as the layers of large
/// models.
Verdict self_test(gpu::KernelStore& kernels, const std::vector<TestPart>& parts = all_parts());

/// The verdict for this device, driver and set of kernels from the user's cache, or a new one for the parts
/// that are not there, which is stored. A cache that cannot be read or written only costs the time of the
/// test.
Verdict cached_self_test(gpu::KernelStore& kernels, const std::vector<TestPart>& parts = all_parts());

/// Whether it is kernels of such ops alone that do not compute exactly, so that the device can be used without.
bool only_fail(const Verdict& verdict, bool (*of_kind)(Op));

/// Errors: Code::not_exact naming the device and the first failure.
void require_exact(const gpu::KernelStore& kernels, const Verdict& verdict);

/// Where a part's verdict is stored; empty when there is no home.
std::string verdict_path(const gpu::KernelStore& kernels, TestPart part);

}  // namespace rwkvk::check

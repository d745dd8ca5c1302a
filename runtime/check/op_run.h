#pragma once
// Running one case on the CPU reference and on one kernel of a device, and comparing the bits.

#include <string>
#include <vector>

#include "host/thread_pool.h"
#include "runtime/catalogue/select.h"
#include "runtime/check/op_case.h"
#include "runtime/cpu/instruction_sets.h"
#include "runtime/cpu/matrix.h"
#include "runtime/gpu/kernel_store.h"

namespace rwkvk::check {

/// Contents of every slot after the step; those of read-only slots are as before.
using Slots = std::vector<std::vector<uint32_t>>;

/// A case's matrix as the CPU backend holds it.
cpu::Matrix load_case_matrix(const OpCase::Matrix& matrix, cpu::Matrix::Layout layout, ThreadPool& pool);

Slots run_on_cpu(const OpCase& c, ThreadPool& pool, cpu::InstructionSet set = cpu::chosen_set());

/// Written slots start as NaN, with guard zones before and after every slot.
/// Errors: Code::bad_shape when a guard zone was written to.
Slots run_on_device(const OpCase& c, const KernelChoice& choice, gpu::KernelStore& kernels);

/// Empty when every written slot has the same bits; otherwise the case, the kernel, how many differ and where
/// first. A result that is all zero is a failure too: it would prove nothing.
std::string compare(const OpCase& c, const KernelChoice& choice, const Slots& expected, const Slots& found);

/// Whether a fault of this kind says something about a kernel, and not only about this moment.
bool tells_of_kernel(Code code);

/// Whether the case suits the rows that a kernel makes at once: with far fewer or more of them it costs much
/// and shows nothing new.
bool has_rows_for(const OpCase& c, const KernelChoice& choice);

/// All of it for one case, with each of the kernels that it is for. Errors: what tells nothing of a kernel.
std::vector<std::string> check_case(const OpCase& c, const std::vector<KernelChoice>& choices,
                                    gpu::KernelStore& kernels, ThreadPool& pool);

/// For every case and every kernel that the device has for the op.
std::vector<std::string> check_op(Op op, CaseSet set, uint64_t seed, gpu::KernelStore& kernels,
                                  ThreadPool& pool);

}  // namespace rwkvk::check

#pragma once
// The tables of ops, kernels and weight formats as C++ sees them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "host/error.h"
#include "shaders/params.h"

namespace rwkvk {

using namespace params;  // the structs and constants shared with the shaders

enum class Op : uint32_t {
#define OP(name, slots, parameters, work) name,
#include "runtime/catalogue/ops.def"
#undef OP
};

struct OpInfo {
    std::string_view name;
    std::string_view slots;  // one letter per tensor argument
    uint32_t params_bytes;
};

std::span<const OpInfo> all_ops();
const OpInfo& info(Op op);

/// Whether the op takes single rows of its matrix, by ids.
constexpr bool looks_up(Op op) { return op == Op::embed || op == Op::embed_add; }
/// Whether the op multiplies a matrix with vectors: its parameters are LinearParams.
constexpr bool multiplies(Op op) { return op == Op::linear || op == Op::linear_blocks; }
/// Whether it is such an op and a norm_mix of its result: its parameters are ProductMixParams.
constexpr bool multiplies_and_mixes(Op op) { return op == Op::linear_mix || op == Op::blocks_mix; }

/// Whether it is several steps that only runs of one row do at once (runtime/graph/joins.h).
constexpr bool is_join(Op op) {
    return multiplies_and_mixes(op) || op == Op::head7_up || op == Op::embed_mix;
}

/// Whether it draws tokens, which the sampler does on the CPU.
constexpr bool draws_tokens(Op op) { return op == Op::edit_logits || op == Op::draw; }

enum class WeightFormat : uint32_t {
#define WEIGHT(name, elements, bytes) name,
#include "runtime/catalogue/weights.def"
#undef WEIGHT
};

struct WeightInfo {
    std::string_view name;
    uint32_t block_elements;
    uint32_t block_bytes;
};

std::span<const WeightInfo> all_weights();
const WeightInfo& info(WeightFormat format);
/// Whether its elements come in blocks.
bool in_blocks(WeightFormat format);
/// The op that multiplies with matrices of the format.
Op product_op(WeightFormat format);
/// Whether the op's pieces are sequences and not rows: the recurrences, whose first slot is the table of
/// sequences.
bool by_sequences(Op op);
/// Errors: Code::bad_argument listing the known names.
WeightFormat weight_format(std::string_view name);
/// Bytes of `elements` (a multiple of the format's block) stored elements.
uint64_t stored_bytes(WeightFormat format, uint64_t elements);

enum class KernelId : uint32_t {
#define KERNEL(name, op, weights, needs) name,
#include "runtime/catalogue/kernels.def"
#undef KERNEL
};

enum class KernelWeights {
    one,       // no matrix
    elements,  // a variant per format of single elements
    blocks,    // per format that comes in blocks
    each,      // per format
};
enum class KernelNeeds {
    nothing,
    subgroup,
    integer_dot,         // and subgroup
    cooperative_matrix,  // and subgroup
};

struct KernelInfo {
    std::string_view name;
    Op op;
    KernelWeights weights;
    KernelNeeds needs;
};

std::span<const KernelInfo> all_kernels();
const KernelInfo& info(KernelId kernel);
/// Whether it is part of this build: shader compilers that are too old for it leave it out.
bool compiled(KernelId kernel);
/// Whether the kernel has a variant for matrices of this format.
bool has_variant(KernelId kernel, WeightFormat format);
/// Name of the compiled module: "norm_lane", "linear_narrow.f16".
std::string module_name(KernelId kernel, WeightFormat format);

/// The push constants of one step, whatever its op. `rows` is the first member of every struct.
class Params {
  public:
    Params() = default;
    template <typename T>
    requires std::is_trivially_copyable_v<T> Params(const T& value)
        : size_(sizeof(T)) {  // NOLINT: implicit by design
        static_assert(sizeof(T) <= 128 && sizeof(T) % 4 == 0);
        std::memcpy(bytes_.data(), &value, sizeof(T));
    }

    template <typename T>
    T as() const {
        RWKVK_ASSERT(size_ == sizeof(T));
        T value;
        std::memcpy(&value, bytes_.data(), sizeof(T));
        return value;
    }
    std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }
    uint32_t rows() const;
    void set_rows(uint32_t rows);

  private:
    std::array<std::byte, 128> bytes_{};
    uint32_t size_ = 0;
};

}  // namespace rwkvk

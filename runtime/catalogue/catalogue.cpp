#include "runtime/catalogue/catalogue.h"

#include <cctype>

namespace rwkvk {
namespace {

constexpr OpInfo ops[] = {
#define OP(name, slots, parameters, work) {#name, slots, sizeof(parameters)},
#include "runtime/catalogue/ops.def"
#undef OP
};

constexpr WeightInfo weights_[] = {
#define WEIGHT(name, elements, bytes) {#name, elements, bytes},
#include "runtime/catalogue/weights.def"
#undef WEIGHT
};

constexpr KernelInfo kernels[] = {
#define KERNEL(name, op, weights, needs) {#name, Op::op, KernelWeights::weights, KernelNeeds::needs},
#include "runtime/catalogue/kernels.def"
#undef KERNEL
};

}  // namespace

std::span<const OpInfo> all_ops() { return ops; }
const OpInfo& info(Op op) { return ops[static_cast<size_t>(op)]; }

std::span<const WeightInfo> all_weights() { return weights_; }
const WeightInfo& info(WeightFormat format) { return weights_[static_cast<size_t>(format)]; }

bool in_blocks(WeightFormat format) { return info(format).block_elements > 1; }
Op product_op(WeightFormat format) { return in_blocks(format) ? Op::linear_blocks : Op::linear; }

bool by_sequences(Op op) {
    switch (op) {
        case Op::wkv4:
        case Op::wkv6:
        case Op::wkv7:
        case Op::gla:
        case Op::head4:
        case Op::head6:
        case Op::head7:
        case Op::head7_up:
            return true;
        default:
            return false;
    }
}

WeightFormat weight_format(std::string_view name) {
    std::string known, lower(name);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (size_t i = 0; i < std::size(weights_); ++i) {
        if (weights_[i].name == lower) return static_cast<WeightFormat>(i);
        known += concat(i ? ", " : "", weights_[i].name);
    }
    throw Error(Code::bad_argument, concat("weight format '", name, "' is not known; there are ", known));
}

uint64_t stored_bytes(WeightFormat format, uint64_t elements) {
    const WeightInfo& weight = info(format);
    RWKVK_ASSERT(elements % weight.block_elements == 0);
    return elements / weight.block_elements * weight.block_bytes;
}

std::span<const KernelInfo> all_kernels() { return kernels; }
const KernelInfo& info(KernelId kernel) { return kernels[static_cast<size_t>(kernel)]; }

bool compiled(KernelId kernel) {
    return RWKVK_COOPERATIVE_MATRIX || info(kernel).needs != KernelNeeds::cooperative_matrix;
}

bool has_variant(KernelId kernel, WeightFormat format) {
    switch (info(kernel).weights) {
        case KernelWeights::one:
            return false;
        case KernelWeights::elements:
            return !in_blocks(format);
        case KernelWeights::blocks:
            return in_blocks(format);
        case KernelWeights::each:
            return true;
    }
    return false;
}

std::string module_name(KernelId kernel, WeightFormat format) {
    const KernelInfo& row = info(kernel);
    std::string name(row.name);
    if (row.weights != KernelWeights::one) name += concat(".", info(format).name);
    return name;
}

uint32_t Params::rows() const {
    uint32_t rows;
    std::memcpy(&rows, bytes_.data(), sizeof rows);
    return rows;
}

void Params::set_rows(uint32_t rows) { std::memcpy(bytes_.data(), &rows, sizeof rows); }

}  // namespace rwkvk

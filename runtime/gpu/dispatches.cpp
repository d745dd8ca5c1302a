#include "runtime/gpu/dispatches.h"

#include <algorithm>
#include <set>

#include "host/vk/device.h"
#include "runtime/gpu/joins.h"
#include "runtime/gpu/packing.h"
#include "runtime/gpu/products.h"
#include "runtime/graph/joins.h"
#include "runtime/graph/phases.h"
#include "runtime/graph/uses.h"

namespace rwkvk::gpu {

vk::Access access_of(char letter) {
    return letter == 'r' ? vk::Access::read : letter == 'w' ? vk::Access::write : vk::Access::update;
}

namespace {

/// What the op's kernel takes for a step's parameters.
Params push_constants(Op op, const Params& params) {
    if (multiplies(op)) return one_product(params.as<LinearParams>());
    return params;
}

/// Multiply-adds, or elements where there are none.
uint64_t cost_of(Op op, const Params& params) {
    const auto work = work_of(op, params);
    const uint64_t items = uint64_t{work[0]} * work[1] * work[2];
    switch (op) {
        case Op::linear:
        case Op::linear_blocks:
            return items * params.as<LinearParams>().in_width;
        case Op::norm:
        case Op::rms_norm:
            return items * params.as<NormParams>().width * 4;
        case Op::wkv6:
            return items * params.as<Wkv6Params>().head_size * 4;
        case Op::gla:
            return items * params.as<GlaParams>().head_size * 4;
        case Op::wkv7:
            return items * params.as<Wkv7Params>().head_size * 5;
        case Op::row_matrix:
            return items * params.as<RowMatrixParams>().in_width;
        case Op::wkv4:
            return items * 128;
        case Op::l2norm:
        case Op::bonus:
            return items * params.as<HeadParams>().head_size * 4;
        default:
            return items * 4;
    }
}

class Maker {
  public:
    Maker(const Layout& layout, KernelStore& kernels) : layout_(layout), kernels_(kernels) {}

    std::vector<Dispatch> make() {
        for (size_t i = 0; i < layout_.program.steps.size(); ++i) add_step(i);
        return std::move(result_);
    }

  private:
    const Tensor& tensor(const Operand& operand) const { return layout_.program.tensors[operand.tensor]; }

    void add_step(size_t index) {
        const Step& step = layout_.program.steps[index];
        const Params params = params_of(layout_.plan, step);
        const MatrixRequest* const matrix = matrix_of(layout_.program, step);
        if (!matrix) return add(index, params, nullptr, {});
        const MatrixRecord& record = layout_.weights.matrix(*matrix);
        for (const MatrixRecord::Piece& piece : record.pieces) {
            if (looks_up(step.op)) {
                auto p = params.as<EmbedParams>();
                p.first_id = piece.first;
                p.ids = piece.outs;
                p.take_vectors = piece.first == 0 ? 1 : 0;
                add(index, p, &record, piece);
            } else {
                add_product(index, params.as<LinearParams>(), record, piece);
            }
        }
    }

    /// Cuts a piece once more where one dispatch would take too long.
    void add_product(size_t index, LinearParams params, const MatrixRecord& record,
                     const MatrixRecord::Piece& piece) {
        const uint64_t tile_cost = uint64_t{params.in_width} * params.rows * rows_per_tile;
        const auto tiles =
            static_cast<uint32_t>(std::clamp<uint64_t>(layout_.max_cost / tile_cost, 1, piece.outs));
        // 4 tiles keep every cut at a multiple of the largest offset alignment and of what a workgroup makes.
        const uint32_t step = (tiles + 3) / 4 * 4 * rows_per_tile;
        for (uint32_t first = 0; first < piece.outs; first += step) {
            MatrixRecord::Piece cut = piece;
            cut.first += first;
            cut.outs = std::min(step, piece.outs - first);
            cut.offset += packed_bytes(record.packing, record.format, first, record.in);
            cut.bytes = packed_bytes(record.packing, record.format, cut.outs, record.in);
            params.first_out = cut.first;
            params.outs = cut.outs;
            add(index, params, &record, cut);
        }
    }

    void add(size_t index, const Params& params, const MatrixRecord* matrix,
             const MatrixRecord::Piece& piece) {
        const Step& step = layout_.program.steps[index];
        const WeightFormat format = matrix ? matrix->format : WeightFormat::f32;
        const KernelChoice choice = choose_kernel(step.op, params, kernels_.device().facts());
        RWKVK_ASSERT(!matrix || choice.packing == matrix->packing);
        const auto groups = group_counts(choice, work_of(step.op, params));
        Dispatch dispatch{.kernel = &kernels_.get(choice, format),
                          .bindings = {},
                          .params = push_constants(step.op, params),
                          .groups = groups,
                          .step = index,
                          .cost = cost_of(step.op, of_rows(params))};
        for (size_t slot = 0; slot < step.operands.size(); ++slot) {
            vk::Binding binding = bind(step.operands[slot], piece);
            binding.access = access_of(info(step.op).slots[slot]);
            dispatch.bindings.push_back(binding);
        }
        check_fits(dispatch, step.name);
        result_.push_back(std::move(dispatch));
    }

    /// Recurrences take as long as their sequences have rows together.
    Params of_rows(Params params) const {
        params.set_rows(layout_.plan.rows);
        return params;
    }

    /// Widths and heads come from a file, limits from the device.
    void check_fits(const Dispatch& dispatch, const std::string& step) const {
        const vk::DeviceFacts& facts = kernels_.device().facts();
        for (const vk::Binding& binding : dispatch.bindings) {
            if (binding.bytes <= facts.max_binding_bytes) continue;
            throw Error(Code::unsupported,
                        concat(facts.name, ": step '", step, "' needs ", binding.bytes,
                               " bytes bound at once, the device binds at most ", facts.max_binding_bytes,
                               ": use fewer rows per run or another device"));
        }
        for (size_t i = 0; i < dispatch.groups.size(); ++i) {
            if (dispatch.groups[i] <= facts.max_group_count[i]) continue;
            throw Error(Code::unsupported,
                        concat(facts.name, ": step '", step, "' needs ", dispatch.groups[i],
                               " workgroups in a row, the device takes at most ", facts.max_group_count[i],
                               ": use another device"));
        }
    }

    vk::Binding bind(const Operand& operand, const MatrixRecord::Piece& piece) const {
        switch (tensor(operand).kind) {
            case TensorKind::matrix:
                return {piece.buffer, piece.offset, piece.bytes};
            case TensorKind::vector: {
                const auto& vector = layout_.weights.vector(layout_.program.vectors[tensor(operand).index]);
                return {vector.buffer, vector.offset, vector.bytes};
            }
            default:
                return layout_.place(operand);
        }
    }

    const Layout& layout_;
    KernelStore& kernels_;
    std::vector<Dispatch> result_;
};

}  // namespace

std::vector<Dispatch> make_dispatches(const Layout& layout, KernelStore& kernels) {
    return Maker(layout, kernels).make();
}

std::vector<Dispatch> merged_dispatches(const Layout& layout, const std::vector<Dispatch>& dispatches,
                                        KernelStore& kernels) {
    const vk::DeviceFacts& facts = kernels.device().facts();
    const std::vector<uint32_t> phases_of_steps = phases_of(layout.program);
    std::vector<uint32_t> phases;
    std::vector<bool> products;
    for (const Dispatch& dispatch : dispatches) {
        phases.push_back(phases_of_steps[dispatch.step]);
        products.push_back(multiplies(layout.program.steps[dispatch.step].op));
    }
    std::vector<Dispatch> merged = share_dispatches(
        dispatches, phases, products, {facts.max_binding_bytes, layout.max_cost, facts.max_group_count[0]});
    return facts.joins ? join_dispatches(std::move(merged), layout, kernels) : merged;
}

namespace {

/// The format of a step's matrix, or f32.
WeightFormat format_of(const Program& program, const Step& step, const WeightSource& weights) {
    const MatrixRequest* const matrix = matrix_of(program, step);
    return matrix ? weights.find(matrix->name)->format : WeightFormat::f32;
}

}  // namespace

std::vector<KernelUse> kernels_of(const Program& program, uint32_t rows, const WeightSource& weights,
                                  const vk::DeviceFacts& facts) {
    const Joins joins = rows == 1 && facts.joins ? joins_of(program) : no_joins(program);
    std::vector<KernelUse> uses;
    std::set<std::pair<std::string, std::vector<uint32_t>>> seen;
    const auto add = [&](const KernelChoice& choice, WeightFormat format) {
        if (seen.insert({module_name(choice.kernel, format), choice.constants}).second)
            uses.push_back({choice, format});
    };
    for (size_t i = 0; i < program.steps.size(); ++i) {
        if (joins.mixes[i] != no_step) continue;
        const Step& step = program.steps[i];
        Params params = step.params;
        params.set_rows(rows);
        const KernelChoice choice = choose_kernel(step.op, params, facts);
        const bool mixes = std::ranges::count(joins.mixes, i) > 0;
        add(mixes ? then_mix(choice) : choice, format_of(program, step, weights));
    }
    for (const EmbedAndMix& joined : joins.embeds) {
        const Step& mix = program.steps[joined.mix];
        add(with_embedding(choose_kernel(mix.op, mix.params, facts)),
            format_of(program, program.steps[joined.embed], weights));
    }
    for (const HeadWithUps& joined : joins.heads) {
        const Step& head = program.steps[joined.head];
        add(with_ups(choose_kernel(head.op, head.params, facts)),
            format_of(program, program.steps[joined.ups[UP_DECAY]], weights));
    }
    return uses;
}

void record(vk::Recorder& recorder, const Dispatch& dispatch) {
    recorder.dispatch(*dispatch.kernel, dispatch.bindings, dispatch.params.bytes(), dispatch.groups);
}

}  // namespace rwkvk::gpu

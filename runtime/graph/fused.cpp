#include "runtime/graph/fused.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "runtime/catalogue/rounding.h"

namespace rwkvk {
namespace {

/// The parameters of the first step with this op.
template <typename P>
P of(std::span<const Step* const> found, Op op) {
    const auto at = std::ranges::find_if(found, [&](const Step* step) { return step->op == op; });
    RWKVK_ASSERT(at != found.end());
    return (*at)->params.template as<P>();
}

FusedSteps norm_mix_steps(const Params& params) {
    const auto p = params.as<NormMixParams>();
    Builder b("norm_mix");
    const Operand x = b.slot("x", TensorKind::activation, p.width);
    const Operand norm = b.slot("norm", TensorKind::vector, p.width, 2);
    const Operand entries = b.slot("entries", TensorKind::table, 2);
    const Operand mixes = b.slot("mixes", TensorKind::vector, p.planes * p.width);
    const Operand shift = b.slot("shift", TensorKind::state, p.width);
    const Operand normed = b.norm("normed", x, norm, {norm.tensor, 1}, 1, p.eps);
    const Operand y = b.shift_mix("y", normed, entries, mixes, shift);
    const Operand rounded =
        p.rounded == 0 ? y : b.round("rounded", y, rounding(p.width, p.rounded, p.numbers));
    return {b.finish(), {x, norm, entries, mixes, shift, y, rounded}};
}

Params norm_mix_parameters(const Params& wiring, std::span<const Step* const> found) {
    auto p = wiring.as<NormMixParams>();
    const auto norm = of<NormParams>(found, Op::norm);
    p.width = norm.width;
    p.eps = norm.eps;
    p.inv_width = norm.inv_width;
    p.planes = of<ShiftMixParams>(found, Op::shift_mix).planes;
    if (p.rounded) {
        const auto round = of<RoundParams>(found, Op::round);
        p.rounded = round.planes;
        p.numbers = round.numbers;
    }
    return p;
}

FusedSteps head7_steps(const Params& params) {
    const auto p = params.as<Head7Params>();
    Builder b("head7");
    const auto row = [&](const char* name) { return b.slot(name, TensorKind::activation, p.width); };
    const Operand sequences = b.slot("sequences", TensorKind::table, 4);
    const Operand r = row("r"), w = row("w"), k_raw = row("k"), v_raw = row("v"), a = row("a");
    const bool has_lerp = p.parts & HEAD7_LERP, has_gate = p.parts & HEAD7_GATE;
    const Operand v_first = has_lerp ? row("v_first") : r, amount = has_lerp ? row("v_amount") : r;
    const Operand gate = has_gate ? row("gate") : r;
    const bool has_norm = p.parts & HEAD7_NORM;
    const uint32_t vectors = b.slot("vectors", TensorKind::vector, p.width, has_norm ? 5 : 3).tensor;
    const Operand k_k{vectors, 0}, k_a{vectors, 1}, r_k{vectors, 2}, weight{vectors, 3}, bias{vectors, 4};
    const Operand state = b.slot("state", TensorKind::state, p.width * p.head_size);

    const Operand v = has_lerp ? b.lerp("v_mixed", v_raw, v_first, amount) : v_raw;
    const Operand kk = b.l2norm("kk", k_raw, k_k, p.heads);
    const Operand k = b.key_mix("k_mixed", k_raw, a, k_a);
    Operand y = b.wkv7("wkv", {sequences, r, w, k, v, kk, a, state}, p.heads);
    if (has_norm) y = b.norm("normed", y, weight, bias, p.heads, p.eps);
    y = b.bonus("with_bonus", y, r, k, v, r_k, p.heads);
    if (has_gate) y = b.mul("gated", y, gate);
    const bool has_rounding = p.parts & HEAD7_ROUND;
    const Operand rounded = has_rounding ? b.round("rounded", y, rounding(p.width, 1, 0)) : y;
    return {b.finish(),
            {sequences, r, w, k_raw, v_raw, v_first, amount, a, gate, {vectors}, state, y, rounded}};
}

Params head7_parameters(const Params& wiring, std::span<const Step* const> found) {
    auto p = wiring.as<Head7Params>();
    const auto wkv = of<Wkv7Params>(found, Op::wkv7);
    p.heads = wkv.heads;
    p.head_size = wkv.head_size;
    p.width = wkv.width;
    if (p.parts & HEAD7_NORM) {
        const auto norm = of<NormParams>(found, Op::norm);
        p.eps = norm.eps;
        p.inv_width = norm.inv_width;
    }
    return p;
}

std::vector<Params> head7_wirings() {
    constexpr uint32_t all = HEAD7_LERP | HEAD7_NORM | HEAD7_GATE | HEAD7_ROUND;
    std::vector<uint32_t> parts(all + 1);
    for (uint32_t i = 0; i <= all; ++i) parts[i] = i;
    std::ranges::stable_sort(parts, std::greater{}, [](uint32_t bits) { return std::popcount(bits); });
    std::vector<Params> wirings;
    for (const uint32_t bits : parts) wirings.push_back(Head7Params{0, 1, 32, 32, 0, 0, bits});
    return wirings;
}

}  // namespace

std::span<const FusedOp> fused_ops() {
    static const std::vector<FusedOp> ops = {
        {Op::norm_mix,
         {NormMixParams{0, 32, 0, 0, 1, 0, 1, 0, 0}, NormMixParams{0, 32, 0, 0, 1, 0, 0, 0, 0}},
         norm_mix_steps,
         norm_mix_parameters},
        {Op::head7, head7_wirings(), head7_steps, head7_parameters},
    };
    return ops;
}

const FusedOp* find_fused(Op op) {
    const std::span<const FusedOp> all = fused_ops();
    const auto at = std::ranges::find(all, op, &FusedOp::op);
    return at == all.end() ? nullptr : &*at;
}

}  // namespace rwkvk

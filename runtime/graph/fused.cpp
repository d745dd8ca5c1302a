#include "runtime/graph/fused.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "runtime/catalogue/product_place.h"
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
    return {b.finish(), {x, norm, entries, mixes, shift, y, rounded, p.keep ? normed : y}};
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

FusedSteps take_norm_steps(const Params& params) {
    const auto p = params.as<TakeNormParams>();
    Builder b("take_norm");
    const Operand x = b.slot("x", TensorKind::carried, p.width);
    const Operand numbers = b.slot("numbers", TensorKind::table, 1);
    const Operand weight = b.slot("weight", TensorKind::vector, p.width),
                  bias = b.slot("bias", TensorKind::vector, p.width);
    const Operand y = b.norm("y", b.take_rows("taken", x, numbers), weight, bias, 1, p.eps);
    const Operand rounded = p.rounded ? b.round("rounded", y, rounding(p.width, 1, 0)) : y;
    return {b.finish(), {x, numbers, weight, bias, y, rounded}};
}

Params take_norm_parameters(const Params& wiring, std::span<const Step* const> found) {
    auto p = wiring.as<TakeNormParams>();
    const auto norm = of<NormParams>(found, Op::norm);
    p.width = norm.width;
    p.eps = norm.eps;
    p.inv_width = norm.inv_width;
    return p;
}

Operand add_tensor(Program& program, const char* name, TensorKind kind, uint32_t width, uint32_t planes = 1,
                   uint32_t index = 0) {
    program.tensors.push_back({name, kind, width, planes, index});
    return {static_cast<uint32_t>(program.tensors.size() - 1)};
}

/// The slots are those of both, but for what is normed: the product's y.
FusedSteps product_mix_steps(Op op, const Params& params) {
    const auto p = params.as<ProductMixParams>();
    const ProductAt place = unpacked(p.product[0], p.outs);
    FusedSteps both = norm_mix_steps(p.mix);
    Program& program = both.program;
    const uint32_t x_width = op == Op::linear ? place.in_width : rounded_width(place.in_width / ROUND_GROUP);
    const Operand x = add_tensor(program, "product.x", TensorKind::activation, x_width);
    const Operand matrix = add_tensor(program, "product.matrix", TensorKind::matrix, place.outs);
    program.matrices.push_back({"matrix", place.outs, place.in_width, 0, place.outs});
    const Operand addend = place.adds == ADD_NOTHING ? x
                           : place.adds == ADD_BIAS
                               ? add_tensor(program, "product.bias", TensorKind::vector, place.outs)
                               : add_tensor(program, "product.rest", TensorKind::activation, place.outs);
    const Operand counter = add_tensor(program, "counter", TensorKind::state, 1);
    const LinearParams linear{0, place.in_width, p.y_width, 0, place.outs, place.activation, place.adds};
    const Operand y = both.slots.front();
    program.steps.insert(program.steps.begin(), {op, "product", {x, matrix, addend, y}, linear, {}});
    both.slots.insert(both.slots.begin(), {x, matrix, addend});
    both.slots.push_back(counter);
    return both;
}

FusedSteps embed_mix_steps(const Params& params) {
    const auto p = params.as<EmbedMixParams>();
    const uint32_t width = p.mix.width;
    FusedSteps all = norm_mix_steps(p.mix);
    Program& program = all.program;
    const Operand ids = add_tensor(program, "ids", TensorKind::table, 1),
                  vectors = add_tensor(program, "vectors", TensorKind::table, width),
                  table = add_tensor(program, "table", TensorKind::matrix, width),
                  weight = add_tensor(program, "first.weight", TensorKind::vector, width),
                  bias = add_tensor(program, "first.bias", TensorKind::vector, width),
                  embedded = add_tensor(program, "embedded", TensorKind::activation, width);
    const Operand x = all.slots.front();
    program.matrices.push_back({"table", 0, width, 0, 0});
    program.steps.insert(
        program.steps.begin(),
        {{Op::embed, "embedded", {ids, vectors, table, embedded}, EmbedParams{0, width, 0, NONE, 1}, {}},
         {Op::norm,
          "x",
          {embedded, weight, bias, x},
          NormParams{0, 1, width, p.first_eps, p.mix.inv_width},
          {}}});
    all.slots.insert(all.slots.begin(), {ids, vectors, table, weight, bias});
    return all;
}

FusedSteps linear_mix_steps(const Params& params) { return product_mix_steps(Op::linear, params); }
FusedSteps blocks_mix_steps(const Params& params) { return product_mix_steps(Op::linear_blocks, params); }

FusedSteps mul_add_steps(const Params& params) {
    const auto p = params.as<ElementParams>();
    Builder b("mul_add");
    const auto row = [&](const char* name) { return b.slot(name, TensorKind::activation, p.width); };
    const Operand x = row("x"), left = row("a"), right = row("b");
    const Operand y = b.add("y", x, b.mul("product", left, right));
    return {b.finish(), {x, left, right, y}};
}

Params mul_add_parameters(const Params&, std::span<const Step* const> found) {
    return of<ElementParams>(found, Op::mul);
}

/// Of head4, head6 and head7.
Operand rounded_result(Builder& b, Operand y, uint32_t parts) {
    return parts & HEAD_ROUND ? b.round("rounded", y, rounding(b.width(y), 1, 0)) : y;
}

FusedSteps head4_steps(const Params& params) {
    const auto p = params.as<Head4Params>();
    Builder b("head4");
    const auto slot = [&](const char* name, TensorKind kind) { return b.slot(name, kind, p.width); };
    const auto row = [&](const char* name) { return slot(name, TensorKind::activation); };
    const Operand sequences = b.slot("sequences", TensorKind::table, 4);
    const Operand k = row("k"), v = row("v"), gate = row("gate");
    const Operand decay = slot("decay", TensorKind::vector), first = slot("first", TensorKind::vector);
    const Operand numerator = slot("numerator", TensorKind::state),
                  denominator = slot("denominator", TensorKind::state),
                  maximum = slot("maximum", TensorKind::state);
    const Operand wkv = b.wkv4("wkv", {sequences, k, v, decay, first, numerator, denominator, maximum});
    const Operand y = b.mul("y", gate, wkv);
    const Operand rounded = rounded_result(b, y, p.parts);
    return {b.finish(), {sequences, k, v, gate, decay, first, numerator, denominator, maximum, y, rounded}};
}

Params head4_parameters(const Params& wiring, std::span<const Step* const> found) {
    auto p = wiring.as<Head4Params>();
    p.width = of<ElementParams>(found, Op::wkv4).width;
    return p;
}

FusedSteps head6_steps(const Params& params) {
    const auto p = params.as<Head6Params>();
    Builder b("head6");
    const auto row = [&](const char* name) { return b.slot(name, TensorKind::activation, p.width); };
    const Operand sequences = b.slot("sequences", TensorKind::table, 4);
    const TensorKind of_decay = p.decay_stride ? TensorKind::activation : TensorKind::vector;
    const Operand r = row("r"), w = b.slot("w", of_decay, p.width), k = row("k"), v = row("v");
    const Operand u = b.slot("u", TensorKind::vector, p.width);
    const Operand gate = p.parts & HEAD_GATE ? row("gate") : r;
    const uint32_t norm = b.slot("norm", TensorKind::vector, p.width, 2).tensor;
    const Operand state = b.slot("state", TensorKind::state, p.width * p.head_size);
    Operand y = b.wkv6("wkv", {sequences, r, w, k, v, u, state}, p.heads);
    y = b.norm("normed", y, {norm, 0}, {norm, 1}, p.heads, p.eps);
    if (p.parts & HEAD_GATE) y = b.mul("gated", y, gate);
    const Operand rounded = rounded_result(b, y, p.parts);
    return {b.finish(), {sequences, r, w, k, v, u, gate, {norm}, state, y, rounded}};
}

Params head6_parameters(const Params& wiring, std::span<const Step* const> found) {
    auto p = wiring.as<Head6Params>();
    const auto wkv = of<Wkv6Params>(found, Op::wkv6);
    const auto norm = of<NormParams>(found, Op::norm);
    p.heads = wkv.heads;
    p.head_size = wkv.head_size;
    p.width = wkv.width;
    p.decay_stride = wkv.decay_stride;
    p.eps = norm.eps;
    p.inv_width = norm.inv_width;
    return p;
}

FusedSteps head7_steps(const Params& params) {
    const auto p = params.as<Head7Params>();
    Builder b("head7");
    const auto row = [&](const char* name) { return b.slot(name, TensorKind::activation, p.width); };
    const Operand sequences = b.slot("sequences", TensorKind::table, 4);
    const Operand r = row("r"), w = row("w"), k_raw = row("k"), v_raw = row("v"), a = row("a");
    const bool has_lerp = p.parts & HEAD_LERP, has_gate = p.parts & HEAD_GATE;
    const Operand v_first = has_lerp ? row("v_first") : r, amount = has_lerp ? row("v_amount") : r;
    const Operand gate = has_gate ? row("gate") : r;
    const bool has_norm = p.parts & HEAD_NORM;
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
    const Operand rounded = rounded_result(b, y, p.parts);
    return {b.finish(),
            {sequences, r, w, k_raw, v_raw, v_first, amount, a, gate, {vectors}, state, y, rounded}};
}

Params head7_parameters(const Params& wiring, std::span<const Step* const> found) {
    auto p = wiring.as<Head7Params>();
    const auto wkv = of<Wkv7Params>(found, Op::wkv7);
    p.heads = wkv.heads;
    p.head_size = wkv.head_size;
    p.width = wkv.width;
    if (p.parts & HEAD_NORM) {
        const auto norm = of<NormParams>(found, Op::norm);
        p.eps = norm.eps;
        p.inv_width = norm.inv_width;
    }
    return p;
}

/// The matrices of the products lie one below the other, and they have one width.
FusedSteps head7_up_steps(const Params& params) {
    const auto p = params.as<Head7UpParams>();
    FusedSteps both = head7_steps(Head7Params{0, p.heads, p.head_size, p.width, p.eps, p.inv_width, p.parts});
    Program& program = both.program;
    const uint32_t in_width = unpacked(p.up[UP_DECAY], p.width).in_width;
    const Operand hidden = add_tensor(program, "hidden", TensorKind::activation, in_width, UPS),
                  biases = add_tensor(program, "biases", TensorKind::vector, p.width, UPS);
    const std::vector<Operand> head = both.slots;
    both.slots = {hidden, {}, biases};
    for (uint32_t up = 0; up < UPS; ++up) {
        const ProductAt place = unpacked(p.up[up], p.width);
        const Operand matrix = add_tensor(program, "matrix", TensorKind::matrix, p.width, 1, up);
        program.matrices.push_back({"matrix", p.width, in_width, up * p.width, UPS * p.width});
        if (up == UP_DECAY) both.slots[1] = matrix;
        if (!has_up(p.parts, up)) continue;
        const LinearParams linear{0, in_width, p.width, 0, p.width, place.activation, place.adds};
        const Operand x{hidden.tensor, up};
        const Operand addend = place.adds == ADD_BIAS ? Operand{biases.tensor, up} : x;
        program.steps.insert(program.steps.begin(),
                             {Op::linear, "up", {x, matrix, addend, head[slots_of_ups[up]]}, linear, {}});
    }
    for (const size_t slot : slots_beside_ups) both.slots.push_back(head[slot]);
    return both;
}

/// Every choice of parts, those of most parts first.
template <typename Make>
std::vector<Params> for_all_parts(uint32_t parts, const Make& make) {
    std::vector<uint32_t> choices;
    for (uint32_t bits = 0; bits <= parts; ++bits) {
        if ((bits & ~parts) == 0) choices.push_back(bits);
    }
    std::ranges::stable_sort(choices, std::greater{}, [](uint32_t bits) { return std::popcount(bits); });
    std::vector<Params> wirings;
    for (const uint32_t bits : choices) wirings.push_back(make(bits));
    return wirings;
}

}  // namespace

std::span<const FusedOp> fused_ops() {
    constexpr uint32_t head7_parts = HEAD_LERP | HEAD_NORM | HEAD_GATE | HEAD_ROUND;
    const auto norm_mix = [](uint32_t rounded, uint32_t keep) {
        return NormMixParams{0, 32, 0, 0, 1, 0, rounded, 0, 0, keep};
    };
    const auto head4 = [](uint32_t parts) { return Head4Params{0, 32, parts}; };
    const auto head6 = [](uint32_t parts) { return Head6Params{0, 1, 32, 32, 0, 0, parts, 0}; };
    const auto head7 = [](uint32_t parts) { return Head7Params{0, 1, 32, 32, 0, 0, parts}; };
    static const std::vector<FusedOp> ops = {
        {Op::norm_mix,
         {norm_mix(1, 0), norm_mix(0, 0), norm_mix(1, 1), norm_mix(0, 1)},
         norm_mix_steps,
         norm_mix_parameters},
        {Op::head7, for_all_parts(head7_parts, head7), head7_steps, head7_parameters},
        {Op::head6, for_all_parts(HEAD_GATE | HEAD_ROUND, head6), head6_steps, head6_parameters},
        {Op::head4, for_all_parts(HEAD_ROUND, head4), head4_steps, head4_parameters},
        {Op::mul_add, {ElementParams{0, 32}}, mul_add_steps, mul_add_parameters},
        {Op::take_norm,
         {TakeNormParams{0, 32, 0, 0, 1}, TakeNormParams{0, 32, 0, 0, 0}},
         take_norm_steps,
         take_norm_parameters},
        {Op::linear_mix, {}, linear_mix_steps, nullptr},
        {Op::blocks_mix, {}, blocks_mix_steps, nullptr},
        {Op::head7_up, {}, head7_up_steps, nullptr},
        {Op::embed_mix, {}, embed_mix_steps, nullptr},
    };
    return ops;
}

const FusedOp* find_fused(Op op) {
    const std::span<const FusedOp> all = fused_ops();
    const auto at = std::ranges::find(all, op, &FusedOp::op);
    return at == all.end() ? nullptr : &*at;
}

}  // namespace rwkvk

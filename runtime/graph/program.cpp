#include "runtime/graph/program.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/catalogue/rounding.h"

namespace rwkvk {

std::vector<uint32_t> StateRequest::shape() const {
    if (heads == 0) return {width};
    return {heads, head_size(), head_size()};
}

uint32_t StateRequest::head_size() const {
    RWKVK_ASSERT(heads > 0);
    const auto size = static_cast<uint32_t>(std::lround(std::sqrt(width / heads)));
    RWKVK_ASSERT(size * size * heads == width);
    return size;
}

int64_t find_tensor(const Program& program, const std::string& name) {
    for (size_t i = 0; i < program.tensors.size(); ++i) {
        if (program.tensors[i].name == name) return static_cast<int64_t>(i);
    }
    return -1;
}

Operand Builder::add_tensor(Tensor tensor) {
    const auto number = static_cast<uint32_t>(program_.tensors.size());
    const bool is_new = numbers_.emplace(tensor.name, number).second;
    RWKVK_ASSERT(is_new);
    program_.tensors.push_back(std::move(tensor));
    return {number};
}

Operand Builder::table(const char* name, uint32_t width) {
    if (const auto known = numbers_.find(name); known != numbers_.end()) return {known->second};
    return add_tensor({name, TensorKind::table, width});
}

Operand Builder::vector(std::vector<std::string> names, uint32_t width, VectorChange change) {
    const auto index = static_cast<uint32_t>(program_.vectors.size());
    const auto total = static_cast<uint32_t>(width * names.size());
    program_.vectors.push_back({names, width, change});
    return add_tensor({names.front(), TensorKind::vector, total, 1, index});
}

Operand Builder::repeated_vector(const std::string& name, uint32_t width, uint32_t repeat,
                                 VectorChange change) {
    const auto index = static_cast<uint32_t>(program_.vectors.size());
    program_.vectors.push_back({{name}, width, change, repeat});
    return add_tensor({name, TensorKind::vector, width, 1, index});
}

Operand Builder::matrix(const std::string& name, uint32_t out, uint32_t in) {
    return matrix_part(name, 0, 1, out, in);
}

Operand Builder::matrix_part(const std::string& name, uint32_t part, uint32_t parts, uint32_t out,
                             uint32_t in) {
    const auto index = static_cast<uint32_t>(program_.matrices.size());
    program_.matrices.push_back({name, out, in, part * out, parts * out});
    return add_tensor({parts == 1 ? name : concat(name, "[", part, "]"), TensorKind::matrix, out, 1, index});
}

Operand Builder::state(const std::string& name, uint32_t width, uint32_t entries, float initial) {
    const auto index = static_cast<uint32_t>(program_.states.size());
    program_.states.push_back({.name = name, .width = width, .entries = entries, .initial = initial});
    return add_tensor({name, TensorKind::state, width, 1, index});
}

Operand Builder::head_state(const std::string& name, uint32_t heads, uint32_t head_size,
                            HeadOrder canonical) {
    const Operand state = this->state(name, heads * head_size * head_size, 1);
    program_.states.back().heads = heads;
    program_.states.back().value_first = canonical == HeadOrder::value_key;
    return state;
}

Operand Builder::carried(const std::string& name, uint32_t width) {
    return add_tensor({name, TensorKind::carried, width});
}

Operand Builder::slot(const std::string& name, TensorKind kind, uint32_t width, uint32_t planes) {
    return add_tensor({name, kind, width, planes});
}

Operand Builder::step(Op op, const std::string& name, std::vector<Operand> inputs, uint32_t out_width,
                      Params params, uint32_t planes) {
    const Operand y = add_tensor({name, TensorKind::activation, out_width, planes});
    inputs.push_back(y);
    RWKVK_ASSERT(inputs.size() == info(op).slots.size() && params.bytes().size() == info(op).params_bytes);
    program_.steps.push_back({op, name, std::move(inputs), params, {}});
    return y;
}

Operand Builder::elementwise(Op op, const std::string& name, std::vector<Operand> inputs) {
    const uint32_t n = width(inputs.front());
    return step(op, name, std::move(inputs), n, ElementParams{.rows = 0, .width = n});
}

Operand Builder::embed(const std::string& name, Operand ids, Operand vectors, Operand table) {
    const MatrixRequest& matrix = program_.matrices[program_.tensors[table.tensor].index];
    return step(
        Op::embed, name, {ids, vectors, table}, matrix.in,
        EmbedParams{.rows = 0, .width = matrix.in, .first_id = 0, .ids = matrix.out, .take_vectors = 1});
}

Operand Builder::embed_add(const std::string& name, Operand ids, Operand x, Operand table) {
    const MatrixRequest& matrix = program_.matrices[program_.tensors[table.tensor].index];
    RWKVK_ASSERT(matrix.in == width(x));
    return step(
        Op::embed_add, name, {ids, x, table}, matrix.in,
        EmbedParams{.rows = 0, .width = matrix.in, .first_id = 0, .ids = matrix.out, .take_vectors = 1});
}

Operand Builder::norm(const std::string& name, Operand x, Operand weight, Operand bias, uint32_t groups,
                      float eps) {
    const uint32_t group = width(x) / groups;
    RWKVK_ASSERT(width(x) % groups == 0 && width(weight) == width(x) && width(bias) == width(x));
    return step(Op::norm, name, {x, weight, bias}, width(x),
                NormParams{.rows = 0,
                           .groups = groups,
                           .width = group,
                           .eps = eps,
                           .inv_width = 1.0f / static_cast<float>(group)});
}

Operand Builder::rms_norm(const std::string& name, Operand x, Operand weight, float eps) {
    const uint32_t n = width(x);
    RWKVK_ASSERT(width(weight) == n);
    return step(
        Op::rms_norm, name, {x, weight}, n,
        NormParams{
            .rows = 0, .groups = 1, .width = n, .eps = eps, .inv_width = 1.0f / static_cast<float>(n)});
}

Operand Builder::shift_mix(const std::string& name, Operand x, Operand entries, Operand mixes,
                           Operand shift) {
    const uint32_t planes = width(mixes) / width(x);
    RWKVK_ASSERT(width(mixes) % width(x) == 0 && width(shift) == width(x));
    // The distance of the planes depends on the rows: the memory plan fills it in.
    return step(Op::shift_mix, name, {x, entries, mixes, shift}, width(x),
                ShiftMixParams{.rows = 0, .width = width(x), .planes = planes, .plane_stride = 0}, planes);
}

Operand Builder::shift_mix6(const std::string& name, Operand x, Operand entries, Operand mixes,
                            const std::array<Operand, 5>& added, Operand shift) {
    const auto planes = static_cast<uint32_t>(added.size());
    RWKVK_ASSERT(width(mixes) == planes * width(x) && width(shift) == width(x));
    return step(Op::shift_mix6, name,
                {x, entries, mixes, added[0], added[1], added[2], added[3], added[4], shift}, width(x),
                ShiftMixParams{.rows = 0, .width = width(x), .planes = planes, .plane_stride = 0}, planes);
}

Operand Builder::linear(const std::string& name, Operand x, Operand matrix, uint32_t activation) {
    const MatrixRequest& request = program_.matrices[program_.tensors[matrix.tensor].index];
    RWKVK_ASSERT(request.in == width(x));
    return step(Op::linear, name, {x, matrix, x}, request.out,
                LinearParams{.rows = 0,
                             .in_width = request.in,
                             .out_width = request.out,
                             .first_out = 0,
                             .outs = request.out,
                             .activation = activation,
                             .addend = ADD_NOTHING});
}

Operand Builder::activate(const std::string& name, Operand x, Operand bias, uint32_t activation) {
    RWKVK_ASSERT(width(bias) == width(x));
    return step(Op::activate, name, {x, bias}, width(x),
                ActivateParams{.rows = 0, .width = width(x), .activation = activation});
}

Operand Builder::lerp(const std::string& name, Operand from, Operand to, Operand amount) {
    return elementwise(Op::lerp, name, {from, to, amount});
}

Operand Builder::mul(const std::string& name, Operand a, Operand b) {
    return elementwise(Op::mul, name, {a, b});
}

Operand Builder::mul_rest(const std::string& name, Operand a, Operand b) {
    return elementwise(Op::mul_rest, name, {a, b});
}

Operand Builder::repeat_heads(const std::string& name, Operand x, uint32_t head_size, uint32_t repeat) {
    const uint32_t n = width(x) * repeat;
    RWKVK_ASSERT(width(x) % head_size == 0);
    return step(Op::repeat_heads, name, {x}, n,
                RepeatParams{.rows = 0, .width = n, .head_size = head_size, .repeat = repeat});
}

Operand Builder::add(const std::string& name, Operand a, Operand b) {
    return elementwise(Op::add, name, {a, b});
}

Operand Builder::l2norm(const std::string& name, Operand x, Operand scale, uint32_t heads) {
    return step(Op::l2norm, name, {x, scale}, width(x),
                HeadParams{.rows = 0, .heads = heads, .head_size = width(x) / heads});
}

Operand Builder::key_mix(const std::string& name, Operand key, Operand rate, Operand k_a) {
    return elementwise(Op::key_mix, name, {key, rate, k_a});
}

Operand Builder::wkv6(const std::string& name, const Wkv6Inputs& in, uint32_t heads) {
    const uint32_t n = width(in.r);
    RWKVK_ASSERT(n % heads == 0 && width(in.state) == n * (n / heads));
    RWKVK_ASSERT(width(in.decay) == n && width(in.bonus) == n);
    const bool per_token = program_.tensors[in.decay.tensor].kind == TensorKind::activation;
    return step(Op::wkv6, name, {in.sequences, in.r, in.decay, in.k, in.v, in.bonus, in.state}, n,
                Wkv6Params{.rows = 0,
                           .heads = heads,
                           .head_size = n / heads,
                           .width = n,
                           .decay_stride = per_token ? n : 0});
}

Operand Builder::gla(const std::string& name, const GlaInputs& in, uint32_t heads) {
    const uint32_t n = width(in.r), size = n / heads;
    RWKVK_ASSERT(n % heads == 0 && width(in.state) == n * size);
    for (const Operand& other : {in.w, in.k, in.v}) RWKVK_ASSERT(width(other) == n);
    return step(Op::gla, name, {in.sequences, in.r, in.w, in.k, in.v, in.state}, n,
                GlaParams{.rows = 0,
                          .heads = heads,
                          .head_size = size,
                          .width = n,
                          .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(size)))});
}

Operand Builder::wkv7(const std::string& name, const Wkv7Inputs& in, uint32_t heads) {
    const uint32_t n = width(in.r);
    RWKVK_ASSERT(n % heads == 0 && width(in.state) == n * (n / heads));
    return step(Op::wkv7, name, {in.sequences, in.r, in.w, in.k, in.v, in.kk, in.a, in.state}, n,
                Wkv7Params{.rows = 0, .heads = heads, .head_size = n / heads, .width = n});
}

Operand Builder::wkv4(const std::string& name, const Wkv4Inputs& in) {
    const uint32_t n = width(in.k);
    for (const Operand& other : {in.v, in.decay, in.first, in.numerator, in.denominator, in.maximum})
        RWKVK_ASSERT(width(other) == n);
    return step(Op::wkv4, name,
                {in.sequences, in.k, in.v, in.decay, in.first, in.numerator, in.denominator, in.maximum}, n,
                ElementParams{.rows = 0, .width = n});
}

Operand Builder::bonus(const std::string& name, Operand z, Operand r, Operand k, Operand v, Operand r_k,
                       uint32_t heads) {
    return step(Op::bonus, name, {z, r, k, v, r_k}, width(z),
                HeadParams{.rows = 0, .heads = heads, .head_size = width(z) / heads});
}

Operand Builder::round(const std::string& name, Operand x, const RoundParams& params) {
    return step(Op::round, name, {x}, rounded_width(params.groups), params, params.planes);
}

Operand Builder::row_matrix(const std::string& name, Operand x, Operand matrices) {
    const uint32_t in = width(x), out = width(matrices) / in;
    RWKVK_ASSERT(width(matrices) == in * out);
    return step(Op::row_matrix, name, {x, matrices}, out,
                RowMatrixParams{.rows = 0, .in_width = in, .width = out});
}

Operand Builder::take_rows(const std::string& name, Operand x, Operand numbers) {
    return elementwise(Op::take_rows, name, {x, numbers});
}

Program Builder::finish() { return std::move(program_); }

}  // namespace rwkvk

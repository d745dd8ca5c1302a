// RWKV-6 "Finch" (x060). Formulas: RWKV-LM, RWKV-v5/src/model.py, RWKV_Tmix_x060.
#include "runtime/arch/rwkv6.h"

#include "runtime/arch/parts.h"

namespace rwkvk::arch {
namespace {

Operand time_mix(Builder& b, const Rwkv6& m, uint32_t layer, Operand x, const BodyTables& tables) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const uint32_t D = m.width, A = m.attention;
    const auto linear = [&](const char* y, Operand in, const char* weight, uint32_t activation = ACT_NONE) {
        return b.linear(name(y), in, b.matrix(name(weight), A, D), activation);
    };
    const uint32_t xs = dynamic_mixes(b, m, m.ranks[layer], layer, x, tables.shifts);
    const Operand w = token_decay(b, m, m.ranks[layer], layer, {xs, 0});
    const Operand k = linear("att.k", {xs, 1}, "att.key.weight");
    const Operand v = linear("att.v", {xs, 2}, "att.value.weight");
    const Operand r = linear("att.r", {xs, 3}, "att.receptance.weight");
    const Operand g = linear("att.g", {xs, 4}, "att.gate.weight", ACT_SILU);

    const Operand z = head_wkv(b, m, layer,
                               {.sequences = tables.sequences,
                                .r = r,
                                .decay = w,
                                .k = k,
                                .v = v,
                                .bonus = b.vector(name("att.time_faaaa"), A)},
                               m.group_eps);
    return b.linear(name("att.out"), b.mul(name("att.gated"), z, g),
                    b.matrix(name("att.output.weight"), D, A));
}

Operand channel_mix(Builder& b, const Rwkv6& m, uint32_t layer, Operand x, Operand shifts) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const Operand mixes = b.vector({name("ffn.time_maa_k"), name("ffn.time_maa_r")}, m.width);
    const uint32_t xs =
        b.shift_mix(name("ffn.x"), x, shifts, mixes, b.state(name("ffn_x_prev"), m.width, 2)).tensor;
    return gated_ffn(b, m, layer, xs);
}

}  // namespace

ModelPrograms build_rwkv6(const Rwkv6& m) {
    Builder b("rwkv6");
    const BodyTables tables = body_tables(b, m);
    add_blocks(
        b, m, embedding(b, m, tables),
        [&](uint32_t layer, Operand x) { return time_mix(b, m, layer, x, tables); },
        [&](uint32_t layer, Operand x) { return channel_mix(b, m, layer, x, tables.shifts); });
    return {b.finish(), build_head("rwkv6.head", m), m.width, m.vocabulary};
}

}  // namespace rwkvk::arch

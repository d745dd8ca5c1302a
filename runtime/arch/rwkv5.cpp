// RWKV-5 "Eagle" (5.0, 5.1, 5.2). Formulas: RWKV-LM, RWKV-v5/src/model.py.
#include "runtime/arch/rwkv5.h"

#include "runtime/arch/parts.h"

namespace rwkvk::arch {
namespace {

Operand decay(Builder& b, const Rwkv5& m, uint32_t layer) {
    const VectorChange change = m.has_final_decay ? VectorChange::none : VectorChange::exp_minus_exp;
    const std::string name = block(layer, m.has_final_decay ? "att.decay" : "att.time_decay");
    return b.repeated_vector(name, m.attention, m.decay_per_channel ? 1 : m.head_size, change);
}

Operand bonus(Builder& b, const Rwkv5& m, uint32_t layer) {
    const VectorChange change = m.bonus_is_logarithm ? VectorChange::exp : VectorChange::none;
    const std::string name = block(layer, m.bonus_is_logarithm ? "att.time_first" : "att.time_faaaa");
    return b.repeated_vector(name, m.attention, m.decay_per_channel ? 1 : m.head_size, change);
}

Operand time_mix(Builder& b, const Rwkv5& m, uint32_t layer, Operand x, const BodyTables& tables) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const uint32_t D = m.width, A = m.attention;
    const auto linear = [&](const char* y, Operand in, const char* weight, uint32_t activation = ACT_NONE) {
        return b.linear(name(y), in, b.matrix(name(weight), A, D), activation);
    };
    std::vector<std::string> mixes = {name("att.time_mix_k"), name("att.time_mix_v"), name("att.time_mix_r")};
    if (m.has_gate) mixes.push_back(name("att.time_mix_g"));
    const uint32_t xs = static_mixes(b, name("att.x"), x, tables.shifts, mixes, name("att_x_prev"));
    const Operand k = linear("att.k", {xs, 0}, "att.key.weight");
    const Operand v = linear("att.v", {xs, 1}, "att.value.weight");
    const Operand r = linear("att.r", {xs, 2}, "att.receptance.weight");

    Operand z = head_wkv(b, m, layer,
                         {.sequences = tables.sequences,
                          .r = r,
                          .decay = decay(b, m, layer),
                          .k = k,
                          .v = v,
                          .bonus = bonus(b, m, layer)},
                         m.group_eps);
    if (m.has_gate) z = b.mul(name("att.gated"), z, linear("att.g", {xs, 3}, "att.gate.weight", ACT_SILU));
    return b.linear(name("att.out"), z, b.matrix(name("att.output.weight"), D, A));
}

}  // namespace

ModelPrograms build_rwkv5(const Rwkv5& m) {
    Builder b("rwkv5");
    const BodyTables tables = body_tables(b, m);
    add_blocks(
        b, m, embedding(b, m, tables),
        [&](uint32_t layer, Operand x) { return time_mix(b, m, layer, x, tables); },
        [&](uint32_t layer, Operand x) { return gated_channel_mix(b, m, layer, x, tables.shifts); });
    return {b.finish(), build_head("rwkv5.head", m), m.width, m.vocabulary};
}

}  // namespace rwkvk::arch

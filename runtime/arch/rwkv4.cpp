// RWKV-4 "Dove". Formulas: RWKV-LM, RWKV-v4neo/src/model_run.py.
#include "runtime/arch/rwkv4.h"

#include "runtime/arch/parts.h"

namespace rwkvk::arch {
namespace {

// The official code's maximum of no exponents. The first token's weight beside it is e^0 against 0.
constexpr float no_maximum = -1e30f;

Operand time_mix(Builder& b, const Rwkv4& m, uint32_t layer, Operand x, const BodyTables& tables) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const uint32_t D = m.width, A = m.attention;
    const auto linear = [&](const char* y, Operand in, const char* weight, uint32_t activation = ACT_NONE) {
        return b.linear(name(y), in, b.matrix(name(weight), A, D), activation);
    };
    const std::vector<std::string> mixes = {name("att.time_mix_k"), name("att.time_mix_v"),
                                            name("att.time_mix_r")};
    const uint32_t xs = static_mixes(b, name("att.x"), x, tables.shifts, mixes, name("att_x_prev"));
    const Operand k = linear("att.k", {xs, 0}, "att.key.weight");
    const Operand v = linear("att.v", {xs, 1}, "att.value.weight");
    const Operand r = linear("att.r", {xs, 2}, "att.receptance.weight", ACT_SIGMOID);

    const Operand decay = m.has_final_decay ? b.vector(name("att.decay"), A)
                                            : b.vector(name("att.time_decay"), A, VectorChange::minus_exp);
    const Operand first = b.vector(name("att.time_first"), A);
    const Operand wkv = b.wkv4(name("att.wkv"), {.sequences = tables.sequences,
                                                 .k = k,
                                                 .v = v,
                                                 .decay = decay,
                                                 .first = first,
                                                 .numerator = b.state(name("att_aa"), A, 1),
                                                 .denominator = b.state(name("att_bb"), A, 1),
                                                 .maximum = b.state(name("att_pp"), A, 1, no_maximum)});
    return b.linear(name("att.out"), b.mul(name("att.gated"), r, wkv),
                    b.matrix(name("att.output.weight"), D, A));
}

}  // namespace

ModelPrograms build_rwkv4(const Rwkv4& m) {
    Builder b("rwkv4");
    const BodyTables tables = body_tables(b, m);
    add_blocks(
        b, m, embedding(b, m, tables),
        [&](uint32_t layer, Operand x) { return time_mix(b, m, layer, x, tables); },
        [&](uint32_t layer, Operand x) { return gated_channel_mix(b, m, layer, x, tables.shifts); });
    return {b.finish(), build_head("rwkv4.head", m), m.width, m.vocabulary};
}

}  // namespace rwkvk::arch

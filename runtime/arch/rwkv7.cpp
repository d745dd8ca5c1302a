// RWKV-7 "Goose" (x070). Formulas: RWKV-LM, RWKV-v7/rwkv_v7_numpy.py. With DeepEmbed it is RWKV-7a, from
// RWKV-v7/rwkv_v7a_demo.py.
#include "runtime/arch/rwkv7.h"

namespace rwkvk::arch {
namespace {

// down and up projection of a low-rank pair, with an activation between them
Operand low_rank(Builder& b, const Rwkv7& m, const std::string& name, Operand x, uint32_t rank,
                 uint32_t activation) {
    const Operand hidden = b.linear(name + "_hidden", x, b.matrix(name + "1", rank, m.width), activation);
    return b.linear(name + "_up", hidden, b.matrix(name + "2", m.attention, rank));
}

}  // namespace

Operand rwkv7_time_mix(Builder& b, const Rwkv7& m, uint32_t layer, Operand x, const BodyTables& tables,
                       Operand& v_first) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const uint32_t D = m.width, A = m.attention;
    const Rwkv7::Ranks& ranks = m.ranks[layer];
    const auto linear = [&](const char* y, Operand in, const char* weight) {
        return b.linear(name(y), in, b.matrix(name(weight), A, D));
    };

    std::vector<std::string> mix_names = {name("att.x_r"), name("att.x_w"), name("att.x_k"), name("att.x_v"),
                                          name("att.x_a")};
    if (ranks.g) mix_names.push_back(name("att.x_g"));
    const Operand mixes = b.vector(mix_names, D);
    const uint32_t xs =
        b.shift_mix(name("att.x"), x, tables.shifts, mixes, b.state(name("att_x_prev"), D, 2)).tensor;
    const Operand xr{xs, 0}, xw{xs, 1}, xk{xs, 2}, xv{xs, 3}, xa{xs, 4}, xg{xs, 5};

    const Operand r = linear("att.r", xr, "att.receptance.weight");
    const Operand k_raw = linear("att.k_raw", xk, "att.key.weight");
    Operand v = linear("att.v_raw", xv, "att.value.weight");

    const Operand w = b.activate(name("att.w"), low_rank(b, m, name("att.w"), xw, ranks.w, ACT_TANH),
                                 b.vector(name("att.w0"), A), ACT_DECAY7);
    const Operand a = b.activate(name("att.a"), low_rank(b, m, name("att.a"), xa, ranks.a, ACT_NONE),
                                 b.vector(name("att.a0"), A), ACT_SIGMOID);
    const Operand g = ranks.g ? low_rank(b, m, name("att.g"), xg, ranks.g, ACT_SIGMOID) : Operand{};
    if (layer == 0) {
        v_first = v;
    } else {
        const Operand amount =
            b.activate(name("att.v_amount"), low_rank(b, m, name("att.v"), xv, ranks.v, ACT_NONE),
                       b.vector(name("att.v0"), A), ACT_SIGMOID);
        v = b.lerp(name("att.v"), v, v_first, amount);
    }

    const Operand kk = b.l2norm(name("att.kk"), k_raw, b.vector(name("att.k_k"), A), m.heads);
    const Operand k = b.key_mix(name("att.k"), k_raw, a, b.vector(name("att.k_a"), A));
    const Operand state = b.head_state(name("att_kv"), m.heads, m.head_size, Builder::HeadOrder::value_key);
    const Operand wkv = b.wkv7(name("att.wkv"), {tables.sequences, r, w, k, v, kk, a, state}, m.heads);

    const Operand normed = m.has_group_norm
                               ? b.norm(name("att.ln_x"), wkv, b.vector(name("att.ln_x.weight"), A),
                                        b.vector(name("att.ln_x.bias"), A), m.heads, m.group_eps)
                               : wkv;
    Operand z = b.bonus(name("att.ln_x_bonus"), normed, r, k, v, b.vector(name("att.r_k"), A), m.heads);
    if (ranks.g) z = b.mul(name("att.gated"), z, g);
    return b.linear(name("att.out"), z, b.matrix(name("att.output.weight"), D, A));
}

namespace {

/// DeepEmbed: what the hidden vector of the channel mix is multiplied with, from its input x and a matrix
/// that the token has in this layer.
Operand deep_gate(Builder& b, const Rwkv7& m, uint32_t layer, Operand x, Operand embedding, Operand ids) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const auto& [rows, columns] = m.deep[layer];
    const Operand shared = b.linear(name("ffn.s_emb_x"), embedding,
                                    b.matrix(name("ffn.s_emb_x.weight"), rows * columns, m.width));
    const Operand matrix = b.embed_add(name("ffn.s_matrix"), ids, shared,
                                       b.matrix(name("ffn.s_emb.weight"), m.vocabulary, rows * columns));
    const Operand down = b.linear(name("ffn.s_down"), x, b.matrix(name("ffn.s1"), rows, m.width));
    const Operand mixed = b.row_matrix(name("ffn.s_mixed"), down, matrix);
    const Operand up = b.linear(name("ffn.s_up"), mixed, b.matrix(name("ffn.s2"), m.ffn, columns));
    return b.activate(name("ffn.s"), up, b.vector(name("ffn.s0"), m.ffn), ACT_NONE);
}

Operand channel_mix(Builder& b, const Rwkv7& m, uint32_t layer, Operand x, Operand embedding,
                    const BodyTables& tables) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const Operand xk = b.shift_mix(name("ffn.x"), x, tables.shifts, b.vector(name("ffn.x_k"), m.width),
                                   b.state(name("ffn_x_prev"), m.width, 2));
    Operand k = b.linear(name("ffn.k"), xk, b.matrix(name("ffn.key.weight"), m.ffn, m.width), ACT_RELU2);
    if (!m.deep.empty()) k = b.mul(name("ffn.k_deep"), k, deep_gate(b, m, layer, x, embedding, tables.ids));
    return b.linear(name("ffn.out"), k, b.matrix(name("ffn.value.weight"), m.width, m.ffn));
}

}  // namespace

ModelPrograms build_rwkv7(const Rwkv7& m) {
    Builder b("rwkv7");
    const BodyTables tables = body_tables(b, m);
    const Operand embedded = embedding(b, m, tables);
    Operand v_first{};
    add_blocks(
        b, m, embedded,
        [&](uint32_t layer, Operand x) { return rwkv7_time_mix(b, m, layer, x, tables, v_first); },
        [&](uint32_t layer, Operand x) { return channel_mix(b, m, layer, x, embedded, tables); });
    return {b.finish(), build_head("rwkv7.head", m), m.width, m.vocabulary};
}

}  // namespace rwkvk::arch

#include "runtime/arch/parts.h"

namespace rwkvk::arch {
namespace {

constexpr float layer_eps = 1e-5f;
constexpr const char* mix_letters[] = {"w", "k", "v", "r", "g"};  // of the parts of time_maa_w1 and w2

}  // namespace

BodyTables body_tables(Builder& b, const Dimensions& m) {
    return {.ids = b.table(tables::ids, 1),
            .vectors = b.table(tables::vectors, m.width),
            .shifts = b.table(tables::shifts, 2),
            .sequences = b.table(tables::sequences, 4)};
}

Operand layer_norm(Builder& b, const std::string& y, Operand x, const std::string& weights, uint32_t width) {
    return b.norm(y, x, b.vector(weights + ".weight", width), b.vector(weights + ".bias", width), 1,
                  layer_eps);
}

Operand embedding(Builder& b, const Dimensions& m, const BodyTables& tables) {
    const Operand x =
        b.embed("embedding", tables.ids, tables.vectors, b.matrix("emb.weight", m.vocabulary, m.width));
    return layer_norm(b, "ln0", x, "blocks.0.ln0", m.width);
}

void add_blocks(Builder& b, const Dimensions& m, Operand x, const Mix& time_mix, const Mix& channel_mix,
                const Norm& norm) {
    for (uint32_t i = 0; i < m.layers; ++i) {
        const Operand x1 = norm(b, block(i, "ln1"), x, block(i, "ln1"), m.width);
        x = b.add(block(i, "x_att"), x, time_mix(i, x1));
        const Operand x2 = norm(b, block(i, "ln2"), x, block(i, "ln2"), m.width);
        const bool last = i + 1 == m.layers;
        x = b.add(last ? "hidden" : block(i, "x_ffn"), x, channel_mix(i, x2));
    }
    b.carry(x);
}

uint32_t static_mixes(Builder& b, const std::string& y, Operand x, Operand shifts,
                      const std::vector<std::string>& mixes, const std::string& state) {
    const uint32_t width = b.width(x);
    return b
        .shift_mix(y, x, shifts, b.vector(mixes, width, VectorChange::one_minus), b.state(state, width, 2))
        .tensor;
}

Operand gated_ffn(Builder& b, const Dimensions& m, uint32_t layer, uint32_t xs) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const Operand k =
        b.linear(name("ffn.k"), {xs, 0}, b.matrix(name("ffn.key.weight"), m.ffn, m.width), ACT_RELU2);
    const Operand v = b.linear(name("ffn.v"), k, b.matrix(name("ffn.value.weight"), m.width, m.ffn));
    const Operand r = b.linear(name("ffn.r"), {xs, 1},
                               b.matrix(name("ffn.receptance.weight"), m.width, m.width), ACT_SIGMOID);
    return b.mul(name("ffn.out"), r, v);
}

Operand gated_channel_mix(Builder& b, const Dimensions& m, uint32_t layer, Operand x, Operand shifts) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const uint32_t xs = static_mixes(b, name("ffn.x"), x, shifts,
                                     {name("ffn.time_mix_k"), name("ffn.time_mix_r")}, name("ffn_x_prev"));
    return gated_ffn(b, m, layer, xs);
}

uint32_t dynamic_mixes(Builder& b, const Dimensions& m, const Ranks6& ranks, uint32_t layer, Operand x,
                       Operand shifts) {
    const auto name = [&](const std::string& suffix) { return block(layer, suffix); };
    const uint32_t D = m.width, rank = ranks.mix;
    const Operand shift = b.state(name("att_x_prev"), D, 2);
    const Operand xx = b.shift_mix(name("att.xx"), x, shifts, b.vector(name("att.time_maa_x"), D), shift);
    std::array<Operand, 5> added;
    std::vector<std::string> mixes;
    for (uint32_t c = 0; c < added.size(); ++c) {
        const std::string letter = mix_letters[c];
        const Operand hidden = b.linear(name("att.maa_hidden_" + letter), xx,
                                        b.matrix_part(name("att.time_maa_w1"), c, 5, rank, D), ACT_TANH);
        added[c] = b.linear(name("att.maa_" + letter), hidden,
                            b.matrix_part(name("att.time_maa_w2"), c, 5, D, rank));
        mixes.push_back(name("att.time_maa_" + letter));
    }
    return b.shift_mix6(name("att.x"), x, shifts, b.vector(mixes, D), added, shift).tensor;
}

Operand token_decay(Builder& b, const Dimensions& m, const Ranks6& ranks, uint32_t layer, Operand xw) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const uint32_t rank = ranks.decay;
    const Operand hidden =
        b.linear(name("att.w_hidden"), xw, b.matrix(name("att.time_decay_w1"), rank, m.width), ACT_TANH);
    const Operand up =
        b.linear(name("att.w_up"), hidden, b.matrix(name("att.time_decay_w2"), m.attention, rank));
    return b.activate(name("att.w"), up, b.vector(name("att.time_decay"), m.attention), ACT_DECAY6);
}

Operand head_wkv(Builder& b, const Dimensions& m, uint32_t layer, const HeadWkv& in, float group_eps) {
    const auto name = [&](const char* suffix) { return block(layer, suffix); };
    const Operand state = b.head_state(name("att_kv"), m.heads, m.head_size, Builder::HeadOrder::key_value);
    const Operand wkv =
        b.wkv6(name("att.wkv"), {in.sequences, in.r, in.decay, in.k, in.v, in.bonus, state}, m.heads);
    return b.norm(name("att.ln_x"), wkv, b.vector(name("att.ln_x.weight"), m.attention),
                  b.vector(name("att.ln_x.bias"), m.attention), m.heads, group_eps);
}

Program build_head(const std::string& name, const Dimensions& m, const Norm& norm) {
    Builder h(name);
    const Operand taken = h.take_rows("taken", h.carried("hidden", m.width), h.table(tables::numbers, 1));
    h.carry(h.linear("logits", norm(h, "ln_out", taken, "ln_out", m.width),
                     h.matrix("head.weight", m.vocabulary, m.width)));
    return h.finish();
}

}  // namespace rwkvk::arch

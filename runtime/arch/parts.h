#pragma once
// Parts of programs that several versions share.

#include <functional>

#include "runtime/arch/shapes.h"
#include "runtime/graph/backend.h"

namespace rwkvk::arch {

/// The tables of a body, asked for once.
struct BodyTables {
    Operand ids, vectors, shifts, sequences;
};
BodyTables body_tables(Builder& b, const Dimensions& m);

/// y = LN(x) with the vectors <weights>.weight and .bias.
Operand layer_norm(Builder& b, const std::string& y, Operand x, const std::string& weights, uint32_t width);

/// The rows' embeddings after ln0: what the first block reads.
Operand embedding(Builder& b, const Dimensions& m, const BodyTables& tables);

/// What a block adds to the residual stream: of its normalised input, [rows, width] to the same.
using Mix = std::function<Operand(uint32_t layer, Operand x)>;

/// A norm over each row: of the tensor it writes, its input, the name of its weights and their width.
using Norm = std::function<Operand(Builder& b, const std::string& y, Operand x, const std::string& weights,
                                   uint32_t width)>;

/// The blocks: x += time_mix(ln1(x)); x += channel_mix(ln2(x)). Ends in the carried tensor "hidden".
void add_blocks(Builder& b, const Dimensions& m, Operand x, const Mix& time_mix, const Mix& channel_mix,
                const Norm& norm = layer_norm);

/// x mixed with the row before it, once for each vector of `mixes`: plane c is x m_c + previous (1 - m_c).
/// What versions before 6 do. Returns the tensor; `state` keeps the last row.
uint32_t static_mixes(Builder& b, const std::string& y, Operand x, Operand shifts,
                      const std::vector<std::string>& mixes, const std::string& state);

/// sigmoid(R x_r) * V relu(K x_k)^2, where x_k and x_r are the planes of `xs`: from version 4 to 6.
Operand gated_ffn(Builder& b, const Dimensions& m, uint32_t layer, uint32_t xs);

/// The channel mix of versions 4 and 5: gated_ffn of static mixes.
Operand gated_channel_mix(Builder& b, const Dimensions& m, uint32_t layer, Operand x, Operand shifts);

/// The ranks of the low-rank matrices of version 6.
struct Ranks6 {
    uint32_t mix, decay;
};

/// x mixed with the row before it by amounts that depend on both, as in version 6: planes w, k, v, r, g of
/// the tensor returned.
uint32_t dynamic_mixes(Builder& b, const Dimensions& m, const Ranks6& ranks, uint32_t layer, Operand x,
                       Operand shifts);

/// The decay of every token and channel, as in version 6.
Operand token_decay(Builder& b, const Dimensions& m, const Ranks6& ranks, uint32_t layer, Operand xw);

/// What enters the recurrence of versions 5 and 6; the decay as for Builder::wkv6.
struct HeadWkv {
    Operand sequences, r, decay, k, v, bonus;
};
/// The recurrence with the state "att_kv" [head][key][value], then a norm over each head by ln_x.
Operand head_wkv(Builder& b, const Dimensions& m, uint32_t layer, const HeadWkv& in, float group_eps);

/// The program that turns hidden vectors into logits.
Program build_head(const std::string& name, const Dimensions& m, const Norm& norm = layer_norm);

}  // namespace rwkvk::arch

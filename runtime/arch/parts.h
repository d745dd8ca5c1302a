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

/// The blocks: x += time_mix(ln1(x)); x += channel_mix(ln2(x)). Ends in the carried tensor "hidden".
void add_blocks(Builder& b, const Dimensions& m, Operand x, const Mix& time_mix, const Mix& channel_mix);

/// The program that turns hidden vectors into logits.
Program build_head(const std::string& name, const Dimensions& m);

}  // namespace rwkvk::arch

#pragma once
// What the kernels of a run of one row can do in one dispatch that is several steps: programs stay as they
// are.

#include <array>
#include <vector>

#include "runtime/graph/program.h"

namespace rwkvk {

/// A step `head7`, and the products that it can make at its beginning: those of UP_... (params.h), `no_step`
/// for a part that it does not have.
struct HeadWithUps {
    size_t head;
    std::array<size_t, UPS> ups;
};

/// A norm_mix, and the norm and the embedding before it.
struct EmbedAndMix {
    size_t embed, norm, mix;
};

struct Joins {
    std::vector<size_t> mixes;  // by step: the product that can do it at its end, or `no_step`
    std::vector<HeadWithUps> heads;
    std::vector<EmbedAndMix> embeds;
};

Joins joins_of(const Program& program);
Joins no_joins(const Program& program);

}  // namespace rwkvk

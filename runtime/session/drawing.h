#pragma once

#include <optional>
#include <span>

#include "runtime/graph/token_loop.h"
#include "runtime/text/sampler.h"

namespace rwkvk {

/// What a device needs to draw as the sampler would; `ends` end the sequence, `slot` is advanced, whose shift
/// states lie in `entry` now. Nothing where only the sampler can: it is constrained; too many ends; all
/// tokens are banned, or some that the vocabulary does not have, which it refuses.
std::optional<Drawing> drawing_of(const text::Sampler& sampler, uint32_t vocabulary,
                                  std::span<const text::Token> ends, uint32_t slot, uint32_t entry);

}  // namespace rwkvk

#pragma once
// Cases of the ops that draw tokens.

#include "runtime/check/op_case.h"

namespace rwkvk::check {

std::vector<OpCase> edit_logits_cases(CaseSet set, Random& random);
std::vector<OpCase> draw_cases(CaseSet set, Random& random);

/// How logits are spread in a case of `draw`: as a model's; few different ones; all equal; so far apart that
/// most weights are 0.
enum class Spread { usual, ties, equal, wide };

/// A row for each of the settings, which draws from logits of its own. Shape: [rows, vocabulary].
OpCase draw_case(std::vector<Draw> rows, uint32_t vocabulary, Spread spread, Random& random);

/// One that lets everything through, to be changed.
Draw plain_draw(Random& random);

}  // namespace rwkvk::check

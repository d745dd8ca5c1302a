#pragma once
// Cases of fused ops, with and without each of the parts that may be missing.

#include "runtime/check/op_case.h"

namespace rwkvk::check {

std::vector<OpCase> norm_mix_cases(CaseSet set, Random& random);
std::vector<OpCase> take_norm_cases(CaseSet set, Random& random);
std::vector<OpCase> product_mix_cases(Op op, CaseSet set, Random& random);
std::vector<OpCase> head4_cases(CaseSet set, Random& random);
std::vector<OpCase> head6_cases(CaseSet set, Random& random);
std::vector<OpCase> head7_cases(CaseSet set, Random& random);
std::vector<OpCase> embed_mix_cases(CaseSet set, Random& random);
std::vector<OpCase> head7_up_cases(CaseSet set, Random& random);

}  // namespace rwkvk::check

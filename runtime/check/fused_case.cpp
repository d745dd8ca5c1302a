#include "runtime/check/fused_case.h"

#include <numeric>

#include "runtime/catalogue/rounding.h"
#include "runtime/check/case_words.h"

namespace rwkvk::check {
namespace {

using Words = std::vector<uint32_t>;

/// Of planes [elements], the last of which ends where the slot does.
Words planes_of(uint32_t planes, uint32_t stride, uint64_t elements) {
    return Words(uint64_t{planes - 1} * stride + elements, 0);
}

uint32_t stride_for(uint64_t elements) { return static_cast<uint32_t>((elements + 63) / 64 * 64); }

/// What stands in a slot that the op's parts have no use for.
Words unused() { return {0}; }

OpCase norm_mix_case(Random& random, uint32_t rows, uint32_t width, uint32_t planes, uint32_t rounded,
                     uint32_t numbers_of_planes, int high = 11) {
    const uint64_t n = uint64_t{rows} * width;
    const uint64_t rounded_elements = uint64_t{rows} * rounded_width(width / ROUND_GROUP);
    const NormMixParams p{rows,    width,   1e-5f,             1.0f / static_cast<float>(width), planes, stride_for(n),
                          rounded, numbers_of_planes, stride_for(rounded_elements)};
    return {Op::norm_mix,
            p,
            {numbers(random, n, -12, high), numbers(random, uint64_t{2} * width, -2, 1), shift_entries(rows),
             numbers(random, uint64_t{planes} * width, -4, 0), numbers(random, uint64_t{4} * width, -2, 1),
             planes_of(planes, p.y_stride, n),
             rounded ? planes_of(rounded, p.rounded_stride, rounded_elements) : unused()},
            std::nullopt,
            concat("norm_mix ", rows, "x", width, ", ", planes, " planes, ", rounded, " of them rounded")};
}

OpCase head7_case(Random& random, const HeadSize& head, uint32_t parts) {
    const auto entries = static_cast<uint32_t>(head.lengths.size());
    const uint32_t rows = std::accumulate(head.lengths.begin(), head.lengths.end(), 0u);
    const uint32_t width = head.heads * head.size;
    const uint64_t n = uint64_t{rows} * width;
    const auto optional = [&](uint32_t part, int low, int high) {
        return parts & part ? numbers(random, n, low, high) : unused();
    };
    const Head7Params p{entries, head.heads, head.size, width, 64e-5f, 1.0f / static_cast<float>(head.size), parts};
    Words r = numbers(random, n, -6, 3), w = numbers(random, n, -2, -1), k = numbers(random, n, -6, 3);
    if (head.heads > 1) std::fill_n(k.begin(), head.size, 0);  // without a direction, beside some that have one
    return {Op::head7,
            p,
            {sequence_table(head.lengths),
             r,
             w,
             k,
             numbers(random, n, -6, 3),
             optional(HEAD7_LERP, -6, 3),
             optional(HEAD7_LERP, -3, -1),
             numbers(random, n, -6, -1),
             optional(HEAD7_GATE, -6, 3),
             numbers(random, uint64_t{width} * (parts & HEAD7_NORM ? 5 : 3), -3, 1),
             numbers(random, uint64_t{entries} * width * head.size, -12, 2),
             Words(n, 0),
             parts & HEAD7_ROUND ? Words(uint64_t{rows} * rounded_width(width / ROUND_GROUP), 0) : unused()},
            std::nullopt,
            concat("head7 ", entries, " sequences, ", head.heads, " heads of ", head.size, ", parts ", parts)};
}

}  // namespace

std::vector<OpCase> norm_mix_cases(CaseSet set, Random& random) {
    std::vector<OpCase> cases;
    cases.push_back(norm_mix_case(random, 3, 96, 6, 3, 0x320));
    cases.push_back(norm_mix_case(random, 3, 96, 2, 1, 1, -8));  // a variance near eps
    if (set == CaseSet::quick) return cases;
    cases.push_back(norm_mix_case(random, 1, 768, 6, 3, 0x320));
    cases.push_back(norm_mix_case(random, 1, 7, 1, 0, 0));
    cases.push_back(norm_mix_case(random, 5, 100, 2, 0, 0));
    cases.push_back(norm_mix_case(random, 17, 64, 1, 1, 0));
    cases.push_back(norm_mix_case(random, 2, 2560, 2, 2, 0x10));
    return cases;
}

std::vector<OpCase> head7_cases(CaseSet set, Random& random) {
    constexpr uint32_t all = HEAD7_LERP | HEAD7_NORM | HEAD7_GATE | HEAD7_ROUND;
    std::vector<OpCase> cases;
    for (const HeadSize& head : head_sizes(set)) {
        for (uint32_t parts = 0; parts <= all; ++parts) {
            if (set == CaseSet::quick && parts != all && parts != 0) continue;
            if (parts & HEAD7_ROUND && head.size % ROUND_GROUP != 0) continue;
            cases.push_back(head7_case(random, head, parts));
        }
    }
    return cases;
}

}  // namespace rwkvk::check

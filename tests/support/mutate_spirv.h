#pragma once
// Faults put into a module on purpose, to see that the checks bite.

#include <cstdint>
#include <span>
#include <vector>

namespace rwkvk::test {

using Words = std::vector<uint32_t>;

inline constexpr uint32_t op_decorate = 71, op_f_negate = 127, op_f_add = 129, op_f_sub = 131,
                          no_contraction = 42;

/// Calls body(offset of the instruction, its opcode).
template <typename Body>
void each_instruction(std::span<const uint32_t> words, const Body& body) {
    for (size_t at = 5; at < words.size(); at += words[at] >> 16) body(at, words[at] & 0xffff);
}

/// The module as it was before it was decorated.
inline Words without_no_contraction(std::span<const uint32_t> words) {
    Words result(words.begin(), words.begin() + 5);
    each_instruction(words, [&](size_t at, uint32_t op) {
        if (op == op_decorate && words[at + 2] == no_contraction) return;
        result.insert(result.end(), words.begin() + static_cast<long>(at),
                      words.begin() + static_cast<long>(at + (words[at] >> 16)));
    });
    return result;
}

/// Additions and subtractions of floats: places where a sign can be flipped.
inline std::vector<size_t> signs(std::span<const uint32_t> words) {
    std::vector<size_t> places;
    each_instruction(words, [&](size_t at, uint32_t op) {
        if (op == op_f_add || op == op_f_sub) places.push_back(at);
    });
    return places;
}

inline Words with_flipped_sign(std::span<const uint32_t> words, size_t place) {
    Words result(words.begin(), words.end());
    const uint32_t other = (result[place] & 0xffff) == op_f_add ? op_f_sub : op_f_add;
    result[place] = (result[place] & 0xffff0000u) | other;
    return result;
}

}  // namespace rwkvk::test

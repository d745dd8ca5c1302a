#pragma once
// Faults put into a module on purpose, to see that the checks bite.

#include <cstdint>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace rwkvk::test {

using Words = std::vector<uint32_t>;

inline constexpr uint32_t op_decorate = 71, op_f_negate = 127, op_f_add = 129, op_f_sub = 131, op_f_mul = 133,
                          op_shift_right = 194, op_bitwise_or = 197, op_bitwise_and = 199,
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

/// Shifts, masks and exclusive ors of integers, and products of floats: what takes quants, digits and scales
/// apart and brings them together. Not in the functions of exact_math.h, which hold for inputs that no kernel
/// has.
inline std::vector<size_t> steps(std::span<const uint32_t> words) {
    constexpr uint32_t op_name = 5, op_function = 54;
    std::vector<size_t> places;
    std::set<uint32_t> elementary;
    bool skipped = false;
    each_instruction(words, [&](size_t at, uint32_t op) {
        if (op == op_name &&
            std::string_view(reinterpret_cast<const char*>(&words[at + 2])).starts_with("exact_"))
            elementary.insert(words[at + 1]);
        if (op == op_function) skipped = elementary.contains(words[at + 2]);
        const bool of_bits = op >= op_shift_right && op <= op_bitwise_and && op != op_bitwise_or;
        if (!skipped && (of_bits || op == op_f_mul)) places.push_back(at);
    });
    return places;
}

/// A step of integers passes its first operand on; a product becomes a sum.
inline Words with_other_step(std::span<const uint32_t> words, size_t place) {
    constexpr uint32_t copy_object = 83, one_word = 1u << 16;
    Words result(words.begin(), words.end());
    if ((result[place] & 0xffff) == op_f_mul) {
        result[place] = (result[place] & 0xffff0000u) | op_f_add;
    } else {
        result[place] = 4 * one_word | copy_object;
        result[place + 4] = one_word;  // does nothing
    }
    return result;
}

}  // namespace rwkvk::test

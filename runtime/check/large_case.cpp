#include "runtime/check/large_case.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/catalogue/rounding.h"
#include "runtime/catalogue/weights.h"
#include "runtime/check/block_case.h"

namespace rwkvk::check {
namespace {

constexpr uint32_t norm_width = 4096, columns = 16384, most_outs = 4096, outs_on_software = 64;
constexpr uint64_t most_bytes = 64ull << 20;
// Encoding takes longest: the matrix repeats so many rows, a number that no kernel's tiles have.
constexpr uint32_t distinct_rows = 7;

std::vector<uint32_t> numbers(Random& random, uint64_t count, int low, int high) {
    std::vector<uint32_t> words(count);
    for (uint32_t& word : words) word = std::bit_cast<uint32_t>(random.number(low, high));
    return words;
}

std::vector<uint32_t> zeros(uint64_t count) { return std::vector<uint32_t>(count, 0); }

OpCase norm(Op op) {
    Random random(static_cast<uint64_t>(op));
    std::vector<std::vector<uint32_t>> slots = {numbers(random, norm_width, -12, 11),
                                                numbers(random, norm_width, -2, 1)};
    if (op == Op::norm) slots.push_back(numbers(random, norm_width, -3, 0));
    slots.push_back(zeros(norm_width));
    const NormParams params{1, 1, norm_width, 1e-5f, 1.0f / norm_width};
    return {op, params, std::move(slots), std::nullopt, concat(info(op).name, " of ", norm_width)};
}

OpCase product(WeightFormat format, uint32_t outs) {
    Random random(static_cast<uint64_t>(format));
    std::vector<float> values(uint64_t{distinct_rows} * columns);
    for (float& value : values) value = random.number(-22, 3);
    const uint64_t row_bytes = stored_bytes(format, columns);
    std::vector<std::byte> rows(distinct_rows * row_bytes);
    encode(format, values, rows.data());
    RWKVK_ASSERT(settle_stored(format, rows.data(), values.size()) < 0);
    OpCase::Matrix matrix{outs, columns, format, std::vector<std::byte>(outs * row_bytes)};
    for (uint64_t out = 0; out < outs; ++out)
        std::memcpy(&matrix.stored[out * row_bytes], &rows[out % distinct_rows * row_bytes], row_bytes);
    std::vector<float> x(columns);
    for (float& value : x) value = random.number(-16, 11);
    const Op op = product_op(format);
    return {op,
            LinearParams{1, columns, outs, 0, outs, ACT_NONE, ADD_NOTHING},
            {op == Op::linear ? words_of(x) : rounded_rows(x, 1), {}, zeros(1), zeros(outs)},
            std::move(matrix),
            concat(info(op).name, " 1 row, ", outs, "x", columns, " ", info(format).name)};
}

}  // namespace

std::vector<OpCase> large_cases(Op op, std::optional<WeightFormat> format, uint32_t outs) {
    std::vector<OpCase> cases;
    if (!format && (op == Op::norm || op == Op::rms_norm)) cases.push_back(norm(op));
    if (format && op == product_op(*format)) cases.push_back(product(*format, outs));
    return cases;
}

uint32_t large_outs(const vk::DeviceFacts& facts, std::optional<WeightFormat> format) {
    if (facts.type == vk::DeviceType::software || !format) return outs_on_software;
    return static_cast<uint32_t>(std::min<uint64_t>(most_outs, most_bytes / stored_bytes(*format, columns)));
}

}  // namespace rwkvk::check

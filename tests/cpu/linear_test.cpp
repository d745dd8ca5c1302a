// The vectorised matrix product equals the plain loops, bit for bit, with every instruction set of this
// machine.
#include <doctest/doctest.h>

#include "runtime/catalogue/weights.h"
#include "runtime/check/op_run.h"
#include "runtime/cpu/call.h"
#include "runtime/cpu/linear.h"
#include "runtime/cpu/sum.h"

namespace rwkvk {
namespace {

struct Problem {
    cpu::Matrix matrix;
    std::vector<float> weights, x;
    uint32_t rows;
};

Problem make_problem(WeightFormat format, uint32_t rows, uint32_t tiles, uint32_t in, check::Random& random) {
    check::OpCase::Matrix stored{tiles * 16, in, format, {}};
    std::vector<float> weights(uint64_t{tiles} * 16 * in);
    for (float& w : weights) w = random.below(9) == 0 ? 0.0f : random.number(-22, 3);
    stored.stored.resize(stored_bytes(format, weights.size()));
    encode(format, weights, stored.stored.data());
    decode(format, stored.stored.data(), weights);
    ThreadPool pool(1);
    Problem p{check::load_case_matrix(stored, cpu::Matrix::Layout::lanes, pool), std::move(weights),
              std::vector<float>(uint64_t{rows} * in), rows};
    for (float& x : p.x) x = random.number();
    return p;
}

TEST_CASE("every instruction set gives the plain loops' bits") {
    check::Random random(5);
    for (const cpu::InstructionSet set : cpu::available_sets()) {
        for (size_t f = 0; f < all_weights().size(); ++f) {
            if (in_blocks(static_cast<WeightFormat>(f))) continue;
            for (const auto& [rows, tiles, in] :
                 {std::array{1u, 5u, 768u}, {3u, 1u, 33u}, {6u, 2u, 1100u}, {1u, 9u, 8u}, {15u, 3u, 64u}}) {
                const auto format = static_cast<WeightFormat>(f);
                const Problem p = make_problem(format, rows, tiles, in, random);
                std::vector<float> totals(uint64_t{rows} * tiles * 16);
                cpu::linear_of(set)(
                    {format, p.matrix.bytes.get(), p.x.data(), totals.data(), in, rows, tiles});
                uint64_t differing = 0;
                for (uint32_t row = 0; row < rows; ++row) {
                    for (uint32_t o = 0; o < tiles * 16; ++o) {
                        const float plain = cpu::sum(in, UNIT_MATRIX, [&](uint32_t k) {
                            return p.weights[o * in + k] * p.x[row * in + k];
                        });
                        differing += std::bit_cast<uint32_t>(plain) !=
                                     std::bit_cast<uint32_t>(totals[row * tiles * 16 + o]);
                    }
                }
                INFO(cpu::name_of(set), " ", info(format).name, " ", rows, "x", in);
                CHECK(differing == 0);
            }
        }
    }
}

TEST_CASE("the whole op equals its plain twin") {
    ThreadPool pool(2);
    for (check::OpCase c : check::make_cases(Op::linear, check::CaseSet::full, 3)) {
        if (uint64_t{c.matrix->out} * c.matrix->in > 50000) continue;
        const cpu::Matrix rows = check::load_case_matrix(*c.matrix, cpu::Matrix::Layout::rows, pool);
        const cpu::Matrix matrix = check::load_case_matrix(*c.matrix, cpu::Matrix::Layout::lanes, pool);
        std::vector<uint32_t> plain = c.slots[3], twin = c.slots[3];
        cpu::Call call{.params = c.params, .slots = {}, .matrix = &rows, .pool = &pool};
        call.slots[0] = reinterpret_cast<std::byte*>(c.slots[0].data());
        call.slots[2] = reinterpret_cast<std::byte*>(c.slots[2].data());
        call.slots[3] = reinterpret_cast<std::byte*>(plain.data());
        cpu::run_linear_plain(call);
        call.matrix = &matrix;
        call.slots[3] = reinterpret_cast<std::byte*>(twin.data());
        cpu::run_linear(call);
        INFO(c.description);
        CHECK(plain == twin);
    }
}

}  // namespace
}  // namespace rwkvk

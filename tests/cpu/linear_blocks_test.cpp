// Products with matrices of blocks: every instruction set gives the bits of the plain loops, which are written from
// the definition.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "runtime/catalogue/rounding.h"
#include "runtime/check/block_case.h"
#include "runtime/check/op_run.h"
#include "runtime/cpu/call.h"
#include "runtime/cpu/linear_blocks.h"

namespace rwkvk {
namespace {

using Words = std::vector<uint32_t>;

struct Problem {
    check::OpCase c;
    cpu::Matrix rows, tiles;
};

Problem problem(check::OpCase c) {
    ThreadPool pool(1);
    cpu::Matrix rows = check::load_case_matrix(*c.matrix, cpu::Matrix::Layout::rows, pool);
    cpu::Matrix tiles = check::load_case_matrix(*c.matrix, cpu::Matrix::Layout::block_tiles, pool);
    return {std::move(c), std::move(rows), std::move(tiles)};
}

template <typename Run>
Words result(Problem& p, const cpu::Matrix& matrix, Denormals denormals, const Run& run) {
    ThreadPool pool(2, denormals);
    const FloatModeScope mode(denormals);
    Words y(p.c.slots[2].size(), 0x7fc0deadu);
    cpu::Call call{.params = p.c.params, .slots = {}, .matrix = &matrix, .pool = &pool};
    call.slots[0] = reinterpret_cast<std::byte*>(p.c.slots[0].data());
    call.slots[2] = reinterpret_cast<std::byte*>(y.data());
    run(call);
    return y;
}

TEST_CASE("every instruction set gives the plain loops' bits") {
    for (const uint64_t seed : {1, 2}) {
        for (check::OpCase& c : check::make_cases(Op::linear_blocks, check::CaseSet::full, seed)) {
            Problem p = problem(std::move(c));
            const Words plain = result(p, p.rows, Denormals::keep, cpu::run_linear_blocks_plain);
            for (const cpu::InstructionSet set : cpu::available_sets()) {
                for (const Denormals mode : {Denormals::keep, Denormals::flush}) {
                    INFO(p.c.description, ", ", name_of(set), ", seed ", seed);
                    CHECK(plain == result(p, p.tiles, mode, [&](const cpu::Call& call) {
                              cpu::run_linear_blocks_with(cpu::block_functions(set), call);
                          }));
                }
            }
        }
    }
}

}  // namespace
}  // namespace rwkvk

// Products with matrices of blocks: every instruction set gives the bits of the plain loops, which are
// written from the definition.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <set>

#include "runtime/catalogue/rounding.h"
#include "runtime/check/block_case.h"
#include "runtime/check/op_run.h"
#include "runtime/cpu/block_tiles.h"
#include "runtime/cpu/call.h"
#include "runtime/cpu/linear_blocks.h"
#include "tests/support/amx_emulation.h"

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

Words result(Problem& p, const cpu::Matrix& matrix, ThreadPool& pool, cpu::InstructionSet set,
             void (*run)(const cpu::Call&)) {
    const FloatModeScope mode(pool.denormals());
    Words y(p.c.slots[3].size(), 0x7fc0deadu);
    cpu::Call call{.params = p.c.params, .slots = {}, .matrix = &matrix, .pool = &pool, .set = set};
    call.slots[0] = reinterpret_cast<std::byte*>(p.c.slots[0].data());
    call.slots[2] = reinterpret_cast<std::byte*>(p.c.slots[2].data());
    call.slots[3] = reinterpret_cast<std::byte*>(y.data());
    run(call);
    return y;
}

TEST_CASE("every instruction set gives the plain loops' bits") {
    ThreadPool keep(2, Denormals::keep), flush(2, Denormals::flush);
    for (const uint64_t seed : {1, 2}) {
        for (check::OpCase& c : check::make_cases(Op::linear_blocks, check::CaseSet::full, seed)) {
            Problem p = problem(std::move(c));
            const Words plain =
                result(p, p.rows, keep, cpu::InstructionSet::baseline, cpu::run_linear_blocks_plain);
            for (const cpu::InstructionSet set : sets_to_test()) {
                for (ThreadPool* pool : {&keep, &flush}) {
                    INFO(p.c.description, ", ", name_of(set), ", seed ", seed);
                    CHECK(plain == result(p, p.tiles, *pool, set, cpu::run_linear_blocks));
                }
            }
        }
    }
}

/// Reads products.bin, see make_products.py beside it.
class Products {
  public:
    Products() : file_(RWKVK_TEST_DATA "/blocks/products.bin", std::ios::binary) {}

    bool next(std::string& name) {
        std::array<char, 16> bytes;
        if (!file_.read(bytes.data(), bytes.size())) return false;
        name = bytes.data();
        return true;
    }
    template <typename T>
    std::vector<T> read(uint64_t count) {
        std::vector<T> values(count);
        const auto bytes = std::as_writable_bytes(std::span(values));
        REQUIRE(
            file_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())));
        return values;
    }

  private:
    std::ifstream file_;
};

TEST_CASE(
    "a transcription of the definition by someone else, in whole numbers and fractions, has the same bits") {
    Products products;
    std::string name;
    std::set<std::string> formats;
    while (products.next(name)) {
        INFO(name);
        formats.insert(name);
        const WeightFormat format = weight_format(name);
        const auto sizes = products.read<uint32_t>(3);
        const uint32_t in = sizes[0], out = sizes[1], rows = sizes[2];
        const auto stored = products.read<std::byte>(stored_bytes(format, uint64_t{out} * in));
        const auto x = products.read<float>(uint64_t{rows} * in);
        const auto expected = products.read<uint32_t>(uint64_t{rows} * out);
        Problem p = problem({Op::linear_blocks,
                             LinearParams{rows, in, out, 0, out, ACT_NONE, ADD_NOTHING},
                             {check::rounded_rows(x, rows), {}, {0}, Words(expected.size())},
                             check::OpCase::Matrix{out, in, format, stored},
                             name});
        ThreadPool pool(1);
        CHECK(expected ==
              result(p, p.rows, pool, cpu::InstructionSet::baseline, cpu::run_linear_blocks_plain));
        for (const cpu::InstructionSet set : sets_to_test())
            CHECK(expected == result(p, p.tiles, pool, set, cpu::run_linear_blocks));
    }
    CHECK(formats.size() == 12);
}

/// x of one group after rounding, from the reference.
std::vector<float> rounded_group(std::vector<float> x) {
    x.resize(ROUND_GROUP, 0.0f);
    std::vector<float> y(rounded_width(1));
    round_row(x.data(), 1, y.data());
    return y;
}

TEST_CASE("a group is rounded to multiples of its unit, halves to even") {
    // The largest sets the unit to 1.
    const std::vector<float> y =
        rounded_group({1024.0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 0.49999997f, 2047.5f, 1023.5f});
    const float expected[] = {1024.0f, 0.0f, 2.0f, 2.0f, 0.0f, -2.0f, 0.0f, 2048.0f, 1024.0f};
    for (size_t i = 0; i < std::size(expected); ++i) CHECK(y[i] == expected[i]);
    CHECK(std::bit_cast<uint32_t>(y[4]) == 0);  // not -0
    CHECK(y[ROUND_GROUP + 3] == 1.0f);
    CHECK(y[ROUND_GROUP] == 1024.0f + 2.0f + 2.0f - 2.0f + 2048.0f + 1024.0f);
    CHECK(y[ROUND_GROUP + 1] == 0.0f);
    CHECK(y[ROUND_GROUP + 2] == y[ROUND_GROUP]);
}

TEST_CASE("rounding agrees with double precision at every border between two multiples") {
    for (const int exponent : {-50, -3, 10, 62}) {
        for (int q = -2047; q < 2047; ++q) {
            for (const double off : {-0x1p-12, 0.0, 0x1p-12}) {
                const auto x = static_cast<float>(std::ldexp(q + 0.5 + off, exponent - 10));
                const float largest = std::ldexp(1.5f, exponent);
                if (std::abs(x) < 0x1p-50f) continue;
                const double unit = std::ldexp(1.0, exponent - 10);
                CHECK(rounded_group({largest, x})[1] == std::nearbyint(x / unit) * unit);
            }
        }
    }
}

TEST_CASE("a group without a finite unit makes every output of its row NaN, and no other row") {
    for (const float bad : {0x1p64f, INFINITY, -INFINITY, NAN}) {
        const uint32_t rows = 3, in = 512;
        check::Random random(4);
        for (size_t f = 0; f < all_weights().size(); ++f) {
            const auto format = static_cast<WeightFormat>(f);
            if (!in_blocks(format)) continue;
            std::vector<float> x(rows * in);
            for (float& value : x) value = random.number(-8, 8);
            x[in + 77] = bad;
            check::OpCase c{Op::linear_blocks,
                            LinearParams{rows, in, 20, 0, 20, ACT_NONE, ADD_NOTHING},
                            {check::rounded_rows(x, rows), {}, {0}, Words(rows * 20)},
                            check::random_matrix(random, 20, in, format),
                            "one bad element"};
            Problem p = problem(std::move(c));
            ThreadPool pool(1);
            for (const cpu::InstructionSet set : sets_to_test()) {
                const Words y = result(p, p.tiles, pool, set, cpu::run_linear_blocks);
                for (size_t i = 0; i < y.size(); ++i) {
                    INFO(info(format).name, ", ", name_of(set), ", output ", i);
                    CHECK(std::isnan(std::bit_cast<float>(y[i])) == (i / 20 == 1));
                }
            }
        }
    }
}

TEST_CASE("tiles take no more memory than a tenth above what is stored") {
    for (size_t f = 0; f < all_weights().size(); ++f) {
        const auto format = static_cast<WeightFormat>(f);
        if (!in_blocks(format)) continue;
        for (const uint32_t in : {256u, 768u, 2048u}) {
            INFO(info(format).name, " ", in);
            CHECK(cpu::tile_bytes(format, in) <= 1.1 * static_cast<double>(stored_bytes(format, 16 * in)));
        }
    }
}

}  // namespace
}  // namespace rwkvk

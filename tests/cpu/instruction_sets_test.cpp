// Which instruction set is chosen, and that no result depends on it.
#include <doctest/doctest.h>

#include <array>
#include <cstdlib>

#include "host/error.h"
#include "runtime/check/op_run.h"
#include "runtime/cpu/instruction_sets.h"
#include "tests/support/amx_emulation.h"

namespace rwkvk {
namespace {

using cpu::InstructionSet;

TEST_CASE("the best set is chosen, or the one that is asked for by name") {
    const std::vector<InstructionSet>& sets = cpu::available_sets();
    REQUIRE(sets.front() == InstructionSet::baseline);
    CHECK(std::is_sorted(sets.begin(), sets.end()));
    CHECK(cpu::choose_set(sets, "") == sets.back());
    for (const InstructionSet set : sets) CHECK(cpu::choose_set(sets, cpu::name_of(set)) == set);
}

TEST_CASE("a set that is not there is refused, with those that are") {
    const std::array only = {InstructionSet::baseline};
    for (const char* name : {"avx1024", "BASELINE", "base"}) {
        CHECK_THROWS_WITH_AS(
            cpu::choose_set(only, name),
            concat("instruction set (RWKVK_CPU): '", name, "' is none of this processor's: baseline").c_str(),
            Error);
    }
}

TEST_CASE("every op gives the same bits with every set, whether denormals are kept or flushed") {
    ThreadPool keep(2, Denormals::keep), flush(2, Denormals::flush);
    for (size_t op = 0; op < all_ops().size(); ++op) {
        for (const check::OpCase& c : check::make_cases(static_cast<Op>(op), check::CaseSet::full, 7)) {
            const check::Slots plain = check::run_on_cpu(c, keep, InstructionSet::baseline);
            for (const InstructionSet set : sets_to_test()) {
                INFO(c.description, ", ", cpu::name_of(set));
                CHECK(check::run_on_cpu(c, keep, set) == plain);
                CHECK(check::run_on_cpu(c, flush, set) == plain);
            }
        }
    }
}

}  // namespace
}  // namespace rwkvk
